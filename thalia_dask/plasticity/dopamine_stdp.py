"""Dopamine-modulated STDP: spike pairs earn credit, which dopamine turns into efficacy for as long as both last.

    post spike:  c += potentiation w_mean x      x: trace of pre spikes
    pre spike:   c -= depression w_mean y        y: trace of post spikes
    always:      tau_c dc/dt = -c,    dw/dt = c (g - baseline)          (t in ms)

g is the connection's gate: with ``gates=("dopamine",)`` the level of dopamine, held during a step. Izhikevich
(2007), Cereb. Cortex 17:2443; Potjans, Morrison & Diesmann (2010), Front. Comput. Neurosci. 4:141. A cell's spike
reaches its synapses after the dendritic delay, as in ``stdp``.

Credit is kept divided by the factor f(t) = exp(-t / tau_c) by which all of it has decayed, so between spikes only
one sum moves, s(t) = integral of f (g - baseline): a synapse that was last looked at when the sum was s_0 has
meanwhile gained c / f * (s - s_0). That is worked out at the next spike of its axon or its cell, and for all
synapses when f has become small, at a reset of the region, and at no other time: an efficacy is that of the
synapse's last event.

NEST's ``stdp_dopamine_synapse`` is this rule with A_plus, A_minus, tau_c and b as potentiation, depression,
tau_credit and baseline, and its delay as the dendritic delay. There every dopamine spike raises the level by 1 /
tau_n.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

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
    expect,
    incoming,
    outgoing,
)
from thalia_dask.synapses.table import SynapseTable
from thalia_dask.ticks import to_steps

POTENTIATION, DEPRESSION, LARGEST, FORGETTING, HELD, BASELINE = range(FIRST_OWN, FIRST_OWN + 6)
FAINT = 1e-6
"""The factor of credit at which all synapses are looked at, after 14 time constants."""


@dataclass(frozen=True, slots=True)
class DopamineSTDP(Rule):
    """Rates and ``largest`` are in units of the mean initial efficacy; times in ms."""

    code: ClassVar[int] = 7
    gives_credit: ClassVar[bool] = True
    tau_pre_ms: float = 20.0
    tau_post_ms: float = 20.0
    tau_credit_ms: float = 1000.0
    potentiation: float = 0.001
    depression: float = 0.0015
    baseline: float = 0.0
    largest: float = 4.0
    dendritic_delay_ms: float = 0.0

    def pack(self, dt_ms: float, mean_weight: float, total_weight: float) -> list[float]:  # noqa: ARG002
        return [
            math.exp(-dt_ms / self.tau_pre_ms),
            math.exp(-dt_ms / self.tau_post_ms),
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
def depress(plastic: PlasticTable, connection: int, axon: int, step: int, synapses: SynapseTable) -> None:
    """Take credit from the synapses of an axon that fires, by the traces of their target cells."""
    present = plastic.fade[connection, POST] / plastic.drift[connection, CREDIT_FADE]
    rate = plastic.params[connection, DEPRESSION] * present
    largest, drift = plastic.params[connection, LARGEST], plastic.drift[connection, CREDIT_SUM]
    last_step, last_drift = plastic.axon_step[axon], plastic.axon_drift[axon]
    places, to_cell = outgoing(plastic, connection, axon)
    for i in range(places.shape[0]):
        k = places[i]
        cell = synapses.slot[k] + to_cell
        of_cell = plastic.cell_drift[cell]  # loaded in any case: which of the two is later cannot be foretold
        since = last_drift if last_step > plastic.tagged[cell] else of_cell
        synapses.weight[k] = bounded(synapses.weight[k] + plastic.credit[k] * (drift - since), largest)
        plastic.credit[k] -= rate * plastic.post[cell]
    plastic.axon_step[axon], plastic.axon_drift[axon] = step, drift


@inlined
def potentiate(plastic: PlasticTable, connection: int, cell: int, step: int, synapses: SynapseTable) -> None:
    """Give credit to the synapses onto a cell that fires, by the traces of their axons."""
    present = plastic.fade[connection, PRE] / plastic.drift[connection, CREDIT_FADE]
    rate = plastic.params[connection, POTENTIATION] * present
    largest, drift = plastic.params[connection, LARGEST], plastic.drift[connection, CREDIT_SUM]
    last_step, last_drift = plastic.tagged[cell], plastic.cell_drift[cell]
    places, axons = incoming(plastic, cell)
    for i in range(places.shape[0]):
        expect(synapses.weight, places, i)
        expect(plastic.credit, places, i)
        k, axon = places[i], axons[i]
        of_axon = plastic.axon_drift[axon]
        since = of_axon if plastic.axon_step[axon] > last_step else last_drift
        synapses.weight[k] = bounded(synapses.weight[k] + plastic.credit[k] * (drift - since), largest)
        plastic.credit[k] += rate * plastic.pre[axon]
    plastic.tagged[cell], plastic.cell_drift[cell] = step, drift


@inlined
def pass_time(plastic: PlasticTable, connection: int, step: int, gate: float, synapses: SynapseTable) -> None:
    """Let the sum move by a step, at the end of which nothing is faint."""
    params, drift = plastic.params[connection], plastic.drift[connection]
    drift[CREDIT_SUM] += drift[CREDIT_FADE] * params[HELD] * (gate - params[BASELINE])
    drift[CREDIT_FADE] *= math.exp(-np.float64(params[FORGETTING]))
    if drift[CREDIT_FADE] < FAINT:
        settle(plastic, connection, step + 1, synapses)


@inlined
def settle(plastic: PlasticTable, connection: int, step: int, synapses: SynapseTable) -> None:
    """Bring all efficacies of the connection up to the beginning of a step, and begin a new sum."""
    first_cell, first_axon = plastic.cell_base[connection], plastic.axon_base[connection]
    n_cells = plastic.target_last[connection] - plastic.target_first[connection]
    n_axons = plastic.row_last[connection] - plastic.row_first[connection]
    fade, drift = plastic.drift[connection, CREDIT_FADE], plastic.drift[connection, CREDIT_SUM]
    largest = plastic.params[connection, LARGEST]
    for cell in range(first_cell, first_cell + n_cells):
        for e in range(plastic.in_first[cell], plastic.in_last[cell]):
            k, axon = plastic.in_synapse[e], plastic.in_axon[e]
            axon_is_later = plastic.axon_step[axon] > plastic.tagged[cell]
            since = plastic.axon_drift[axon] if axon_is_later else plastic.cell_drift[cell]
            synapses.weight[k] = bounded(synapses.weight[k] + plastic.credit[k] * (drift - since), largest)
            plastic.credit[k] *= fade
    for cell in range(first_cell, first_cell + n_cells):
        plastic.tagged[cell], plastic.cell_drift[cell] = step, 0.0
    for axon in range(first_axon, first_axon + n_axons):
        plastic.axon_step[axon], plastic.axon_drift[axon] = step, 0.0
    plastic.drift[connection, CREDIT_FADE] = 1.0
    plastic.drift[connection, CREDIT_SUM] = 0.0
