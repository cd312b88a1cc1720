"""Synaptic scaling: all efficacies onto a cell grow or shrink by one factor, until it fires at its target rate.

    always:  tau_w dw/dt = w (1 - a)             a: activity of the cell, 1 at the target rate r
             tau_a da/dt = -a + spikes / r

Van Rossum, Bi & Turrigiano (2000), J. Neurosci. 20:8812, without their integral term; that efficacies keep their
proportions: Turrigiano, Leslie, Desai, Rutherford & Nelson (1998), Nature 391:892.

Both equations are integrated exactly. From one of its events to the next, at step t, a synapse is scaled by

    exp((t - s - a_s tau_a (1 - exp(-(t - s) / tau_a))) / tau_w)          a_s: activity at the event before, at step s

but by no more than e or 1/e at once. Its events are the spikes of its axon and of its cell, so that a cell that has
fallen silent recovers as far as it is spoken to, and without any spike nothing changes. The gate counts as it is at
the event.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from thalia_dask.jit import inlined
from thalia_dask.plasticity.base import FIRST_OWN, PlasticTable, Rule, bounded, expect, incoming, outgoing
from thalia_dask.synapses.table import SynapseTable

LARGEST, FORGETTING, SHARE, GATHERED = range(FIRST_OWN, FIRST_OWN + 4)


@dataclass(frozen=True, slots=True)
class SynapticScaling(Rule):
    """``largest`` is the bound in units of the mean initial efficacy; times in ms."""

    code: ClassVar[int] = 6
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
def _missed(activity: float, waited: int, elapsed: int, forgetting: float) -> float:
    """Integral of 1 - a over ``elapsed`` steps, ``waited`` steps after the cell's spike left it at ``activity``."""
    left = activity * math.exp(-forgetting * waited)
    return elapsed + left * math.expm1(-forgetting * elapsed) / forgetting


@inlined
def _factor(growth: float) -> np.float32:
    return np.float32(math.exp(min(1.0, max(-1.0, growth))))


@inlined
def arrive(plastic: PlasticTable, connection: int, axon: int, step: int, gate: float, synapses: SynapseTable) -> None:
    """Scale the synapses of an axon that fires by what has happened since their last events."""
    params, last_step = plastic.params[connection], plastic.axon_step[axon]
    largest, forgetting, share = params[LARGEST], params[FORGETTING], gate * params[SHARE]
    places, to_cell = outgoing(plastic, connection, axon)
    for i in range(places.shape[0]):
        k = places[i]
        cell = synapses.slot[k] + to_cell
        since = max(last_step, plastic.tagged[cell])
        missed = _missed(plastic.slow[cell], since - plastic.tagged[cell], step - since, forgetting)
        synapses.weight[k] = bounded(synapses.weight[k] * _factor(share * missed), largest)
    plastic.axon_step[axon] = step


@inlined
def answer(plastic: PlasticTable, connection: int, cell: int, step: int, gate: float, synapses: SynapseTable) -> None:
    """Scale the synapses onto a cell that fires in the same way; then count its spike."""
    params, last_step, activity = plastic.params[connection], plastic.tagged[cell], plastic.slow[cell]
    largest, forgetting, share = params[LARGEST], params[FORGETTING], gate * params[SHARE]
    places, axons = incoming(plastic, cell)
    for i in range(places.shape[0]):
        expect(synapses.weight, places, i)
        k = places[i]
        since = max(plastic.axon_step[axons[i]], last_step)
        missed = _missed(activity, since - last_step, step - since, forgetting)
        synapses.weight[k] = bounded(synapses.weight[k] * _factor(share * missed), largest)
    plastic.slow[cell] = activity * math.exp(-forgetting * (step - last_step)) + params[GATHERED]
    plastic.tagged[cell] = step
