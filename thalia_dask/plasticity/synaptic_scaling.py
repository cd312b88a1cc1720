"""Synaptic scaling: all efficacies onto a cell grow or shrink by one factor, until it fires at its target rate.

    always:  tau_w dw/dt = w (1 - a)             a: activity of the cell, 1 at the target rate r
             tau_a da/dt = -a + spikes / r

Van Rossum, Bi & Turrigiano (2000), J. Neurosci. 20:8812, without their integral term; that efficacies keep their
proportions: Turrigiano, Leslie, Desai, Rutherford & Nelson (1998), Nature 391:892. The equations are integrated
exactly from one spike of the cell to its next,

    w *= exp((t - a (1 - exp(-t / tau_a)) tau_a) / tau_w)     t: time since the last spike, a: activity after it,

by a factor of at most e or at least 1/e for each spike. So a cell without any spike keeps its efficacies.
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
def scale(plastic: PlasticTable, connection: int, cell: int, step: int, gate: float, synapses: SynapseTable) -> None:
    """Scale the efficacies onto a cell that fires by what has happened since its last spike."""
    params = plastic.params[connection]
    elapsed, before = step - plastic.tagged[cell], plastic.slow[cell]
    left = math.exp(-params[FORGETTING] * elapsed)
    growth = gate * params[SHARE] * (elapsed - before * (1.0 - left) * params[MEMORY])
    plastic.slow[cell] = before * left + params[GATHERED]
    plastic.tagged[cell] = step
    largest, factor = params[LARGEST], np.float32(math.exp(min(1.0, max(-1.0, growth))))
    for e in range(plastic.in_first[cell], plastic.in_last[cell]):
        k = plastic.in_synapse[e]
        synapses.weight[k] = bounded(synapses.weight[k] * factor, largest)
