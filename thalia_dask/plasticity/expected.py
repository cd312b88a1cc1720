"""Ask for the memory that learning from a spike will read, while there is something else to do.

The synapses of a cell are lists, which begin anywhere, of efficacies, each of which lies elsewhere: unasked, learning
would first wait for the one and then for the other.
"""

from __future__ import annotations

from thalia_dask.jit import Int32Array, inlined
from thalia_dask.plasticity.base import AHEAD, OF_A_LINE, PlasticTable, incoming
from thalia_dask.prefetch import prefetch
from thalia_dask.synapses.table import SynapseTable


@inlined
def synapses_of(neurons: Int32Array, plastic: PlasticTable) -> None:
    """Begin to load where the synapses of neurons that spiked are."""
    for c in range(plastic.rule.shape[0]):
        for neuron in neurons:
            if plastic.target_first[c] <= neuron < plastic.target_last[c]:
                cell = plastic.cell_base[c] + neuron - plastic.target_first[c]
                first = plastic.in_first[cell]
                for e in range(first, min(first + AHEAD, plastic.in_last[cell]), OF_A_LINE):
                    prefetch(plastic.in_synapse, e)
                    prefetch(plastic.in_axon, e)
                    prefetch(plastic.eligibility, e)
            if plastic.row_first[c] <= neuron < plastic.row_last[c]:
                axon = plastic.axon_base[c] + neuron - plastic.row_first[c]
                first = plastic.out_first[axon]
                for e in range(first, min(first + AHEAD, plastic.out_last[axon]), OF_A_LINE):
                    prefetch(plastic.out_synapse, e)


@inlined
def efficacies_onto(neurons: Int32Array, plastic: PlasticTable, synapses: SynapseTable) -> None:
    """Begin to load the efficacies onto neurons that spiked, which are far apart in memory."""
    for c in range(plastic.rule.shape[0]):
        for neuron in neurons:
            if plastic.target_first[c] <= neuron < plastic.target_last[c]:
                places, _ = incoming(plastic, plastic.cell_base[c] + neuron - plastic.target_first[c])
                for i in range(min(AHEAD, places.shape[0])):
                    prefetch(synapses.weight, places[i])
                    if plastic.credit.shape[0]:
                        prefetch(plastic.credit, places[i])
