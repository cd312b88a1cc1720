"""The fused hot path: a region through a whole window, one compiled call."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from thalia_dask.jit import Floats, Int32Array, Words, kernel
from thalia_dask.neurons import background, lif
from thalia_dask.neurons.lif import LIFConstants, LIFState
from thalia_dask.plasticity import updates
from thalia_dask.plasticity.base import PlasticTable
from thalia_dask.synapses.table import SynapseTable, deliver


class PopulationTable(NamedTuple):
    """Slices of the neuron array (int64) and background input, one entry per population.

    ``thresholds`` is uint64, shape (populations, counts), see ``neurons.background.poisson_thresholds``;
    ``weight`` is float32, mV; ``key`` two uint64 words that name the region's noise.
    """

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    thresholds: Words
    weight: Floats
    key: Words


class Scratch(NamedTuple):
    """Work space of one step, shape (neurons,): membrane increments (float32), who spiked (uint8)."""

    increment: Floats
    spiked: NDArray[np.uint8]


@kernel
def _receive(
    step: int,
    arrival: int,
    arrival_steps: Int32Array,
    arrival_rows: Int32Array,
    gate: Floats,
    ring: Floats,
    synapses: SynapseTable,
    plastic: PlasticTable,
) -> int:
    """Deliver what arrives along axons in this step; returns the index of the first later arrival."""
    while arrival < arrival_steps.shape[0] and arrival_steps[arrival] == step:
        row = arrival_rows[arrival]
        deliver(row, step, synapses, ring)
        updates.axon_fires(row, gate, plastic, synapses)
        updates.mark_axon(row, plastic)
        arrival += 1
    return arrival


@kernel
def _integrate(
    step: int,
    drive: Floats,
    state: LIFState,
    constants: LIFConstants,
    populations: PopulationTable,
    ring: Floats,
    scratch: Scratch,
) -> None:
    arriving = ring[step % ring.shape[0]].reshape(lif.N_CHANNELS, state.membrane.shape[0])
    for p in range(populations.first.shape[0]):
        first, last = populations.first[p], populations.last[p]
        if populations.weight[p] != 0.0:
            thresholds, weight = populations.thresholds[p], populations.weight[p]
            background.bombard(step, first, last, thresholds, weight, populations.key, arriving)
        lif.step(state, constants, p, first, last, drive[p], arriving, scratch.increment, scratch.spiked)


@kernel
def _mean(values: Floats) -> float:
    total: float = 0.0
    for value in values:
        total += float(value)
    return total / len(values)


@kernel
def _emit(
    step: int, neurons: Int32Array, gate: Floats, ring: Floats, synapses: SynapseTable, plastic: PlasticTable
) -> None:
    """Send the spikes of this step into the region's own axons, and learn from them.

    Spikes of one step are not paired with each other: all learn from the traces before any of them is marked.
    """
    for neuron in neurons:
        deliver(neuron, step, synapses, ring)
    for neuron in neurons:
        updates.cell_fires(neuron, step, gate, plastic, synapses)
    for neuron in neurons:
        updates.axon_fires(neuron, gate, plastic, synapses)
    for neuron in neurons:
        updates.mark_axon(neuron, plastic)
        updates.mark_cell(neuron, plastic)


@kernel
def advance(
    start: int,
    stop: int,
    arrival_steps: Int32Array,
    arrival_rows: Int32Array,
    drive: Floats,
    gate: Floats,
    state: LIFState,
    constants: LIFConstants,
    populations: PopulationTable,
    ring: Floats,
    synapses: SynapseTable,
    plastic: PlasticTable,
    scratch: Scratch,
    spike_steps: Int32Array,
    spike_neurons: Int32Array,
    membrane_mean: Floats,
) -> int:
    """Advance through steps ``start … stop - 1``; returns the number of spikes written.

    ``drive`` (steps, populations) mV, ``gate`` (steps, plastic connections), ``ring`` (delays, channels * neurons),
    ``spike_steps`` and ``spike_neurons`` (neurons * steps,) and ``membrane_mean`` (steps,) are written.
    """
    n_spikes = 0
    arrival = 0
    for step in range(start, stop):
        offset = step - start
        updates.decay_traces(plastic)
        arrival = _receive(step, arrival, arrival_steps, arrival_rows, gate[offset], ring, synapses, plastic)
        _integrate(step, drive[offset], state, constants, populations, ring, scratch)
        membrane_mean[offset] = _mean(state.membrane)
        first_spike = n_spikes
        for i in range(scratch.spiked.shape[0]):
            if scratch.spiked[i]:
                spike_steps[n_spikes] = step
                spike_neurons[n_spikes] = i
                n_spikes += 1
        _emit(step, spike_neurons[first_spike:n_spikes], gate[offset], ring, synapses, plastic)
    return n_spikes
