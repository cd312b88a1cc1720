"""Synaptic scaling in torch operations: ``plasticity.synaptic_scaling``."""

from __future__ import annotations

import torch
from torch import Tensor

from thalia_dask.plasticity import synaptic_scaling
from thalia_dask.plasticity.on_torch.base import Learner, bounded


class SynapticScalingLearner(Learner):
    """A connection with synaptic scaling."""

    def cells_fire(self, fired: Tensor, now: Tensor, gate: Tensor) -> None:
        a, p = self.afferents, self.afferents.params
        elapsed = (now - a.tagged).to(torch.float64)
        left = torch.exp(-p[synaptic_scaling.FORGETTING] * elapsed)
        remembered = a.slow * (1.0 - left) * p[synaptic_scaling.MEMORY]
        growth = gate * p[synaptic_scaling.SHARE] * (elapsed - remembered)
        factor = torch.exp(growth.clamp(-1.0, 1.0)).to(torch.float32)
        a.slow.copy_(torch.where(fired, a.slow * left + p[synaptic_scaling.GATHERED], a.slow))
        a.tagged.copy_(torch.where(fired, now, a.tagged))
        weights = a.weight[a.synapse]
        scaled = bounded(weights * factor[a.cell], p[synaptic_scaling.LARGEST])
        a.set_weights(torch.where(fired[a.cell], scaled, weights))
