"""Reward-modulated plasticity: an eligibility trace, turned into a change of efficacy by dopamine.

    post spike:        e += x - <x>                x: trace of pre spikes, <x>: its mean over the cell's synapses
    action selected:   e += efference (x - <x>) in the channel of that action; e = 0 in the others
    dopamine release:  w += learning_rate * amount * e    learning_rate < 0 for D2 receptors
    always:            tau_e de/dt = -e

Eligibility times dopamine: Izhikevich (2007), Cereb. Cortex 17:2443, eqs. 2.1-2.3, with dopamine as a phasic event
that carries the reward prediction error (Schultz, Dayan & Montague 1997, Science 275:1593). Opposite signs on D1 and
D2 cells: Shen et al. (2008), Science 321:848. The copy of the selected action that gates eligibility: Gurney,
Humphries & Redgrave (2015), PLoS Biol. 13:e1002034. Taking the mean away makes synapses compete, so that learning
conserves a cell's summed efficacy: heterosynaptic plasticity, Royer & Paré (2003), Nature 422:518.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np

from thalia_dask.declared import Positive, Signed
from thalia_dask.jit import inlined
from thalia_dask.plasticity.base import FIRST_OWN, PRE, PlasticTable, Rule, bounded, decay
from thalia_dask.synapses.table import SynapseTable

DECAY_ELIGIBILITY, LEARNING_RATE, LARGEST, EFFERENCE = range(FIRST_OWN, FIRST_OWN + 4)


@dataclass(frozen=True, slots=True)
class ThreeFactor(Rule):
    """Eligibility, the selected action, and dopamine; D2 receptors have a negative ``learning_rate``."""

    code: ClassVar[int] = 2
    at_axon: ClassVar[bool] = False
    learning_rate: Annotated[Signed, "change by dopamine and eligibility of 1, in mean initial efficacies"] = 0.1
    tau_pre_ms: Annotated[float, "time constant of x, ms"] = 20.0
    tau_eligibility_ms: Annotated[float, "time constant tau_e of eligibility, ms"] = 200.0
    largest: Annotated[Positive, "bound of an efficacy, in units of the mean initial one"] = 4.0
    efference: Annotated[float, "eligibility that the selected action adds, for an x of 1 above its mean"] = 1.0

    def pack(self, dt_ms: float, mean_weight: float, total_weight: float) -> list[float]:  # noqa: ARG002
        kept = decay(self.tau_pre_ms, dt_ms)
        return [
            kept,
            kept,
            decay(self.tau_eligibility_ms, dt_ms),
            self.learning_rate * mean_weight,
            self.largest * mean_weight,
            self.efference,
        ]


def action_of(cell: Any, n_cells: int, n_actions: int) -> Any:
    """The action to which a cell, or each of an array of them, belongs: populations are cut into equal parts."""
    return cell * n_actions // n_cells


_action_of = inlined(action_of)


@inlined
def _decay_eligibility(plastic: PlasticTable, connection: int, cell: int, step: int) -> None:
    """Bring the eligibility of a cell's synapses up to ``step``; all of them decay alike, so it is done lazily."""
    elapsed = step - plastic.tagged[cell]
    if elapsed > 0:
        factor = np.float32(plastic.params[connection, DECAY_ELIGIBILITY] ** elapsed)
        for e in range(plastic.in_first[cell], plastic.in_last[cell]):
            plastic.eligibility[e] *= factor
        plastic.tagged[cell] = step


@inlined
def tag(plastic: PlasticTable, connection: int, cell: int, step: int, amount: float) -> None:
    """Make the synapses onto a cell eligible, by ``amount`` times the traces of their axons above their mean."""
    _decay_eligibility(plastic, connection, cell, step)
    first, last = plastic.in_first[cell], plastic.in_last[cell]
    total = 0.0
    for e in range(first, last):
        total += plastic.pre[plastic.in_axon[e]]
    mean = np.float32(total / max(1, last - first))
    present = amount * plastic.fade[connection, PRE]
    for e in range(first, last):
        plastic.eligibility[e] += present * (plastic.pre[plastic.in_axon[e]] - mean)


@inlined
def select(plastic: PlasticTable, connection: int, step: int, action: int, n_actions: int, gate: float) -> None:
    """Keep eligibility in the channel of the selected action only, and add the efference copy there."""
    first_cell = plastic.cell_base[connection]
    n_cells = plastic.target_last[connection] - plastic.target_first[connection]
    efference = gate * plastic.params[connection, EFFERENCE]
    for cell in range(first_cell, first_cell + n_cells):
        if _action_of(cell - first_cell, n_cells, n_actions) == action:
            tag(plastic, connection, cell, step, efference)
        else:
            for e in range(plastic.in_first[cell], plastic.in_last[cell]):
                plastic.eligibility[e] = 0.0


@inlined
def reinforce(plastic: PlasticTable, connection: int, step: int, amount: float, synapses: SynapseTable) -> None:
    """Turn eligibility into efficacy by a dopamine release of ``amount`` (negative for a dip)."""
    rate = np.float32(amount) * plastic.params[connection, LEARNING_RATE]
    largest = plastic.params[connection, LARGEST]
    first_cell = plastic.cell_base[connection]
    n_cells = plastic.target_last[connection] - plastic.target_first[connection]
    for cell in range(first_cell, first_cell + n_cells):
        _decay_eligibility(plastic, connection, cell, step)
        for e in range(plastic.in_first[cell], plastic.in_last[cell]):
            k = plastic.in_synapse[e]
            synapses.weight[k] = bounded(synapses.weight[k] + rate * plastic.eligibility[e], largest)
