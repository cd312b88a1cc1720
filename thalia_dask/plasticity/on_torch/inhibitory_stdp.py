"""Inhibitory plasticity in torch operations: ``plasticity.inhibitory_stdp``."""

from __future__ import annotations

import torch
from torch import Tensor

from thalia_dask.plasticity import inhibitory_stdp
from thalia_dask.plasticity.base import POST, PRE
from thalia_dask.plasticity.on_torch.base import Learner, bounded


class InhibitorySTDPLearner(Learner):
    """A connection with inhibitory plasticity."""

    def axons_fire(self, spikes: Tensor, now: Tensor) -> None:  # noqa: ARG002
        a, p = self.afferents, self.afferents.params
        change = a.gate * p[inhibitory_stdp.RATE] * (a.fade[POST] * a.post - p[inhibitory_stdp.ALPHA])
        times, weights = spikes[a.axon], a.weight[a.synapse]
        changed = bounded(weights + times * change[a.cell], p[inhibitory_stdp.LARGEST])
        a.set_weights(torch.where(times > 0, changed, weights))

    def cells_fire(self, fired: Tensor, now: Tensor) -> None:  # noqa: ARG002
        a, p = self.afferents, self.afferents.params
        weights, rate = a.weight[a.synapse], a.gate * p[inhibitory_stdp.RATE] * a.fade[PRE]
        changed = bounded(weights + rate * a.pre[a.axon], p[inhibitory_stdp.LARGEST])
        a.set_weights(torch.where(fired[a.cell], changed, weights))
