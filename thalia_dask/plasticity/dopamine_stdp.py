"""Dopamine-modulated STDP: spike pairs earn credit, which dopamine turns into efficacy for as long as both last.

    post spike:  c += potentiation w_mean x      x: trace of pre spikes
    pre spike:   c -= depression w_mean y        y: trace of post spikes
    always:      tau_c dc/dt = -c,    dw/dt = c (g - baseline)          (t in ms)

g is the connection's gate: with ``gates=("dopamine",)`` the level of dopamine, held during a step. Izhikevich
(2007), Cereb. Cortex 17:2443; Potjans, Morrison & Diesmann (2010), Front. Comput. Neurosci. 4:141. A cell's spike
reaches its synapses after the dendritic delay, as in ``stdp``.

Credit is kept divided by the factor f(t) = exp(-t / tau_c) by which all of it has decayed, so between spikes only
one sum moves, s(t) = integral of f (g - baseline). Credit c given when the sum was s_0 has meanwhile gained the
efficacy c (s - s_0), so a synapse keeps two numbers, the sum of its c and that of its c s_0. The gain is put into
the efficacy, and bounded, at the next spike of the axon or of the cell; for all synapses when f has become small,
when g crosses the baseline, and at a reset of the region. Between two of these an efficacy moves one way, so that
more would change nothing.

NEST's ``stdp_dopamine_synapse`` is this rule with A_plus, A_minus, tau_c and b as potentiation, depression,
tau_credit and baseline, and its delay as the dendritic delay. There every dopamine spike raises the level by 1 /
tau_n.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np

from thalia_dask.declared import NonNegative, Positive
from thalia_dask.jit import inlined
from thalia_dask.plasticity.base import (
    CREDIT_FADE,
    CREDIT_SUM,
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
from thalia_dask.ticks import to_steps

POTENTIATION, DEPRESSION, LARGEST, FORGETTING, HELD, BASELINE = range(FIRST_OWN, FIRST_OWN + 6)
CREDIT, BEFORE = 0, 1
"""What a synapse keeps: its credit, and what that would have gained by the time it was given."""
FAINT = 0.01
"""The factor of credit at which all synapses are looked at, after 4.6 time constants.

Until then the sum, kept in 24 bits, has enough of them to tell one step from the next.
"""


@dataclass(frozen=True, slots=True)
class DopamineSTDP(Rule):
    """Pairs of spikes, credit for them, and the gate that turns it into efficacy."""

    code: ClassVar[int] = 7
    n_kept: ClassVar[int] = 2
    tau_pre_ms: Annotated[float, "time constant of x, ms"] = 20.0
    tau_post_ms: Annotated[float, "time constant of y, ms"] = 20.0
    tau_credit_ms: Annotated[float, "time constant tau_c of credit, ms"] = 1000.0
    potentiation: Annotated[float, "credit for a post spike and an x of 1, in mean initial efficacies a ms"] = 0.001
    depression: Annotated[float, "credit taken for a pre spike and a y of 1, in the same unit"] = 0.0015
    baseline: Annotated[float, "the gate g at which nothing is learned"] = 0.0
    largest: Annotated[Positive, "bound of an efficacy, in units of the mean initial one"] = 4.0
    dendritic_delay_ms: Annotated[NonNegative, "time a cell's spike takes back to its synapses, ms"] = 0.0

    def pack(self, dt_ms: float, mean_weight: float, total_weight: float) -> list[float]:  # noqa: ARG002
        return [
            decay(self.tau_pre_ms, dt_ms),
            decay(self.tau_post_ms, dt_ms),
            self.potentiation * mean_weight,
            self.depression * mean_weight,
            self.largest * mean_weight,
            dt_ms / self.tau_credit_ms,
            -self.tau_credit_ms * math.expm1(-dt_ms / self.tau_credit_ms),
            self.baseline,
        ]

    def lag_steps(self, dt_ms: float) -> int:
        return to_steps(self.dendritic_delay_ms, dt_ms, "the dendritic delay of a DopamineSTDP rule")


@inlined
def _paid(weight: float, credit: float, before: float, now: np.float32, largest: float) -> float:
    """An efficacy with what its credit has gained until now."""
    gained: Any = credit * now - before
    return bounded(weight + gained, largest)


@inlined
def depress(plastic: PlasticTable, connection: int, axon: int, synapses: SynapseTable) -> None:
    """Bring the efficacies of an axon that fires up to now; take credit by the traces of the target cells."""
    present = plastic.fade[connection, POST] / plastic.drift[connection, CREDIT_FADE]
    rate = np.float32(plastic.params[connection, DEPRESSION] * present)
    largest, now = plastic.params[connection, LARGEST], np.float32(plastic.drift[connection, CREDIT_SUM])
    first, last, mixed, traces = outgoing_traces(plastic, connection, axon, synapses)
    weight, owner = synapses.weight[first:last], plastic.owner[first:last]
    kept = plastic.credit.reshape(plastic.credit.size)[2 * first : 2 * last]
    for i in range(last - first):
        credit, before = kept[2 * i + CREDIT], kept[2 * i + BEFORE]
        paid = _paid(weight[i], credit, before, now, largest)
        left = credit - rate * traces[i]
        others = mixed and owner[i] != connection
        weight[i] = weight[i] if others else paid
        kept[2 * i + CREDIT] = credit if others else left
        kept[2 * i + BEFORE] = before if others else left * now


@inlined
def potentiate(plastic: PlasticTable, connection: int, cell: int, synapses: SynapseTable) -> None:
    """Bring the efficacies onto a cell that fires up to now; give credit by the traces of their axons."""
    largest = plastic.params[connection, LARGEST]
    present = plastic.fade[connection, PRE] / plastic.drift[connection, CREDIT_FADE]
    rate = np.float32(plastic.params[connection, POTENTIATION] * present)
    now = np.float32(plastic.drift[connection, CREDIT_SUM])
    places, axons = incoming(plastic, cell)
    for i in range(places.shape[0]):
        expect(plastic.credit, places, i)
        expect(synapses.weight, places, i)
        k = places[i]
        credit, before = plastic.credit[k, CREDIT], plastic.credit[k, BEFORE]
        synapses.weight[k] = _paid(synapses.weight[k], credit, before, now, largest)
        given = credit + rate * plastic.pre[axons[i]]
        plastic.credit[k, CREDIT] = given
        plastic.credit[k, BEFORE] = given * now


@inlined
def pass_time(plastic: PlasticTable, connection: int, gate: float, synapses: SynapseTable) -> None:
    """Let the sum move by a step, at the end of which nothing is faint; where it turns, a new one begins."""
    params, drift = plastic.params[connection], plastic.drift[connection]
    if (gate - params[BASELINE]) * drift[CREDIT_SUM] < 0.0:
        settle(plastic, connection, synapses)
    drift[CREDIT_SUM] += drift[CREDIT_FADE] * params[HELD] * (gate - params[BASELINE])
    drift[CREDIT_FADE] *= math.exp(-np.float64(params[FORGETTING]))
    if drift[CREDIT_FADE] < FAINT:
        settle(plastic, connection, synapses)


@inlined
def settle(plastic: PlasticTable, connection: int, synapses: SynapseTable) -> None:
    """Bring all efficacies of the connection up to now, and begin a new sum."""
    fade, now = plastic.drift[connection, CREDIT_FADE], np.float32(plastic.drift[connection, CREDIT_SUM])
    largest = plastic.params[connection, LARGEST]
    first_axon = plastic.axon_base[connection]
    n_axons = plastic.row_last[connection] - plastic.row_first[connection]
    for axon in range(first_axon, first_axon + n_axons):
        for k in range(plastic.out_first[axon], plastic.out_last[axon]):
            if plastic.owner[k] == connection:
                credit, before = plastic.credit[k, CREDIT], plastic.credit[k, BEFORE]
                synapses.weight[k] = _paid(synapses.weight[k], credit, before, now, largest)
                plastic.credit[k, CREDIT] = credit * fade
                plastic.credit[k, BEFORE] = 0.0
    plastic.drift[connection, CREDIT_FADE] = 1.0
    plastic.drift[connection, CREDIT_SUM] = 0.0
