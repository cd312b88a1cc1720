"""Ask for the memory that learning from a spike will read, while there is something else to do.

The synapses of a cell are lists, which begin anywhere, of efficacies, each of which lies elsewhere: unasked, learning
would first wait for the one and then for the other.
"""

from __future__ import annotations

from thalia_dask.jit import Int32Array, inlined
from thalia_dask.plasticity.base import AHEAD, OF_A_LINE, PlasticTable, incoming
from thalia_dask.plasticity.dopamine_stdp import DopamineSTDP
from thalia_dask.plasticity.synaptic_scaling import SynapticScaling
from thalia_dask.plasticity.three_factor import ThreeFactor
from thalia_dask.prefetch import prefetch
from thalia_dask.synapses.table import SynapseTable

_THREE_FACTOR, _SCALING, _DOPAMINE_STDP = ThreeFactor.code, SynapticScaling.code, DopamineSTDP.code


@inlined
def synapses_of(neurons: Int32Array, plastic: PlasticTable, synapses: SynapseTable) -> None:
    """Begin to load where the synapses of neurons that spiked are."""
    for c in range(plastic.rule.shape[0]):
        for neuron in neurons:
            if plastic.target_first[c] <= neuron < plastic.target_last[c]:
                cell = plastic.cell_base[c] + neuron - plastic.target_first[c]
                first = plastic.in_first[cell]
                for e in range(first, min(first + AHEAD, plastic.in_last[cell]), OF_A_LINE):
                    prefetch(plastic.in_synapse, e)
                    prefetch(plastic.in_axon, e)
                    if plastic.rule[c] == _THREE_FACTOR:
                        prefetch(plastic.eligibility, e)
            if plastic.row_first[c] <= neuron < plastic.row_last[c]:
                axon = plastic.axon_base[c] + neuron - plastic.row_first[c]
                first = plastic.out_first[axon]
                for e in range(first, min(first + AHEAD, plastic.out_last[axon]), OF_A_LINE):
                    prefetch(plastic.out_synapse, e)
                first = synapses.row_start[neuron]
                for k in range(first, min(first + 2 * AHEAD, synapses.row_start[neuron + 1]), OF_A_LINE):
                    prefetch(synapses.slot, k)
                    prefetch(synapses.weight, k)
                    if plastic.rule[c] == _DOPAMINE_STDP or plastic.rule[c] == _SCALING:
                        prefetch(plastic.credit, k)


@inlined
def kept_onto(neurons: Int32Array, plastic: PlasticTable, synapses: SynapseTable) -> None:
    """Begin to load what the rules of neurons that spiked will change at once at the synapses onto them."""
    for c in range(plastic.rule.shape[0]):
        if plastic.rule[c] == _THREE_FACTOR or plastic.rule[c] == _SCALING:
            continue
        for neuron in neurons:
            if plastic.target_first[c] <= neuron < plastic.target_last[c]:
                places, _ = incoming(plastic, plastic.cell_base[c] + neuron - plastic.target_first[c])
                for i in range(min(AHEAD, places.shape[0])):
                    if plastic.rule[c] == _DOPAMINE_STDP:
                        prefetch(plastic.credit, places[i])
                    else:
                        prefetch(synapses.weight, places[i])
