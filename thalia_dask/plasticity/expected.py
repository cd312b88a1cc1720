"""Ask for the memory that learning from a spike will read in order, while there is something else to do.

Efficacies onto a cell lie each elsewhere: learning itself asks for them, as it goes along their list.
"""

from __future__ import annotations

from thalia_dask.jit import Int32Array, inlined
from thalia_dask.plasticity.base import AHEAD, PlasticTable
from thalia_dask.plasticity.three_factor import ThreeFactor
from thalia_dask.prefetch import prefetch
from thalia_dask.synapses.table import SynapseTable

_THREE_FACTOR = ThreeFactor.code
_LINE = 16
"""Numbers of 32 bits that fill a cache line."""


@inlined
def synapses_of(neurons: Int32Array, plastic: PlasticTable, synapses: SynapseTable) -> None:
    """Begin to load where the synapses are that will change as neurons have spiked, and what lies in order there."""
    for c in range(plastic.rule.shape[0]):
        for neuron in neurons:
            if plastic.at_cell[c] and plastic.target_first[c] <= neuron < plastic.target_last[c]:
                cell = plastic.cell_base[c] + neuron - plastic.target_first[c]
                first = plastic.in_first[cell]
                for e in range(first, min(first + AHEAD, plastic.in_last[cell]), _LINE):
                    prefetch(plastic.in_axon, e)
                    if plastic.rule[c] == _THREE_FACTOR:
                        prefetch(plastic.eligibility, e)
                    else:
                        prefetch(plastic.in_synapse, e)
            if plastic.at_axon[c] and plastic.row_first[c] <= neuron < plastic.row_last[c]:
                axon = plastic.axon_base[c] + neuron - plastic.row_first[c]
                first = plastic.out_first[axon]
                for k in range(first, min(first + 2 * AHEAD, plastic.out_last[axon]), _LINE):
                    prefetch(synapses.slot, k)
                    prefetch(synapses.weight, k)
                    if plastic.out_mixed[axon]:
                        prefetch(plastic.owner, k)
                    for numbers in range(plastic.credit.shape[1]):
                        prefetch(plastic.credit, k + numbers * _LINE // 2)
