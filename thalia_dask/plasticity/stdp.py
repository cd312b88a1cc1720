"""Pair-based spike-timing-dependent plasticity, with any dependence on the efficacy, and synaptic scaling.

    pre spike:   w -= depression w_max (w / w_max)^mu_minus y             y: trace of post spikes
    post spike:  w += potentiation w_max (1 - w / w_max)^mu_plus x        x: trace of pre spikes
                 then all incoming w *= 1 + scaling (W / sum(w) - 1)

All-to-all pairing: Morrison, Diesmann & Gerstner (2008), Biol. Cybern. 98:459, sections 4.1-4.2. The exponents:
Gütig, Aharonov, Rotter & Sompolinsky (2003), J. Neurosci. 23:3697; 0 is additive, 1 gives the soft bounds of van
Rossum, Bi & Turrigiano (2000), J. Neurosci. 20:8812. The scaling keeps a cell's summed input near its initial value
W, the homeostasis of Turrigiano (2008), Cell 135:422.

A cell's spike reaches its synapses after the dendritic delay; until then they do not know of it. Without such a
delay, a spike that arrives in a step from outside the region counts as before those emitted in it. Spikes that meet
in one step are not paired with each other otherwise.

NEST's ``stdp_synapse`` is this rule with scaling = 0, potentiation = lambda, depression = alpha lambda, w_max =
Wmax, the exponents as they are, and its delay as the dendritic delay.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from thalia_dask.jit import inlined
from thalia_dask.plasticity.base import FIRST_OWN, POST, PRE, PlasticTable, Rule, bounded, expect, incoming, outgoing
from thalia_dask.synapses.table import SynapseTable
from thalia_dask.ticks import to_steps

POTENTIATION, DEPRESSION, LARGEST, SCALING, TOTAL, MU_PLUS, MU_MINUS = range(FIRST_OWN, FIRST_OWN + 7)


@dataclass(frozen=True, slots=True)
class STDP(Rule):
    """``largest`` is the bound in units of the mean initial efficacy; times in ms, rates per spike pair."""

    code: ClassVar[int] = 0
    tau_pre_ms: float = 20.0
    tau_post_ms: float = 20.0
    potentiation: float = 0.005
    depression: float = 0.0055
    largest: float = 3.0
    scaling: float = 0.05
    mu_plus: float = 1.0
    mu_minus: float = 1.0
    dendritic_delay_ms: float = 0.0

    def pack(self, dt_ms: float, mean_weight: float, total_weight: float) -> list[float]:
        return [
            math.exp(-dt_ms / self.tau_pre_ms),
            math.exp(-dt_ms / self.tau_post_ms),
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
def _strength(distance: float, largest: float, exponent: float) -> float | np.float32:
    """How strongly an efficacy at this distance from a bound moves towards it, mV."""
    if exponent == 1.0:
        return distance
    if exponent == 0.0:
        return largest
    share = distance / largest
    return largest * share**exponent if share > 0.0 else np.float32(0.0)


@inlined
def depress(plastic: PlasticTable, connection: int, axon: int, gate: float, synapses: SynapseTable) -> None:
    """Weaken the synapses of an axon that fires, by the traces of their target cells."""
    rate = gate * plastic.params[connection, DEPRESSION] * plastic.fade[connection, POST]
    largest, exponent = plastic.params[connection, LARGEST], plastic.params[connection, MU_MINUS]
    places, to_cell = outgoing(plastic, connection, axon)
    for i in range(places.shape[0]):
        k = places[i]
        w = synapses.weight[k]
        y = plastic.post[synapses.slot[k] + to_cell]
        synapses.weight[k] = bounded(w - rate * _strength(w, largest, exponent) * y, largest)


@inlined
def potentiate(plastic: PlasticTable, connection: int, cell: int, gate: float, synapses: SynapseTable) -> None:
    """Strengthen the synapses onto a cell that fires, by the traces of their axons; then scale their sum."""
    rate = gate * plastic.params[connection, POTENTIATION]
    largest, exponent = plastic.params[connection, LARGEST], plastic.params[connection, MU_PLUS]
    fade = plastic.fade[connection, PRE]
    total, pull = 0.0, 0.0
    places, axons = incoming(plastic, cell)
    weights = plastic.scratch[: places.shape[0]]
    for i in range(places.shape[0]):
        expect(synapses.weight, places, i)
        w = synapses.weight[places[i]]
        x = fade * plastic.pre[axons[i]]
        weights[i] = bounded(w + rate * _strength(largest - w, largest, exponent) * x, largest)
        total += weights[i]
    scaling = plastic.params[connection, SCALING]
    if scaling != 0.0 and total != 0.0:
        pull = gate * scaling * (plastic.params[connection, TOTAL] / total - 1.0)
    for i in range(places.shape[0]):
        synapses.weight[places[i]] = bounded(weights[i] * (1.0 + pull), largest)
