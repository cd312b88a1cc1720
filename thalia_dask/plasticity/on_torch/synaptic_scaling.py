"""Synaptic scaling in torch operations: ``plasticity.synaptic_scaling``."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from thalia_dask.plasticity import synaptic_scaling as rule
from thalia_dask.plasticity.base import CREDIT_FADE, CREDIT_SUM
from thalia_dask.plasticity.on_torch.base import Learner, bounded


class SynapticScalingLearner(Learner):
    """A connection with synaptic scaling."""

    def axons_fire(self, spikes: Tensor, now: Tensor) -> None:  # noqa: ARG002
        a = self.afferents
        due = spikes[a.axon] > 0
        integral = (a.cell_drift + (a.drift[CREDIT_SUM] - a.slow * self._faded()))[a.cell]
        self._scale(due, integral, a.gate)
        kept = a.credit[:, 0]
        kept.index_copy_(0, a.synapse, torch.where(due, integral.to(torch.float32), kept[a.synapse]))

    def cells_fire(self, fired: Tensor, now: Tensor) -> None:  # noqa: ARG002
        a = self.afferents
        active = (a.slow + fired * (a.params[rule.GATHERED] / a.drift[CREDIT_FADE])).to(torch.float32)
        a.cell_drift.add_((active - a.slow) * self._faded())
        a.slow.copy_(active)

    def pass_time(self, now: Tensor) -> None:  # noqa: ARG002
        a = self.afferents
        a.drift[CREDIT_SUM].add_(1.0)
        a.drift[CREDIT_FADE].mul_(math.exp(-a.params[rule.FORGETTING]))
        self._begin_anew(a.drift[CREDIT_FADE] < rule.FAINT)

    def settle(self, gate: float) -> None:
        a = self.afferents
        device = a.weight.device
        self._begin_anew(torch.tensor(True, device=device))  # noqa: FBT003
        every = torch.ones(len(a.synapse), dtype=torch.bool, device=device)
        self._scale(every, (a.cell_drift + a.drift[CREDIT_SUM])[a.cell], torch.tensor(gate, device=device))
        a.credit[:, 0].index_fill_(0, a.synapse, 0.0)
        a.cell_drift.zero_()
        a.drift[CREDIT_SUM].zero_()

    def _faded(self) -> Tensor:
        """How much the integral of a cell has lost, in steps, for each unit of its activity; float64, ()."""
        a = self.afferents
        return (1.0 - a.drift[CREDIT_FADE]) / a.params[rule.FORGETTING]

    def _begin_anew(self, due: Tensor) -> None:
        """Move t = 0 to now, where that is due."""
        a = self.afferents
        fade = torch.where(due, a.drift[CREDIT_FADE], 1.0)
        a.cell_drift.sub_(a.slow * torch.where(due, self._faded(), 0.0))
        a.slow.copy_(a.slow * fade)
        a.drift[CREDIT_FADE].copy_(torch.where(due, 1.0, a.drift[CREDIT_FADE]))

    def _scale(self, due: Tensor, integral: Tensor, gate: Tensor) -> None:
        """Scale the synapses that are due by what has happened since their axons' last spikes."""
        a, p = self.afferents, self.afferents.params
        weights = a.weight[a.synapse]
        growth = gate * p[rule.SHARE] * (integral - a.credit[a.synapse, 0])
        scaled = bounded(weights * torch.exp(growth.clamp(-1.0, 1.0)), p[rule.LARGEST])
        a.set_weights(torch.where(due, scaled.to(torch.float32), weights))
