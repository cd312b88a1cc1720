"""What can be seen of spiking populations and of single cells of theirs, step by step."""

from __future__ import annotations

from collections.abc import Collection

from thalia_dask.jit import Floats, Int32Array, inlined
from thalia_dask.neurons.base import CHANNEL_NAMES, NeuronState
from thalia_dask.regions.base import MEMBRANE_POTENTIAL_MEAN, PROBE, Observable
from thalia_dask.regions.layout import Layout

MEAN = {MEMBRANE_POTENTIAL_MEAN: Observable("mV", "membrane potential, mean over neurons")}
_INPUTS = {"ampa": "fast excitatory input", "gaba": "inhibitory input", "nmda": "slow excitatory input"}


def observables(layout: Layout) -> dict[str, Observable]:
    """Those of a layout's cells, in the order in which :func:`look` writes them."""
    neurons = [population.neuron for population in layout.populations]
    input_units = _units({neuron.takes_conductances for neuron in neurons}, "nS", "mV")
    adaptation_units = _units({neuron.adapts_threshold for neuron in neurons}, "mV", "pA")
    return {
        "membrane_potential": Observable("mV", "membrane potential", (PROBE,)),
        "adaptation": Observable(
            adaptation_units, "adaptation", (PROBE,), "in mV the rise of the threshold, in pA AdEx's current"
        ),
    } | {
        name: Observable(input_units, _INPUTS[name], (PROBE,), "in mV a current or jump, in nS a conductance")
        for name in CHANNEL_NAMES[: layout.n_channels]
    }


def _units(answers: Collection[bool], if_so: str, if_not: str) -> str:
    """The unit of all cells, or both of them where models of both kinds are side by side."""
    return f"{if_so} or {if_not}" if len(answers) > 1 else if_so if True in answers else if_not


@inlined
def look(cells: Int32Array, state: NeuronState, seen: Floats) -> None:
    """Write what is seen of some cells, float32, shape (observables, cells)."""
    for i in range(cells.shape[0]):
        cell = cells[i]
        seen[0, i] = state.membrane[cell]
        seen[1, i] = state.adaptation[cell]
        for channel in range(state.current.shape[0]):
            seen[2 + channel, i] = state.current[channel, cell]
