"""Which update each rule makes, and when. A new rule is a file of its own and a line here."""

from __future__ import annotations

import numpy as np

from thalia_dask.jit import Floats, kernel
from thalia_dask.plasticity import climbing_fibre, hebbian, stdp, three_factor
from thalia_dask.plasticity.base import DECAY_POST, DECAY_PRE, POST, PRE, PlasticTable
from thalia_dask.synapses.table import SynapseTable

_STDP = stdp.STDP.code
_HEBBIAN = hebbian.Hebbian.code
_THREE_FACTOR = three_factor.ThreeFactor.code
_PARALLEL_FIBRE = climbing_fibre.ParallelFibre.code
_CLIMBING_FIBRE = climbing_fibre.ClimbingFibre.code
_ONE = np.float32(1.0)
_FAINT = np.float32(1e-6)


@kernel
def decay_traces(plastic: PlasticTable) -> None:
    """Let all traces decay by one step."""
    for c in range(plastic.rule.shape[0]):
        axon, n_axons = plastic.axon_base[c], plastic.row_last[c] - plastic.row_first[c]
        cell, n_cells = plastic.cell_base[c], plastic.target_last[c] - plastic.target_first[c]
        plastic.fade[c, PRE] *= plastic.params[c, DECAY_PRE]
        plastic.fade[c, POST] *= plastic.params[c, DECAY_POST]
        if plastic.fade[c, PRE] < _FAINT:
            _settle(plastic.pre[axon : axon + n_axons], plastic.fade[c], PRE)
        if plastic.fade[c, POST] < _FAINT:
            _settle(plastic.post[cell : cell + n_cells], plastic.fade[c], POST)


@kernel
def _settle(traces: Floats, fade: Floats, side: int) -> None:
    """Put the factor into the traces, before traces of new spikes would become too large a number."""
    for i in range(traces.shape[0]):
        traces[i] *= fade[side]
    fade[side] = _ONE


@kernel
def axon_fires(row: int, gate: Floats, plastic: PlasticTable, synapses: SynapseTable) -> None:
    """Learn from a presynaptic spike; ``gate`` holds one factor per plastic connection."""
    for c in range(plastic.rule.shape[0]):
        if plastic.row_first[c] <= row < plastic.row_last[c]:
            axon = plastic.axon_base[c] + row - plastic.row_first[c]
            if plastic.rule[c] == _STDP:
                stdp.depress(plastic, c, axon, gate[c], synapses)
            elif plastic.rule[c] == _PARALLEL_FIBRE:
                climbing_fibre.potentiate(plastic, c, axon, gate[c], synapses)
            elif plastic.rule[c] == _CLIMBING_FIBRE:
                climbing_fibre.teach(plastic, c, axon, gate[c], synapses)


@kernel
def cell_fires(neuron: int, step: int, gate: Floats, plastic: PlasticTable, synapses: SynapseTable) -> None:
    """Learn from a postsynaptic spike."""
    for c in range(plastic.rule.shape[0]):
        if plastic.target_first[c] <= neuron < plastic.target_last[c]:
            cell = plastic.cell_base[c] + neuron - plastic.target_first[c]
            if plastic.rule[c] == _STDP:
                stdp.potentiate(plastic, c, cell, gate[c], synapses)
            elif plastic.rule[c] == _HEBBIAN:
                hebbian.potentiate(plastic, c, cell, gate[c], synapses)
            elif plastic.rule[c] == _THREE_FACTOR:
                three_factor.tag(plastic, c, cell, step, gate[c])


@kernel
def mark_axon(row: int, plastic: PlasticTable) -> None:
    """Remember a presynaptic spike; the Hebbian trace saturates at one spike."""
    for c in range(plastic.rule.shape[0]):
        if plastic.row_first[c] <= row < plastic.row_last[c]:
            axon = plastic.axon_base[c] + row - plastic.row_first[c]
            mark = _ONE / plastic.fade[c, PRE]
            plastic.pre[axon] = mark if plastic.rule[c] == _HEBBIAN else plastic.pre[axon] + mark


@kernel
def mark_cell(neuron: int, plastic: PlasticTable) -> None:
    """Remember a postsynaptic spike."""
    for c in range(plastic.rule.shape[0]):
        if plastic.target_first[c] <= neuron < plastic.target_last[c]:
            cell = plastic.cell_base[c] + neuron - plastic.target_first[c]
            plastic.post[cell] += _ONE / plastic.fade[c, POST]


@kernel
def action_selected(step: int, action: int, n_actions: int, plastic: PlasticTable) -> None:
    """Tell the reward-modulated connections which action was selected."""
    for c in range(plastic.rule.shape[0]):
        if plastic.rule[c] == _THREE_FACTOR:
            three_factor.select(plastic, c, step, action, n_actions)


@kernel
def dopamine_released(step: int, amount: float, plastic: PlasticTable, synapses: SynapseTable) -> None:
    """Let the reward-modulated connections learn from a phasic dopamine event."""
    for c in range(plastic.rule.shape[0]):
        if plastic.rule[c] == _THREE_FACTOR:
            three_factor.reinforce(plastic, c, step, amount, synapses)
