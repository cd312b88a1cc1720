"""Which update each rule makes, and when. A new rule is a file of its own and a few lines here."""

from __future__ import annotations

import numpy as np

from thalia_dask.jit import Floats, Int32Array, inlined
from thalia_dask.plasticity import (
    bcm,
    climbing_fibre,
    dopamine_stdp,
    hebbian,
    inhibitory_stdp,
    oja,
    stdp,
    synaptic_scaling,
    three_factor,
)
from thalia_dask.plasticity.base import DECAY_POST, DECAY_PRE, FAINT_FADE, POST, PRE, PlasticTable, late_words
from thalia_dask.synapses.table import SynapseTable

RULES = (
    stdp.STDP,
    hebbian.Hebbian,
    three_factor.ThreeFactor,
    oja.Oja,
    bcm.BCM,
    inhibitory_stdp.InhibitorySTDP,
    synaptic_scaling.SynapticScaling,
    dopamine_stdp.DopamineSTDP,
    climbing_fibre.ParallelFibre,
    climbing_fibre.ClimbingFibre,
)
_STDP = stdp.STDP.code
_HEBBIAN = hebbian.Hebbian.code
_THREE_FACTOR = three_factor.ThreeFactor.code
_OJA = oja.Oja.code
_BCM = bcm.BCM.code
_INHIBITORY_STDP = inhibitory_stdp.InhibitorySTDP.code
_SCALING = synaptic_scaling.SynapticScaling.code
_DOPAMINE_STDP = dopamine_stdp.DopamineSTDP.code
_PARALLEL_FIBRE = climbing_fibre.ParallelFibre.code
_CLIMBING_FIBRE = climbing_fibre.ClimbingFibre.code
_ONE = np.float32(1.0)


@inlined
def hear(step: int, arriving: Int32Array, gate: Floats, plastic: PlasticTable, synapses: SynapseTable) -> None:
    """Learn from spikes that have come back to the synapses, then from the rows on which others arrive.

    That comes before they are delivered: a spike finds the efficacy that it leaves, as those of the region's own
    neurons do, which are on their way meanwhile. ``gate`` holds one factor per plastic connection. All connections
    take each of these steps, and those of ``learn``, before any takes the next: climbing fibres change synapses of
    another.
    """
    late_cells_fire(step, gate, plastic, synapses)
    axons_fire(arriving, gate, plastic, synapses)


@inlined
def learn(step: int, neurons: Int32Array, gate: Floats, plastic: PlasticTable, synapses: SynapseTable) -> None:
    """Learn from the neurons that spiked in this step.

    Spikes of one step are not paired with each other, but for arrivals with the neurons that spike.
    """
    for neuron in neurons:
        cell_fires(neuron, step, gate, plastic, synapses)
    axons_fire(neurons, gate, plastic, synapses)
    for neuron in neurons:
        mark_cell(neuron, plastic)
    mark_late_cells(step, neurons, plastic)
    pass_time(gate, plastic, synapses)


@inlined
def decay_traces(plastic: PlasticTable) -> None:
    """Let all traces decay by one step."""
    for c in range(plastic.rule.shape[0]):
        axon, n_axons = plastic.axon_base[c], plastic.row_last[c] - plastic.row_first[c]
        cell, n_cells = plastic.cell_base[c], plastic.target_last[c] - plastic.target_first[c]
        plastic.fade[c, PRE] *= plastic.params[c, DECAY_PRE]
        plastic.fade[c, POST] *= plastic.params[c, DECAY_POST]
        if plastic.fade[c, PRE] < FAINT_FADE:
            _settle(plastic.pre[axon : axon + n_axons], plastic.fade[c], PRE)
        if plastic.fade[c, POST] < FAINT_FADE:
            _settle(plastic.post[cell : cell + n_cells], plastic.fade[c], POST)


@inlined
def _settle(traces: Floats, fade: Floats, side: int) -> None:
    """Put the factor into the traces, before traces of new spikes would become too large a number."""
    for i in range(traces.shape[0]):
        traces[i] *= fade[side]
    fade[side] = _ONE


@inlined
def axons_fire(rows: Int32Array, gate: Floats, plastic: PlasticTable, synapses: SynapseTable) -> None:
    """Learn from presynaptic spikes, let climbing fibres teach, and only then mark them, whatever their order."""
    for row in rows:
        axon_fires(row, gate, plastic, synapses)
    for row in rows:
        climbing_fibre_fires(row, gate, plastic, synapses)
    for row in rows:
        mark_axon(row, plastic)


@inlined
def axon_fires(row: int, gate: Floats, plastic: PlasticTable, synapses: SynapseTable) -> None:
    """Learn from a presynaptic spike."""
    for c in range(plastic.rule.shape[0]):
        if plastic.row_first[c] <= row < plastic.row_last[c]:
            axon = plastic.axon_base[c] + row - plastic.row_first[c]
            if plastic.rule[c] == _STDP:
                stdp.depress(plastic, c, axon, gate[c], synapses)
            elif plastic.rule[c] == _INHIBITORY_STDP:
                inhibitory_stdp.arrive(plastic, c, axon, gate[c], synapses)
            elif plastic.rule[c] == _SCALING:
                synaptic_scaling.arrive(plastic, c, axon, gate[c], synapses)
            elif plastic.rule[c] == _DOPAMINE_STDP:
                dopamine_stdp.depress(plastic, c, axon, synapses)
            elif plastic.rule[c] == _PARALLEL_FIBRE:
                climbing_fibre.potentiate(plastic, c, axon, gate[c], synapses)


@inlined
def climbing_fibre_fires(row: int, gate: Floats, plastic: PlasticTable, synapses: SynapseTable) -> None:
    """Let it change the synapses of parallel fibres, if it is one."""
    for c in range(plastic.rule.shape[0]):
        if plastic.rule[c] == _CLIMBING_FIBRE and plastic.row_first[c] <= row < plastic.row_last[c]:
            axon = plastic.axon_base[c] + row - plastic.row_first[c]
            climbing_fibre.teach(plastic, c, axon, gate, synapses)


@inlined
def cell_fires(neuron: int, step: int, gate: Floats, plastic: PlasticTable, synapses: SynapseTable) -> None:
    """Learn from a postsynaptic spike that the synapses know of at once."""
    for c in range(plastic.rule.shape[0]):
        if plastic.lag[c] == 0 and plastic.target_first[c] <= neuron < plastic.target_last[c]:
            _cell_learns(c, plastic.cell_base[c] + neuron - plastic.target_first[c], step, gate[c], plastic, synapses)


@inlined
def late_cells_fire(step: int, gate: Floats, plastic: PlasticTable, synapses: SynapseTable) -> None:
    """Learn from the postsynaptic spikes that have now come back to the synapses."""
    for c in range(plastic.rule.shape[0]):
        if plastic.lag[c] > 0:
            first, n_words = _late(plastic, c, step)
            for word in range(n_words):
                late = plastic.late[first + word]
                for i in range(8 if late else 0):
                    if late >> 8 * i & 1:
                        _cell_learns(c, plastic.cell_base[c] + 8 * word + i, step, gate[c], plastic, synapses)


@inlined
def _cell_learns(c: int, cell: int, step: int, gate: float, plastic: PlasticTable, synapses: SynapseTable) -> None:
    if plastic.rule[c] == _STDP:
        stdp.potentiate(plastic, c, cell, gate, synapses)
    elif plastic.rule[c] == _HEBBIAN:
        hebbian.potentiate(plastic, c, cell, gate, synapses)
    elif plastic.rule[c] == _THREE_FACTOR:
        three_factor.tag(plastic, c, cell, step, gate)
    elif plastic.rule[c] == _OJA:
        oja.learn(plastic, c, cell, gate, synapses)
    elif plastic.rule[c] == _BCM:
        bcm.learn(plastic, c, cell, step, gate, synapses)
    elif plastic.rule[c] == _INHIBITORY_STDP:
        inhibitory_stdp.answer(plastic, c, cell, gate, synapses)
    elif plastic.rule[c] == _SCALING:
        synaptic_scaling.answer(plastic, c, cell)
    elif plastic.rule[c] == _DOPAMINE_STDP:
        dopamine_stdp.potentiate(plastic, c, cell, synapses)


@inlined
def mark_axon(row: int, plastic: PlasticTable) -> None:
    """Remember a presynaptic spike; the Hebbian trace saturates at one spike."""
    for c in range(plastic.rule.shape[0]):
        if plastic.row_first[c] <= row < plastic.row_last[c]:
            axon = plastic.axon_base[c] + row - plastic.row_first[c]
            mark = _ONE / plastic.fade[c, PRE]
            plastic.pre[axon] = mark if plastic.rule[c] == _HEBBIAN else plastic.pre[axon] + mark


@inlined
def mark_cell(neuron: int, plastic: PlasticTable) -> None:
    """Remember a postsynaptic spike that the synapses know of at once."""
    for c in range(plastic.rule.shape[0]):
        if plastic.lag[c] == 0 and plastic.target_first[c] <= neuron < plastic.target_last[c]:
            cell = plastic.cell_base[c] + neuron - plastic.target_first[c]
            plastic.post[cell] += _ONE / plastic.fade[c, POST]


@inlined
def mark_late_cells(step: int, neurons: Int32Array, plastic: PlasticTable) -> None:
    """Remember the postsynaptic spikes that came back to the synapses, and send those of this step on their way."""
    for c in range(plastic.rule.shape[0]):
        if plastic.lag[c] > 0:
            first, n_words = _late(plastic, c, step)
            for word in range(n_words):
                late = plastic.late[first + word]
                for i in range(8 if late else 0):
                    if late >> 8 * i & 1:
                        plastic.post[plastic.cell_base[c] + 8 * word + i] += _ONE / plastic.fade[c, POST]
                plastic.late[first + word] = 0
            for neuron in neurons:
                if plastic.target_first[c] <= neuron < plastic.target_last[c]:
                    word, i = divmod(neuron - plastic.target_first[c], 8)
                    plastic.late[first + word] |= 1 << 8 * i


@inlined
def _late(plastic: PlasticTable, c: int, step: int) -> tuple[int, int]:
    """Where the cells are marked whose spikes of a lag ago reach their synapses now, and how many words that is.

    Once read, they are those that spike in this step.
    """
    size = late_words(plastic.target_last[c] - plastic.target_first[c])
    return plastic.late_base[c] + step % plastic.lag[c] * size, size


@inlined
def pass_time(gate: Floats, plastic: PlasticTable, synapses: SynapseTable) -> None:
    """Let what was learned in a step work until the next."""
    for c in range(plastic.rule.shape[0]):
        if plastic.rule[c] == _DOPAMINE_STDP:
            dopamine_stdp.pass_time(plastic, c, gate[c], synapses)
        elif plastic.rule[c] == _SCALING:
            synaptic_scaling.pass_time(plastic, c)


@inlined
def settle(gate: Floats, plastic: PlasticTable, synapses: SynapseTable) -> None:
    """Bring all efficacies up to now."""
    for c in range(plastic.rule.shape[0]):
        if plastic.rule[c] == _DOPAMINE_STDP:
            dopamine_stdp.settle(plastic, c, synapses)
        elif plastic.rule[c] == _SCALING:
            synaptic_scaling.settle(plastic, c, gate[c], synapses)


@inlined
def action_selected(step: int, action: int, n_actions: int, gate: Floats, plastic: PlasticTable) -> None:
    """Tell the reward-modulated connections which action was selected."""
    for c in range(plastic.rule.shape[0]):
        if plastic.rule[c] == _THREE_FACTOR:
            three_factor.select(plastic, c, step, action, n_actions, gate[c])


@inlined
def dopamine_released(step: int, amount: float, plastic: PlasticTable, synapses: SynapseTable) -> None:
    """Let the reward-modulated connections learn from a phasic dopamine event."""
    for c in range(plastic.rule.shape[0]):
        if plastic.rule[c] == _THREE_FACTOR:
            three_factor.reinforce(plastic, c, step, amount, synapses)
