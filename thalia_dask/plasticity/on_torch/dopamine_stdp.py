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

    def axons_fire(self, spikes: Tensor, now: Tensor) -> None:  # noqa: ARG002
        a = self.afferents
        times = spikes[a.axon]
        due = times > 0
        self._gain(due)
        present = a.fade[POST] / a.drift[CREDIT_FADE]
        credit, before = a.credit[a.synapse].T
        left = (credit - times * a.params[rule.DEPRESSION] * present * a.post[a.cell]).to(torch.float32)
        self._keep(left, torch.where(due, left * self._sum(), before))

    def cells_fire(self, fired: Tensor, now: Tensor) -> None:  # noqa: ARG002
        a = self.afferents
        due = fired[a.cell]
        self._gain(due)
        present = a.fade[PRE] / a.drift[CREDIT_FADE]
        credit, before = a.credit[a.synapse].T
        given = (credit + due * a.params[rule.POTENTIATION] * present * a.pre[a.axon]).to(torch.float32)
        self._keep(given, torch.where(due, given * self._sum(), before))

    def pass_time(self, now: Tensor) -> None:  # noqa: ARG002
        a = self.afferents
        excess = a.gate - a.params[rule.BASELINE]
        self._settle(excess * a.drift[CREDIT_SUM] < 0.0)
        held = a.params[rule.HELD] * excess
        a.drift[CREDIT_SUM].add_(a.drift[CREDIT_FADE] * held)
        a.drift[CREDIT_FADE].mul_(math.exp(-a.params[rule.FORGETTING]))
        self._settle(a.drift[CREDIT_FADE] < rule.FAINT)

    def settle(self, gate: float) -> None:  # noqa: ARG002
        self._settle(torch.tensor(True, device=self.afferents.weight.device))  # noqa: FBT003

    def _sum(self) -> Tensor:
        return self.afferents.drift[CREDIT_SUM].to(torch.float32)

    def _gain(self, due: Tensor) -> None:
        """Bring the efficacies of the synapses that are due up to now."""
        a = self.afferents
        credit, before = a.credit[a.synapse].T
        weights = a.weight[a.synapse]
        gained = bounded(weights + (credit * self._sum() - before), a.params[rule.LARGEST])
        a.set_weights(torch.where(due, gained, weights))

    def _keep(self, credit: Tensor, before: Tensor) -> None:
        kept = torch.stack([credit, before], 1).to(torch.float32)
        self.afferents.credit.index_copy_(0, self.afferents.synapse, kept)

    def _settle(self, due: Tensor) -> None:
        """Bring all efficacies up to now and begin a new sum, where that is due."""
        a = self.afferents
        self._gain(due.expand(len(a.synapse)))
        credit, before = a.credit[a.synapse].T
        self._keep(credit * torch.where(due, a.drift[CREDIT_FADE], 1.0), before * ~due)
        a.drift[CREDIT_SUM].mul_(~due)
        a.drift[CREDIT_FADE].copy_(torch.where(due, 1.0, a.drift[CREDIT_FADE]))
