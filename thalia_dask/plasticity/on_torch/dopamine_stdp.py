"""Dopamine-modulated STDP in torch operations: ``plasticity.dopamine_stdp``."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from thalia_dask.plasticity import dopamine_stdp as rule
from thalia_dask.plasticity.base import CREDIT_FADE, CREDIT_SUM, POST, PRE
from thalia_dask.plasticity.on_torch.base import Learner, bounded


class DopamineSTDPLearner(Learner):
    """A connection with dopamine-modulated STDP."""

    def axons_fire(self, spikes: Tensor, now: Tensor, gate: Tensor) -> None:  # noqa: ARG002
        a = self.afferents
        times, fired = spikes[a.axon], spikes > 0
        self._gain(times > 0)
        present = a.fade[POST] / a.drift[CREDIT_FADE]
        self._earn(-times * a.params[rule.DEPRESSION] * present * a.post[a.cell])
        a.axon_step.copy_(torch.where(fired, now, a.axon_step))
        a.axon_drift.copy_(torch.where(fired, a.drift[CREDIT_SUM], a.axon_drift))

    def cells_fire(self, fired: Tensor, now: Tensor, gate: Tensor) -> None:  # noqa: ARG002
        a = self.afferents
        self._gain(fired[a.cell])
        present = a.fade[PRE] / a.drift[CREDIT_FADE]
        self._earn(fired[a.cell] * a.params[rule.POTENTIATION] * present * a.pre[a.axon])
        a.tagged.copy_(torch.where(fired, now, a.tagged))
        a.cell_drift.copy_(torch.where(fired, a.drift[CREDIT_SUM], a.cell_drift))

    def pass_time(self, now: Tensor, gate: Tensor) -> None:
        a = self.afferents
        held = a.params[rule.HELD] * (gate - a.params[rule.BASELINE])
        a.drift[CREDIT_SUM].add_(a.drift[CREDIT_FADE] * held)
        a.drift[CREDIT_FADE].mul_(math.exp(-a.params[rule.FORGETTING]))
        self._settle(a.drift[CREDIT_FADE] < rule.FAINT, now + 1)

    def settle(self, step: int, gate: float) -> None:  # noqa: ARG002
        device = self.afferents.weight.device
        self._settle(torch.tensor(True, device=device), torch.tensor(step, device=device))  # noqa: FBT003

    def _gain(self, due: Tensor) -> None:
        """Bring the efficacies of the synapses that are due up to now."""
        a = self.afferents
        axon_is_later = a.axon_step[a.axon] > a.tagged[a.cell]
        since = torch.where(axon_is_later, a.axon_drift[a.axon], a.cell_drift[a.cell])
        weights = a.weight[a.synapse]
        gained = a.credit[a.synapse] * (a.drift[CREDIT_SUM] - since)
        a.set_weights(torch.where(due, bounded(weights + gained, a.params[rule.LARGEST]).to(torch.float32), weights))

    def _earn(self, credit: Tensor) -> None:
        a = self.afferents
        a.credit.index_copy_(0, a.synapse, (a.credit[a.synapse] + credit).to(torch.float32))

    def _settle(self, due: Tensor, step: Tensor) -> None:
        """Bring all efficacies up to now and begin a new sum, where that is due."""
        a = self.afferents
        self._gain(due.expand(len(a.synapse)))
        credit = a.credit[a.synapse]
        a.credit.index_copy_(0, a.synapse, torch.where(due, credit * a.drift[CREDIT_FADE], credit).to(torch.float32))
        for steps in (a.tagged, a.axon_step):
            steps.copy_(torch.where(due, step, steps))
        for sums in (a.cell_drift, a.axon_drift, a.drift[CREDIT_SUM]):
            sums.mul_(~due)
        a.drift[CREDIT_FADE].copy_(torch.where(due, 1.0, a.drift[CREDIT_FADE]))
