"""Oja's rule: Hebbian growth that keeps the weight vector of a cell near unit length.

    post spike:  w += rate y (mean x - y w)     x: trace of pre spikes, y: 1 + trace of post spikes

Oja (1982), J. Math. Biol. 15:267, eq. 3, in units of the mean initial efficacy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from thalia_dask.jit import kernel
from thalia_dask.plasticity.base import FIRST_OWN, POST, PRE, PlasticTable, Rule, bounded
from thalia_dask.synapses.table import SynapseTable

_RATE, _MEAN, _LARGEST = range(FIRST_OWN, FIRST_OWN + 3)


@dataclass(frozen=True, slots=True)
class Oja(Rule):
    """``largest`` is the bound in units of the mean initial efficacy; times in ms."""

    code: ClassVar[int] = 3
    tau_pre_ms: float = 20.0
    tau_post_ms: float = 20.0
    rate: float = 0.01
    largest: float = 4.0

    def pack(self, dt_ms: float, mean_weight: float, total_weight: float) -> list[float]:  # noqa: ARG002
        return [
            math.exp(-dt_ms / self.tau_pre_ms),
            math.exp(-dt_ms / self.tau_post_ms),
            self.rate,
            mean_weight,
            self.largest * mean_weight,
        ]


@kernel
def learn(plastic: PlasticTable, connection: int, cell: int, gate: float, synapses: SynapseTable) -> None:
    """Update the efficacies onto a cell that fires."""
    rate = gate * plastic.params[connection, _RATE]
    mean = plastic.params[connection, _MEAN]
    largest = plastic.params[connection, _LARGEST]
    y = 1.0 + plastic.fade[connection, POST] * plastic.post[cell]
    for e in range(plastic.in_first[cell], plastic.in_last[cell]):
        k = plastic.in_synapse[e]
        w = synapses.weight[k]
        x = plastic.fade[connection, PRE] * plastic.pre[plastic.in_axon[e]]
        synapses.weight[k] = bounded(w + rate * y * (mean * x - y * w), largest)
