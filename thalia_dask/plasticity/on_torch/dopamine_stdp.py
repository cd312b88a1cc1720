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
        times = spikes[a.axon]
        present = a.fade[POST] / a.drift[CREDIT_FADE]
        self._gain(times > 0, -times * a.params[rule.DEPRESSION] * present * a.post[a.cell])

    def cells_fire(self, fired: Tensor, now: Tensor, gate: Tensor) -> None:  # noqa: ARG002
        a = self.afferents
        present = a.fade[PRE] / a.drift[CREDIT_FADE]
        due = fired[a.cell]
        self._gain(due, due * a.params[rule.POTENTIATION] * present * a.pre[a.axon])

    def pass_time(self, now: Tensor, gate: Tensor) -> None:  # noqa: ARG002
        a = self.afferents
        held = a.params[rule.HELD] * (gate - a.params[rule.BASELINE])
        a.drift[CREDIT_SUM].add_(a.drift[CREDIT_FADE] * held)
        a.drift[CREDIT_FADE].mul_(math.exp(-a.params[rule.FORGETTING]))
        self._settle(a.drift[CREDIT_FADE] < rule.FAINT)

    def settle(self, gate: float) -> None:  # noqa: ARG002
        self._settle(torch.tensor(True, device=self.afferents.weight.device))  # noqa: FBT003

    def _gain(self, due: Tensor, earned: Tensor) -> None:
        """Bring the efficacies of the synapses that are due up to now, and give their synapses credit."""
        a = self.afferents
        credit, since = a.credit[a.synapse].T
        now = a.drift[CREDIT_SUM].to(torch.float32)
        weights = a.weight[a.synapse]
        gained = bounded(weights + credit * (now - since), a.params[rule.LARGEST])
        a.set_weights(torch.where(due, gained, weights))
        kept = torch.stack([(credit + earned).to(torch.float32), torch.where(due, now, since)], 1)
        a.credit.index_copy_(0, a.synapse, kept)

    def _settle(self, due: Tensor) -> None:
        """Bring all efficacies up to now and begin a new sum, where that is due."""
        a = self.afferents
        self._gain(due.expand(len(a.synapse)), torch.zeros((), device=a.weight.device))
        fade = torch.where(due, a.drift[CREDIT_FADE], 1.0)
        kept = a.credit[a.synapse] * torch.stack([fade, (~due).to(torch.float64)])
        a.credit.index_copy_(0, a.synapse, kept.to(torch.float32))
        a.drift[CREDIT_SUM].mul_(~due)
        a.drift[CREDIT_FADE].copy_(torch.where(due, 1.0, a.drift[CREDIT_FADE]))
