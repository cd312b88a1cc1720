"""Pair-based spike-timing-dependent plasticity, with any dependence on the efficacy, and synaptic scaling.

    pre spike:   w -= depression w_max (w / w_max)^mu_minus y             y: trace of post spikes
    post spike:  w += potentiation w_max (1 - w / w_max)^mu_plus x        x: trace of pre spikes
                 then all incoming w *= 1 + scaling (W / sum(w) - 1)

All-to-all pairing: Morrison, Diesmann & Gerstner (2008), Biol. Cybern. 98:459, sections 4.1-4.2. The exponents:
Gütig, Aharonov, Rotter & Sompolinsky (2003), J. Neurosci. 23:3697; 0 is additive, 1 gives the soft bounds of van
Rossum, Bi & Turrigiano (2000), J. Neurosci. 20:8812. The scaling keeps a cell's summed input near W, what the
connection gives a cell on average at first: the homeostasis of Turrigiano (2008), Cell 135:422.

A cell's spike reaches its synapses after the dendritic delay; until then they do not know of it. Without such a
delay, a spike that arrives in a step from outside the region counts as before those emitted in it. Spikes that meet
in one step are not paired with each other otherwise.

NEST's ``stdp_synapse`` is this rule with scaling = 0, potentiation = lambda, depression = alpha lambda, w_max =
Wmax, the exponents as they are, and its delay as the dendritic delay.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np

from thalia_dask.declared import NonNegative, Positive
from thalia_dask.jit import Floats, inlined
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
from thalia_dask.ticks import to_steps

POTENTIATION, DEPRESSION, LARGEST, SCALING, TOTAL, MU_PLUS, MU_MINUS = range(FIRST_OWN, FIRST_OWN + 7)
_ONE, _NONE = np.float32(1.0), np.float32(0.0)
_MOST = np.float32(1e30)
"""Times that a sum may be too small: an infinite factor would make NaN of an efficacy of 0."""


@dataclass(frozen=True, slots=True)
class STDP(Rule):
    """Pairs of spikes, and scaling of a cell's summed efficacy."""

    code: ClassVar[int] = 0
    tau_pre_ms: Annotated[float, "time constant of x, ms"] = 20.0
    tau_post_ms: Annotated[float, "time constant of y, ms"] = 20.0
    potentiation: Annotated[float, "share of w_max that an efficacy of 0 gains at an x of 1"] = 0.005
    depression: Annotated[float, "share of w_max that an efficacy of w_max loses at a y of 1"] = 0.0055
    largest: Annotated[Positive, "bound w_max, in units of the mean initial efficacy"] = 3.0
    scaling: Annotated[NonNegative, "share of its distance from W that a cell's sum makes up at a post spike"] = 0.05
    mu_plus: Annotated[NonNegative, "exponent of the dependence of potentiation on the efficacy"] = 1.0
    mu_minus: Annotated[NonNegative, "exponent of the dependence of depression on the efficacy"] = 1.0
    dendritic_delay_ms: Annotated[NonNegative, "time a cell's spike takes back to its synapses, ms"] = 0.0

    def pack(self, dt_ms: float, mean_weight: float, total_weight: float) -> list[float]:
        return [
            decay(self.tau_pre_ms, dt_ms),
            decay(self.tau_post_ms, dt_ms),
            self.potentiation,
            self.depression,
            self.largest * mean_weight,
            self.scaling,
            total_weight,
            self.mu_plus,
            self.mu_minus,
        ]

    def lag_steps(self, dt_ms: float) -> int:
        return to_steps(self.dendritic_delay_ms, dt_ms, "the dendritic delay of an STDP rule")


@inlined
def _linear(exponent: np.float32, largest: np.float32) -> tuple[np.float32, np.float32]:
    """Slope and offset of the strength over an efficacy's distance from the bound, but for exponents between.

    For these it is the offset, times a power that ``_dampen`` puts into the traces.
    """
    return (_ONE, _NONE) if exponent == _ONE else (_NONE, largest)


@inlined
def _dampen(traces: Floats, weights: Floats, bound: np.float32, width: np.float32, exponent: np.float32) -> None:
    """Weaken traces by how near to the bound towards which they move it an efficacy is, if that is not linear."""
    if exponent not in (_NONE, _ONE):
        for i in range(traces.shape[0]):
            share = (weights[i] - bound) / width
            traces[i] *= share**exponent if share > 0.0 else _NONE


@inlined
def depress(plastic: PlasticTable, connection: int, axon: int, gate: float, synapses: SynapseTable) -> None:
    """Weaken the synapses of an axon that fires, by the traces of their target cells."""
    rate = gate * plastic.params[connection, DEPRESSION] * plastic.fade[connection, POST]
    largest, exponent = plastic.params[connection, LARGEST], plastic.params[connection, MU_MINUS]
    first, last, mixed, traces = outgoing_traces(plastic, connection, axon, synapses)
    weight, owner = synapses.weight[first:last], plastic.owner[first:last]
    _dampen(traces, weight, _NONE, largest, exponent)
    slope, offset = _linear(exponent, largest)
    for i in range(last - first):
        w = weight[i]
        changed = bounded(w - rate * (slope * w + offset) * traces[i], largest)
        weight[i] = w if mixed and owner[i] != connection else changed


@inlined
def potentiate(plastic: PlasticTable, connection: int, cell: int, gate: float, synapses: SynapseTable) -> None:
    """Strengthen the synapses onto a cell that fires, by the traces of their axons; then scale their sum."""
    rate = gate * plastic.params[connection, POTENTIATION] * plastic.fade[connection, PRE]
    largest, exponent = plastic.params[connection, LARGEST], plastic.params[connection, MU_PLUS]
    places, axons = incoming(plastic, cell)
    n = places.shape[0]
    weights, traces = plastic.scratch[0, :n], plastic.scratch[1, :n]
    for i in range(n):
        expect(synapses.weight, places, i)
        weights[i] = synapses.weight[places[i]]
        traces[i] = plastic.pre[axons[i]]
    _dampen(traces, weights, largest, -largest, exponent)
    slope, offset = _linear(exponent, largest)
    for i in range(n):
        weights[i] = bounded(weights[i] + rate * (slope * (largest - weights[i]) + offset) * traces[i], largest)
    scaling = plastic.params[connection, SCALING]
    if scaling != 0.0:
        total = _sum(weights)
        wanted = min(plastic.params[connection, TOTAL] / total, _MOST) if total != 0.0 else _ONE
        pull = gate * scaling * (wanted - _ONE)
        for i in range(n):
            weights[i] = bounded(weights[i] * (_ONE + pull), largest)
    for i in range(n):
        synapses.weight[places[i]] = weights[i]


@inlined
def _sum(values: Floats) -> np.float32:
    """Sum in four parts: in one, each addition would wait for the one before."""
    n = values.shape[0]
    a = b = c = d = _NONE
    for i in range(0, n - 3, 4):
        a += values[i]
        b += values[i + 1]
        c += values[i + 2]
        d += values[i + 3]
    for i in range(n - n % 4, n):
        a += values[i]
    return (a + b) + (c + d)
