"""Gated Hebbian learning in torch operations: ``plasticity.hebbian``."""

from __future__ import annotations

import torch
from torch import Tensor

from thalia_dask.plasticity import hebbian
from thalia_dask.plasticity.base import PRE
from thalia_dask.plasticity.on_torch.base import Learner, bounded


class HebbianLearner(Learner):
    """A connection with gated Hebbian learning."""

    def cells_fire(self, fired: Tensor, now: Tensor) -> None:  # noqa: ARG002
        a = self.afferents
        rate, largest = a.gate * a.params[hebbian.RATE], a.params[hebbian.LARGEST]
        weights, traces = a.weight[a.synapse], a.fade[PRE] * a.pre[a.axon]
        moved = bounded(weights + rate * (largest * traces - weights), largest)
        a.set_weights(torch.where(fired[a.cell], moved, weights))

    def mark_axons(self, spikes: Tensor) -> None:
        """The trace saturates at one spike."""
        a = self.afferents
        a.pre.copy_(torch.where(spikes > 0, 1.0 / a.fade[PRE], a.pre))
