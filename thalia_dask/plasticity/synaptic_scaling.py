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

from thalia_dask.jit import kernel
from thalia_dask.plasticity.base import FIRST_OWN, PlasticTable, Rule, bounded
from thalia_dask.synapses.table import SynapseTable

LARGEST, FORGETTING, SHARE, MEMORY, GATHERED = range(FIRST_OWN, FIRST_OWN + 5)


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
            self.tau_activity_ms / dt_ms,
            1000.0 / (self.tau_activity_ms * self.target_hz),
        ]


@kernel
def _factor(plastic: PlasticTable, connection: int, cell: int, since: int, step: int, gate: float) -> float:
    """By what a synapse onto a cell is scaled whose last event was in step ``since``."""
    params = plastic.params[connection]
    elapsed = step - since
    activity = plastic.slow[cell] * math.exp(-params[FORGETTING] * (since - plastic.tagged[cell]))
    missed = elapsed + activity * params[MEMORY] * math.expm1(-params[FORGETTING] * elapsed)
    return math.exp(min(1.0, max(-1.0, gate * params[SHARE] * missed)))


@kernel
def arrive(plastic: PlasticTable, connection: int, axon: int, step: int, gate: float, synapses: SynapseTable) -> None:
    """Scale the synapses of an axon that fires by what has happened since their last events."""
    largest = plastic.params[connection, LARGEST]
    to_cell = plastic.cell_base[connection] - plastic.slot_offset[connection] - plastic.target_first[connection]
    for e in range(plastic.out_first[axon], plastic.out_last[axon]):
        k = plastic.out_synapse[e]
        cell = synapses.slot[k] + to_cell
        since = max(plastic.axon_step[axon], plastic.tagged[cell])
        factor = np.float32(_factor(plastic, connection, cell, since, step, gate))
        synapses.weight[k] = bounded(synapses.weight[k] * factor, largest)
    plastic.axon_step[axon] = step


@kernel
def answer(plastic: PlasticTable, connection: int, cell: int, step: int, gate: float, synapses: SynapseTable) -> None:
    """Scale the synapses onto a cell that fires in the same way; then count its spike."""
    largest = plastic.params[connection, LARGEST]
    for e in range(plastic.in_first[cell], plastic.in_last[cell]):
        k = plastic.in_synapse[e]
        since = max(plastic.axon_step[plastic.in_axon[e]], plastic.tagged[cell])
        factor = np.float32(_factor(plastic, connection, cell, since, step, gate))
        synapses.weight[k] = bounded(synapses.weight[k] * factor, largest)
    elapsed = step - plastic.tagged[cell]
    left = math.exp(-plastic.params[connection, FORGETTING] * elapsed)
    plastic.slow[cell] = plastic.slow[cell] * left + plastic.params[connection, GATHERED]
    plastic.tagged[cell] = step
