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
        due, integral = spikes[a.axon] > 0, self._integral(now)[a.cell]
        self._scale(due, integral, gate)
        credit = a.credit[a.synapse]
        a.credit.index_copy_(0, a.synapse, torch.where(due, integral.to(torch.float32), credit))

    def cells_fire(self, fired: Tensor, now: Tensor, gate: Tensor) -> None:  # noqa: ARG002
        self._bring_up(fired, now)
        self.afferents.slow.add_(fired * self.afferents.params[rule.GATHERED])

    def settle(self, step: int, gate: float) -> None:
        a = self.afferents
        device = a.weight.device
        self._bring_up(torch.ones(a.n_cells, dtype=torch.bool, device=device), torch.tensor(step, device=device))
        every = torch.ones(len(a.synapse), dtype=torch.bool, device=device)
        self._scale(every, a.cell_drift[a.cell], torch.tensor(gate, device=device))
        a.credit.index_fill_(0, a.synapse, 0.0)
        a.cell_drift.zero_()

    def _integral(self, now: Tensor) -> Tensor:
        """S of each cell in steps, float64."""
        a, forgetting = self.afferents, self.afferents.params[rule.FORGETTING]
        elapsed = (now - a.tagged).to(torch.float64)
        return a.cell_drift + (elapsed - a.slow * (1.0 - torch.exp(-forgetting * elapsed)) / forgetting)

    def _bring_up(self, due: Tensor, now: Tensor) -> None:
        a, forgetting = self.afferents, self.afferents.params[rule.FORGETTING]
        a.cell_drift.copy_(torch.where(due, self._integral(now), a.cell_drift))
        left = torch.exp(-forgetting * (now - a.tagged).to(torch.float64))
        a.slow.copy_(torch.where(due, a.slow * left, a.slow))
        a.tagged.copy_(torch.where(due, now, a.tagged))

    def _scale(self, due: Tensor, integral: Tensor, gate: Tensor) -> None:
        """Scale the synapses that are due by what has happened since their axons' last spikes."""
        a, p = self.afferents, self.afferents.params
        weights = a.weight[a.synapse]
        growth = gate * p[rule.SHARE] * (integral - a.credit[a.synapse])
        scaled = bounded(weights * torch.exp(growth.clamp(-1.0, 1.0)), p[rule.LARGEST])
        a.set_weights(torch.where(due, scaled.to(torch.float32), weights))
