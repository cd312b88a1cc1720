"""Pair-based spike-timing-dependent plasticity with soft bounds and synaptic scaling.

    pre spike:   w -= depression w y              y: trace of post spikes
    post spike:  w += potentiation (w_max - w) x  x: trace of pre spikes
                 then all incoming w *= 1 + scaling (W / sum(w) - 1)

All-to-all pairing: Morrison, Diesmann & Gerstner (2008), Biol. Cybern. 98:459, sections 4.1-4.2; soft bounds: van
Rossum, Bi & Turrigiano (2000), J. Neurosci. 20:8812. The scaling keeps a cell's summed input near its initial
value W, the homeostasis of Turrigiano (2008), Cell 135:422. Spikes that the region's own neurons emit in one step
are not paired; a spike that arrives in a step counts as before those emitted in it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from thalia_dask.jit import kernel
from thalia_dask.plasticity.base import FIRST_OWN, POST, PRE, PlasticTable, Rule, bounded
from thalia_dask.synapses.table import SynapseTable

POTENTIATION, DEPRESSION, LARGEST, SCALING, TOTAL = range(FIRST_OWN, FIRST_OWN + 5)


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

    def pack(self, dt_ms: float, mean_weight: float, total_weight: float) -> list[float]:
        return [
            math.exp(-dt_ms / self.tau_pre_ms),
            math.exp(-dt_ms / self.tau_post_ms),
            self.potentiation,
            self.depression,
            self.largest * mean_weight,
            self.scaling,
            total_weight,
        ]


@kernel
def depress(plastic: PlasticTable, connection: int, axon: int, gate: float, synapses: SynapseTable) -> None:
    """Weaken the synapses of an axon that fires, by the traces of their target cells."""
    rate = gate * plastic.params[connection, DEPRESSION] * plastic.fade[connection, POST]
    largest = plastic.params[connection, LARGEST]
    to_cell = plastic.cell_base[connection] - plastic.slot_offset[connection] - plastic.target_first[connection]
    for e in range(plastic.out_first[axon], plastic.out_last[axon]):
        k = plastic.out_synapse[e]
        w = synapses.weight[k]
        synapses.weight[k] = bounded(w - rate * w * plastic.post[synapses.slot[k] + to_cell], largest)


@kernel
def potentiate(plastic: PlasticTable, connection: int, cell: int, gate: float, synapses: SynapseTable) -> None:
    """Strengthen the synapses onto a cell that fires, by the traces of their axons; then scale their sum."""
    rate = gate * plastic.params[connection, POTENTIATION]
    largest, fade = plastic.params[connection, LARGEST], plastic.fade[connection, PRE]
    total = 0.0
    for e in range(plastic.in_first[cell], plastic.in_last[cell]):
        k = plastic.in_synapse[e]
        w = synapses.weight[k]
        x = fade * plastic.pre[plastic.in_axon[e]]
        w = bounded(w + rate * (largest - w) * x, largest)
        synapses.weight[k] = w
        total += w
    if total > 0.0:
        pull = gate * plastic.params[connection, SCALING] * (plastic.params[connection, TOTAL] / total - 1.0)
        for e in range(plastic.in_first[cell], plastic.in_last[cell]):
            k = plastic.in_synapse[e]
            synapses.weight[k] = bounded(synapses.weight[k] * (1.0 + pull), largest)
