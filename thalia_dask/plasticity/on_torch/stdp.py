"""Pair-based STDP in torch operations: ``plasticity.stdp``."""

from __future__ import annotations

import torch
from torch import Tensor

from thalia_dask.plasticity import stdp
from thalia_dask.plasticity.base import POST, PRE
from thalia_dask.plasticity.on_torch.base import Learner, bounded


class STDPLearner(Learner):
    """Spikes that arrive together on one axon are one larger change where ``mu_minus`` is neither 0 nor 1."""

    def axons_fire(self, spikes: Tensor, now: Tensor) -> None:  # noqa: ARG002
        a = self.afferents
        rate, largest = a.gate * a.params[stdp.DEPRESSION] * a.fade[POST], a.params[stdp.LARGEST]
        times, weights, exponent = spikes[a.axon], a.weight[a.synapse], a.params[stdp.MU_MINUS]
        change = rate * a.post[a.cell]
        if exponent == 1.0:
            weaker = weights * (1.0 - change).clamp(min=0.0) ** times
        else:
            weaker = weights - times * change * _strength(weights, largest, exponent)
        a.set_weights(torch.where(times > 0, bounded(weaker, largest), weights))

    def cells_fire(self, fired: Tensor, now: Tensor) -> None:  # noqa: ARG002
        a = self.afferents
        rate, largest = a.gate * a.params[stdp.POTENTIATION], a.params[stdp.LARGEST]
        weights, traces = a.weight[a.synapse], a.fade[PRE] * a.pre[a.axon]
        strength = _strength(largest - weights, largest, a.params[stdp.MU_PLUS])
        stronger = bounded(weights + rate * strength * traces, largest)
        total = a.by_cell(stronger)
        scaling = a.gate * a.params[stdp.SCALING]
        pull = torch.where(total != 0.0, scaling * (a.params[stdp.TOTAL] / total - 1.0), 0.0)
        scaled = bounded(stronger * (1.0 + pull[a.cell]), largest).to(torch.float32)
        a.set_weights(torch.where(fired[a.cell], scaled, weights))


def _strength(distance: Tensor, largest: float, exponent: float) -> Tensor:
    if exponent == 1.0:
        return distance
    return largest * (distance / largest).clamp(min=0.0) ** exponent
