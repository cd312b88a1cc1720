"""Synaptic scaling: all efficacies onto a cell grow or shrink by one factor, until it fires at its target rate.

    always:  tau_w dw/dt = w (1 - a)             a: activity of the cell, 1 at the target rate r
             tau_a da/dt = -a + spikes / r

Van Rossum, Bi & Turrigiano (2000), J. Neurosci. 20:8812, without their integral term; that efficacies keep their
proportions: Turrigiano, Leslie, Desai, Rutherford & Nelson (1998), Nature 391:892.

Both equations are integrated exactly. A cell keeps the integral S of 1 - a, a synapse what it was at the last spike
of its axon; at the next one it is scaled by

    exp((S - S_then) / tau_w)

but by no more than e or 1/e at once. So a cell that has fallen silent recovers as far as it is spoken to, a spike of
a cell costs nothing for each of its synapses, and an efficacy is that of its axon's last spike, or of the last reset,
where all are brought up to date. The gate counts as it is then.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from thalia_dask.jit import inlined
from thalia_dask.plasticity.base import FIRST_OWN, PlasticTable, Rule, bounded, incoming, outgoing
from thalia_dask.synapses.table import SynapseTable

LARGEST, FORGETTING, SHARE, GATHERED = range(FIRST_OWN, FIRST_OWN + 4)
SMALL = 0.01
"""Growth of which the fourth power does not show in a number of 24 bits."""


@dataclass(frozen=True, slots=True)
class SynapticScaling(Rule):
    """``largest`` is the bound in units of the mean initial efficacy; times in ms."""

    code: ClassVar[int] = 6
    gives_credit: ClassVar[bool] = True
    target_hz: float = 5.0
    tau_activity_ms: float = 1000.0
    tau_scaling_ms: float = 10000.0
    largest: float = 10.0

    def pack(self, dt_ms: float, mean_weight: float, total_weight: float) -> list[float]:  # noqa: ARG002
        return [
            1.0,
            1.0,
            self.largest * mean_weight,
            dt_ms / self.tau_activity_ms,
            dt_ms / self.tau_scaling_ms,
            1000.0 / (self.tau_activity_ms * self.target_hz),
        ]


@inlined
def _integral(plastic: PlasticTable, cell: int, step: int, forgetting: float) -> float:
    """S of a cell, in steps, at the beginning of a step."""
    elapsed = step - plastic.tagged[cell]
    faded = plastic.slow[cell] * (1.0 - math.exp(-forgetting * elapsed)) / forgetting
    integral: float = plastic.cell_drift[cell] + (elapsed - faded)
    return integral


@inlined
def _factor(growth: float) -> float:
    """The exponential of no more than 1 and no less than -1, by its series where that is as good."""
    if abs(growth) < SMALL:
        return 1.0 + growth * (1.0 + growth * (0.5 + growth / 6.0))
    return math.exp(min(1.0, max(-1.0, growth)))


@inlined
def arrive(plastic: PlasticTable, connection: int, axon: int, step: int, gate: float, synapses: SynapseTable) -> None:
    """Scale the synapses of an axon that fires by what has happened since it last did."""
    params = plastic.params[connection]
    largest, forgetting, share = params[LARGEST], params[FORGETTING], gate * params[SHARE]
    places, to_cell = outgoing(plastic, connection, axon)
    for i in range(places.shape[0]):
        k = places[i]
        now = _integral(plastic, synapses.slot[k] + to_cell, step, forgetting)
        synapses.weight[k] = bounded(synapses.weight[k] * _factor(share * (now - plastic.credit[k])), largest)
        plastic.credit[k] = now


@inlined
def answer(plastic: PlasticTable, connection: int, cell: int, step: int) -> None:
    """Count the spike of a cell."""
    params = plastic.params[connection]
    _bring_up(plastic, cell, step, params[FORGETTING])
    plastic.slow[cell] += params[GATHERED]


@inlined
def _bring_up(plastic: PlasticTable, cell: int, step: int, forgetting: float) -> None:
    plastic.cell_drift[cell] = _integral(plastic, cell, step, forgetting)
    plastic.slow[cell] *= math.exp(-forgetting * (step - plastic.tagged[cell]))
    plastic.tagged[cell] = step


@inlined
def settle(plastic: PlasticTable, connection: int, step: int, gate: float, synapses: SynapseTable) -> None:
    """Bring all efficacies up to the beginning of a step, and begin new integrals."""
    params = plastic.params[connection]
    largest, forgetting, share = params[LARGEST], params[FORGETTING], gate * params[SHARE]
    first_cell = plastic.cell_base[connection]
    n_cells = plastic.target_last[connection] - plastic.target_first[connection]
    for cell in range(first_cell, first_cell + n_cells):
        _bring_up(plastic, cell, step, forgetting)
        places, _ = incoming(plastic, cell)
        for i in range(places.shape[0]):
            k = places[i]
            missed = plastic.cell_drift[cell] - plastic.credit[k]
            synapses.weight[k] = bounded(synapses.weight[k] * _factor(share * missed), largest)
            plastic.credit[k] = 0.0
        plastic.cell_drift[cell] = 0.0
