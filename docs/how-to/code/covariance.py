"""The covariance rule: efficacies grow from axons that are more active than expected, and shrink from the others.

    post spike:  w += rate w_mean (x - x_0)     x: trace of pre spikes, x_0: its mean at the expected rate

Sejnowski (1977), J. Math. Biol. 4:303.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from thalia_dask.jit import inlined
from thalia_dask.plasticity.base import FIRST_OWN, PRE, PlasticTable, Rule, bounded, decay, expect, incoming
from thalia_dask.synapses.table import SynapseTable

_RATE, _EXPECTED, _LARGEST = range(FIRST_OWN, FIRST_OWN + 3)


@dataclass(frozen=True, slots=True)
class Covariance(Rule):
    """``rate`` and ``largest`` are in units of the mean initial efficacy; times in ms."""

    code: ClassVar[int] = 100
    at_axon: ClassVar[bool] = False
    tau_pre_ms: float = 20.0
    rate: float = 0.01
    expected_hz: float = 10.0
    largest: float = 4.0

    def pack(self, dt_ms: float, mean_weight: float, total_weight: float) -> list[float]:  # noqa: ARG002
        kept = decay(self.tau_pre_ms, dt_ms)
        expected = self.expected_hz * self.tau_pre_ms / 1000.0
        return [kept, kept, self.rate * mean_weight, expected, self.largest * mean_weight]


@inlined
def learn(plastic: PlasticTable, connection: int, cell: int, gate: float, synapses: SynapseTable) -> None:
    """Update the efficacies onto a cell that fires."""
    rate = gate * plastic.params[connection, _RATE]
    expected = plastic.params[connection, _EXPECTED]
    largest = plastic.params[connection, _LARGEST]
    fade = plastic.fade[connection, PRE]
    places, axons = incoming(plastic, cell)
    for i in range(places.shape[0]):
        expect(synapses.weight, places, i)
        k = places[i]
        x = fade * plastic.pre[axons[i]]
        synapses.weight[k] = bounded(synapses.weight[k] + rate * (x - expected), largest)
