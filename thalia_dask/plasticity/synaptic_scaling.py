"""Synaptic scaling: all efficacies onto a cell grow or shrink by one factor, until it fires at its target rate.

    always:  tau_w dw/dt = w (1 - a)             a: activity of the cell, 1 at the target rate r
             tau_a da/dt = -a + spikes / r

Van Rossum, Bi & Turrigiano (2000), J. Neurosci. 20:8812, without their integral term; that efficacies keep their
proportions: Turrigiano, Leslie, Desai, Rutherford & Nelson (1998), Nature 391:892.

Both equations are integrated exactly. A synapse keeps what the integral S of 1 - a of its cell was at the last spike
of its axon; at the next one it is scaled by

    exp((S - S_then) / tau_w)

but by no more than e or 1/e at once. So a cell that has fallen silent recovers as far as it is spoken to, a spike of
a cell costs nothing for each of its synapses, and an efficacy is that of its axon's last spike, or of the last reset,
where all are brought up to date. The gate counts as it is then.

A cell keeps its activity divided by the factor E(t) = exp(-t / tau_a) by which all activity has decayed since t = 0.
So between its spikes neither that, A = a / E, nor P moves in

    S(t) = t + P - A tau_a (1 - E(t))

and a synapse costs no exponential. When E has become small, t = 0 is moved to now.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np

from thalia_dask.declared import Positive
from thalia_dask.jit import inlined
from thalia_dask.plasticity.base import (
    CREDIT_FADE,
    CREDIT_SUM,
    FIRST_OWN,
    PlasticTable,
    Rule,
    bounded,
    cell_of,
    incoming,
    outgoing,
)
from thalia_dask.synapses.table import SynapseTable

LARGEST, FORGETTING, SHARE, GATHERED = range(FIRST_OWN, FIRST_OWN + 4)
FAINT = 1e-4
"""The factor of activity at which all cells are looked at, after 9 time constants."""
_ONE, _HALF, _QUARTER, _SIXTH, _24TH, _120TH, _720TH = (np.float32(1.0 / n) for n in (1, 2, 4, 6, 24, 120, 720))


@dataclass(frozen=True, slots=True)
class SynapticScaling(Rule):
    """One factor on all efficacies onto a cell, and a target rate."""

    code: ClassVar[int] = 6
    at_cell: ClassVar[bool] = False
    n_kept: ClassVar[int] = 1
    target_hz: Annotated[Positive, "the rate r to which cells are brought, Hz"] = 5.0
    tau_activity_ms: Annotated[float, "time constant tau_a of the activity, ms"] = 1000.0
    tau_scaling_ms: Annotated[float, "time constant tau_w of the scaling, ms"] = 10000.0
    largest: Annotated[Positive, "bound of an efficacy, in units of the mean initial one"] = 10.0

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
def _faded(plastic: PlasticTable, connection: int) -> float:
    """How much the integral of a cell has lost, in steps, for each unit of its activity."""
    faded: float = (1.0 - plastic.drift[connection, CREDIT_FADE]) / plastic.params[connection, FORGETTING]
    return faded


@inlined
def _factor(growth: np.float32) -> np.float32:
    """The exponential of no more than 1 and no less than -1, from the series for a quarter of it."""
    x = _QUARTER * min(_ONE, max(-_ONE, growth))
    root = _ONE + x * (_ONE + x * (_HALF + x * (_SIXTH + x * (_24TH + x * (_120TH + x * _720TH)))))
    square = root * root
    return square * square


@inlined
def arrive(plastic: PlasticTable, connection: int, axon: int, gate: float, synapses: SynapseTable) -> None:
    """Scale the synapses of an axon that fires by what has happened since it last did."""
    params = plastic.params[connection]
    largest, share = params[LARGEST], gate * params[SHARE]
    passed, faded = plastic.drift[connection, CREDIT_SUM], _faded(plastic, connection)
    first, last, mixed, to_cell = outgoing(plastic, connection, axon)
    weight, owner, kept = synapses.weight[first:last], plastic.owner[first:last], plastic.credit[first:last, 0]
    slot = synapses.slot[first:last]
    then, now = plastic.scratch[0, : last - first], plastic.scratch[1, : last - first]
    for i in range(last - first):
        cell = cell_of(slot[i], owner[i], connection, mixed, to_cell)
        then[i] = kept[i]
        now[i] = plastic.cell_drift[cell] + (passed - plastic.slow[cell] * faded)
    for i in range(last - first):
        scaled = bounded(weight[i] * _factor(share * (now[i] - then[i])), largest)
        others = mixed and owner[i] != connection
        weight[i] = weight[i] if others else scaled
        then[i] = then[i] if others else now[i]
    for i in range(last - first):
        kept[i] = then[i]


@inlined
def answer(plastic: PlasticTable, connection: int, cell: int) -> None:
    """Count the spike of a cell."""
    before = plastic.slow[cell]
    plastic.slow[cell] += plastic.params[connection, GATHERED] / plastic.drift[connection, CREDIT_FADE]
    plastic.cell_drift[cell] += (plastic.slow[cell] - before) * _faded(plastic, connection)


@inlined
def pass_time(plastic: PlasticTable, connection: int) -> None:
    """Let all activity decay by a step, at the end of which nothing is faint."""
    drift = plastic.drift[connection]
    drift[CREDIT_SUM] += 1.0
    drift[CREDIT_FADE] *= math.exp(-np.float64(plastic.params[connection, FORGETTING]))
    if drift[CREDIT_FADE] < FAINT:
        _begin_anew(plastic, connection)


@inlined
def _begin_anew(plastic: PlasticTable, connection: int) -> None:
    """Move t = 0 to now, but for the time that has passed."""
    faded, fade = _faded(plastic, connection), plastic.drift[connection, CREDIT_FADE]
    first_cell = plastic.cell_base[connection]
    n_cells = plastic.target_last[connection] - plastic.target_first[connection]
    for cell in range(first_cell, first_cell + n_cells):
        plastic.cell_drift[cell] -= plastic.slow[cell] * faded
        plastic.slow[cell] *= fade
    plastic.drift[connection, CREDIT_FADE] = 1.0


@inlined
def settle(plastic: PlasticTable, connection: int, gate: float, synapses: SynapseTable) -> None:
    """Bring all efficacies up to now, and begin new integrals."""
    params = plastic.params[connection]
    largest, share = params[LARGEST], gate * params[SHARE]
    _begin_anew(plastic, connection)
    first_cell, passed = plastic.cell_base[connection], plastic.drift[connection, CREDIT_SUM]
    n_cells = plastic.target_last[connection] - plastic.target_first[connection]
    for cell in range(first_cell, first_cell + n_cells):
        integral = np.float32(plastic.cell_drift[cell] + passed)
        places, _ = incoming(plastic, cell)
        for i in range(places.shape[0]):
            k = places[i]
            growth = share * (integral - plastic.credit[k, 0])
            synapses.weight[k] = bounded(synapses.weight[k] * _factor(growth), largest)
            plastic.credit[k, 0] = 0.0
        plastic.cell_drift[cell] = 0.0
    plastic.drift[connection, CREDIT_SUM] = 0.0
