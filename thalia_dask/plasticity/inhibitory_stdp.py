"""Inhibitory plasticity that balances excitation: it brings a cell to its target rate.

    pre spike:   w += rate w_mean (y - alpha)     y: trace of post spikes, alpha = 2 r tau, r: the target rate
    post spike:  w += rate w_mean x               x: trace of pre spikes, with the same time constant tau

Vogels, Sprekeler, Zenke, Clopath & Gerstner (2011), Science 334:1569; for efficacies of either sign, whose size
grows or shrinks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from thalia_dask.declared import Positive
from thalia_dask.jit import inlined
from thalia_dask.plasticity.base import (
    FIRST_OWN,
    POST,
    PRE,
    PlasticTable,
    Rule,
    bounded,
    decay,
    expect,
    incoming,
    outgoing_traces,
)
from thalia_dask.synapses.table import SynapseTable

RATE, LARGEST, ALPHA = range(FIRST_OWN, FIRST_OWN + 3)


@dataclass(frozen=True, slots=True)
class InhibitorySTDP(Rule):
    """Spikes of axon and cell, and a target rate."""

    code: ClassVar[int] = 5
    tau_ms: Annotated[float, "time constant tau of x and y, ms"] = 20.0
    rate: Annotated[float, "learning rate, for each spike"] = 0.01
    target_hz: Annotated[float, "the rate r to which cells are brought, Hz"] = 5.0
    largest: Annotated[Positive, "bound of an efficacy, in units of the mean initial one"] = 10.0

    def pack(self, dt_ms: float, mean_weight: float, total_weight: float) -> list[float]:  # noqa: ARG002
        kept = decay(self.tau_ms, dt_ms)
        return [
            kept,
            kept,
            self.rate * mean_weight,
            self.largest * mean_weight,
            2.0 * self.target_hz * self.tau_ms / 1000.0,
        ]


@inlined
def arrive(plastic: PlasticTable, connection: int, axon: int, gate: float, synapses: SynapseTable) -> None:
    """Change the efficacies of an axon that fires by how active its target cells are against their target."""
    params, fade = plastic.params[connection], plastic.fade[connection, POST]
    largest, rate, alpha = params[LARGEST], gate * params[RATE], params[ALPHA]
    first, last, mixed, traces = outgoing_traces(plastic, connection, axon, synapses)
    weight, owner = synapses.weight[first:last], plastic.owner[first:last]
    for i in range(last - first):
        changed = bounded(weight[i] + rate * (fade * traces[i] - alpha), largest)
        weight[i] = weight[i] if mixed and owner[i] != connection else changed


@inlined
def answer(plastic: PlasticTable, connection: int, cell: int, gate: float, synapses: SynapseTable) -> None:
    """Strengthen the synapses onto a cell that fires, by the traces of their axons."""
    largest = plastic.params[connection, LARGEST]
    rate = gate * plastic.params[connection, RATE] * plastic.fade[connection, PRE]
    places, axons = incoming(plastic, cell)
    for i in range(places.shape[0]):
        expect(synapses.weight, places, i)
        k = places[i]
        synapses.weight[k] = bounded(synapses.weight[k] + rate * plastic.pre[axons[i]], largest)
