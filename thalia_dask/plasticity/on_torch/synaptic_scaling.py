"""Synaptic scaling in torch operations: ``plasticity.synaptic_scaling``."""

from __future__ import annotations

import torch
from torch import Tensor

from thalia_dask.plasticity import synaptic_scaling as rule
from thalia_dask.plasticity.on_torch.base import Learner, bounded


class SynapticScalingLearner(Learner):
    """A connection with synaptic scaling."""

    def axons_fire(self, spikes: Tensor, now: Tensor, gate: Tensor) -> None:
        a = self.afferents
        self._scale(spikes[a.axon] > 0, now, gate)
        a.axon_step.copy_(torch.where(spikes > 0, now, a.axon_step))

    def cells_fire(self, fired: Tensor, now: Tensor, gate: Tensor) -> None:
        a, p = self.afferents, self.afferents.params
        self._scale(fired[a.cell], now, gate)
        left = torch.exp(-p[rule.FORGETTING] * (now - a.tagged).to(torch.float64))
        a.slow.copy_(torch.where(fired, a.slow * left + p[rule.GATHERED], a.slow))
        a.tagged.copy_(torch.where(fired, now, a.tagged))

    def _scale(self, due: Tensor, now: Tensor, gate: Tensor) -> None:
        """Scale the synapses that are due by what has happened since their last events."""
        a, p = self.afferents, self.afferents.params
        tagged = a.tagged[a.cell]
        since = torch.maximum(a.axon_step[a.axon], tagged)
        elapsed = (now - since).to(torch.float64)
        activity = a.slow[a.cell] * torch.exp(-p[rule.FORGETTING] * (since - tagged).to(torch.float64))
        missed = elapsed + activity * torch.expm1(-p[rule.FORGETTING] * elapsed) / p[rule.FORGETTING]
        factor = torch.exp((gate * p[rule.SHARE] * missed).clamp(-1.0, 1.0)).to(torch.float32)
        weights = a.weight[a.synapse]
        a.set_weights(torch.where(due, bounded(weights * factor, p[rule.LARGEST]), weights))
