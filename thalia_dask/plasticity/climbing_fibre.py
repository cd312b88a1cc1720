"""Cerebellar learning: parallel fibres are potentiated by their own spikes and depressed by those of climbing fibres.

    parallel-fibre spike:      w += potentiation (w_max - w)
    climbing spike on a cell:  w -= depression w x             x: trace of parallel-fibre spikes

Depression of what was active before the error: Albus (1971), Math. Biosci. 10:25; Ito (1989), Annu. Rev. Neurosci.
12:85. Potentiation by parallel fibres alone: Lev-Ram et al. (2002), PNAS 99:8389. Where an error follows no more
often than by chance the two cancel: Medina, Garcia, Nores, Taylor & Mauk (2000), J. Neurosci. 20:5516.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from thalia_dask.declared import NonNegative, Positive
from thalia_dask.jit import Floats, inlined
from thalia_dask.plasticity.base import FIRST_OWN, PRE, PlasticTable, Rule, bounded, decay, outgoing
from thalia_dask.synapses.table import SynapseTable

POTENTIATION, DEPRESSION, LARGEST = range(FIRST_OWN, FIRST_OWN + 3)


@dataclass(frozen=True, slots=True)
class ParallelFibre(Rule):
    """Of synapses that climbing fibres teach."""

    code: ClassVar[int] = 10
    at_cell: ClassVar[bool] = False
    tau_pre_ms: Annotated[float, "time constant of x, ms"] = 20.0
    potentiation: Annotated[NonNegative, "share of the way to w_max that an efficacy goes at a spike"] = 0.001
    depression: Annotated[NonNegative, "share of an efficacy that a climbing spike takes at an x of 1"] = 0.1
    largest: Annotated[Positive, "bound w_max, in units of the mean initial efficacy"] = 3.0

    def pack(self, dt_ms: float, mean_weight: float, total_weight: float) -> list[float]:  # noqa: ARG002
        kept = decay(self.tau_pre_ms, dt_ms)
        return [kept, kept, self.potentiation, self.depression, self.largest * mean_weight]


_TAUGHT = ParallelFibre.code


@dataclass(frozen=True, slots=True)
class ClimbingFibre(Rule):
    """Of synapses that teach, and do not change themselves: each on all parallel fibres of its target cell."""

    code: ClassVar[int] = 11
    at_cell: ClassVar[bool] = False

    def pack(self, dt_ms: float, mean_weight: float, total_weight: float) -> list[float]:  # noqa: ARG002
        return [1.0, 1.0]


@inlined
def potentiate(plastic: PlasticTable, connection: int, axon: int, gate: float, synapses: SynapseTable) -> None:
    """Strengthen the synapses of a parallel fibre that fires."""
    rate = gate * plastic.params[connection, POTENTIATION]
    largest = plastic.params[connection, LARGEST]
    first, last, mixed, _ = outgoing(plastic, connection, axon)
    for k in range(first, last):
        w = synapses.weight[k]
        changed = bounded(w + rate * (largest - w), largest)
        synapses.weight[k] = w if mixed and plastic.owner[k] != connection else changed


@inlined
def teach(plastic: PlasticTable, climbing: int, axon: int, gate: Floats, synapses: SynapseTable) -> None:
    """Let a climbing fibre that fires weaken the parallel fibres onto its target cells, by the gates of both."""
    first, last, mixed, _ = outgoing(plastic, climbing, axon)
    for k in range(first, last):
        neuron = synapses.slot[k] - plastic.slot_offset[climbing]
        for c in range(0 if mixed and plastic.owner[k] != climbing else plastic.rule.shape[0]):
            if plastic.rule[c] == _TAUGHT and plastic.target_first[c] <= neuron < plastic.target_last[c]:
                cell = plastic.cell_base[c] + neuron - plastic.target_first[c]
                _depress(plastic, c, cell, gate[climbing] * gate[c], synapses)


@inlined
def _depress(plastic: PlasticTable, connection: int, cell: int, gate: float, synapses: SynapseTable) -> None:
    rate = gate * plastic.params[connection, DEPRESSION] * plastic.fade[connection, PRE]
    largest = plastic.params[connection, LARGEST]
    for e in range(plastic.in_first[cell], plastic.in_last[cell]):
        k = plastic.in_synapse[e]
        w = synapses.weight[k]
        synapses.weight[k] = bounded(w - rate * w * plastic.pre[plastic.in_axon[e]], largest)
