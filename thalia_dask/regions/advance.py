"""The fused hot path: a region through a whole window, one compiled call."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from thalia_dask.jit import Floats, Int32Array, Int64Array, Words, kernel
from thalia_dask.neurons import background, models
from thalia_dask.neurons.base import EXCITATORY, NeuronState
from thalia_dask.neurons.mean import mean
from thalia_dask.plasticity import expected, updates
from thalia_dask.plasticity.base import PlasticTable
from thalia_dask.regions.probes import look
from thalia_dask.synapses.flight import (
    LAST,
    Agenda,
    begin,
    deliver,
    deliver_releases,
    expect_axons,
    expect_synapses,
    send,
)
from thalia_dask.synapses.short_term import ShortTermTable
from thalia_dask.synapses.table import SynapseTable

_AHEAD = 8
"""By how many arrivals synapses are loaded before they are due."""
_FAINT = np.float32(1e-30)
_FORGET_EVERY = 32
"""Steps in which nothing that is not faint becomes smaller than processors count at full speed (1e-38), but for time
constants of less than two steps."""


class PopulationTable(NamedTuple):
    """What the populations are, one entry for each.

    ``first`` and ``last`` are slices of the neuron array, ``model`` is the neuron model's code, ``jumps`` whether its
    input moves the membrane at once (all int64); ``constants`` are those of ``neurons.base``. Background input:
    ``thresholds`` is uint64, shape (populations, counts), see ``neurons.background.poisson_thresholds``; ``weight``
    is float32, mV; ``key`` two uint64 words that name the region's noise.
    """

    first: Int64Array
    last: Int64Array
    model: Int64Array
    jumps: Int64Array
    constants: Floats
    thresholds: Words
    weight: Floats
    key: Words


class Scratch(NamedTuple):
    """Work space of one step.

    ``spiked`` (uint8) says which neurons crossed the threshold; ``spiked_words`` is the same memory, eight neurons a
    word. ``lanes`` (float32) are partial sums of ``neurons.mean``, ``lots`` is scratch of ``neurons.background``.
    """

    spiked: NDArray[np.uint8]
    spiked_words: Words
    lanes: Floats
    lots: background.Lots


class Tables(NamedTuple):
    """All of a region that stays in one place from window to window; ``probes`` are neurons that are looked at."""

    state: NeuronState
    populations: PopulationTable
    synapses: SynapseTable
    short_term: ShortTermTable
    plastic: PlasticTable
    scratch: Scratch
    probes: Int32Array


@kernel
def _integrate(
    step: int, jumps: int, drive: Floats, state: NeuronState, populations: PopulationTable, scratch: Scratch
) -> None:
    """Advance the populations whose input moves the membrane at once (``jumps`` 1), or the others (0)."""
    for p in range(populations.first.shape[0]):
        if populations.jumps[p] == jumps:
            models.step(
                populations.model[p],
                np.int32(step),
                populations.first[p],
                populations.last[p],
                drive[p],
                populations.constants[p],
                state,
                scratch.spiked,
            )


@kernel
def _bombard(step: int, excitatory: Floats, populations: PopulationTable, lots: background.Lots) -> None:
    for p in range(populations.first.shape[0]):
        if populations.weight[p] != 0.0:
            thresholds, weight = populations.thresholds[p], populations.weight[p]
            first, last = populations.first[p], populations.last[p]
            background.bombard(step, first, last, thresholds, weight, populations.key, lots, excitatory)


@kernel
def _forget_faint(step: int, membrane: Floats, current: Floats, adaptation: Floats) -> None:
    """Now and then, end what has decayed to next to nothing. It never would by itself, and is slow to compute."""
    if step % _FORGET_EVERY == 0:
        for values in (membrane, current, adaptation):
            for i in range(values.shape[0]):
                values[i] = np.float32(0.0) if abs(values[i]) <= _FAINT else values[i]


@kernel
def _send(rows: Int32Array, step: int, synapses: SynapseTable, flight: Int64Array, n_flying: int) -> int:
    for row in rows:
        n_flying = send(row, step, synapses, flight, n_flying)
    return n_flying


@kernel
def _deliver(
    step: int,
    synapses: SynapseTable,
    short_term: ShortTermTable,
    agenda: Agenda,
    flight: Int64Array,
    n_flying: int,
    current: Floats,
) -> int:
    if short_term.site.shape[0]:
        return deliver_releases(step, synapses, short_term, flight, n_flying, current)
    return deliver(step, synapses, agenda, flight, n_flying, current)


@kernel
def _after_arrivals(step: int, arrival: int, arrival_steps: Int32Array) -> int:
    """The first arrival after a step."""
    while arrival < arrival_steps.shape[0] and arrival_steps[arrival] == step:
        arrival += 1
    return arrival


@kernel
def _expect(rows: Int32Array, first: int, last: int, synapses: SynapseTable) -> None:
    """Begin to load the synapses of arrivals ``first … last - 1``; of as many more, where their synapses are."""
    expect_synapses(rows[first:last], synapses)
    expect_axons(rows[first + _AHEAD : last + _AHEAD], synapses)


@kernel
def advance(
    start: int,
    stop: int,
    arrival: int,
    arrival_steps: Int32Array,
    arrival_rows: Int32Array,
    drive: Floats,
    gate: Floats,
    agenda: Agenda,
    flight: Int64Array,
    n_flying: int,
    spike_steps: Int32Array,
    spike_neurons: Int32Array,
    membrane_mean: Floats,
    seen: Floats,
    tables: Tables,
) -> tuple[int, int, int, int]:
    """Advance from step ``start`` to ``stop``, or to a step for which there might be no room for spikes.

    ``arrival`` is the first arrival that has not been received. ``drive`` (steps, populations) mV, ``gate`` (steps,
    plastic connections); ``agenda``, ``flight`` and ``n_flying`` as in ``synapses.flight``. ``spike_steps``,
    ``spike_neurons``, ``membrane_mean`` (steps,) and ``seen`` (steps, observables, probes) are written.

    Returns the step reached, the number of spikes written, the next ``arrival`` and ``n_flying``.

    A step is: currents move membranes, synapses learn from spikes that arrive, these change currents, membranes that
    jump at arrivals do so, neurons fire, synapses learn from that.
    """
    state, populations, synapses, short_term, plastic, scratch, probes = tables
    current = state.current.reshape(state.current.size)
    n_neurons, n_arrivals = state.membrane.shape[0], arrival_steps.shape[0]
    any_jumps, any_noise = populations.jumps.any(), populations.weight.any()
    any_rule, n_spikes = plastic.rule.shape[0] > 0, 0
    _expect(arrival_rows, arrival, arrival + _AHEAD, synapses)
    for step in range(start, stop):
        room = min(flight.shape[1] - n_flying - (n_arrivals - arrival), spike_steps.shape[0] - n_spikes)
        if room < n_neurons:
            return step, n_spikes, arrival, n_flying
        offset = step - start
        _forget_faint(step, state.membrane, current, state.adaptation)
        if any_rule:
            updates.decay_traces(plastic)
        _integrate(step, 0, drive[offset], state, populations, scratch)
        if step == agenda.marks[LAST]:
            begin(step, stop, agenda)
        first_arrival, arrival = arrival, _after_arrivals(step, arrival, arrival_steps)
        arriving = arrival_rows[first_arrival:arrival]
        _expect(arrival_rows, first_arrival + _AHEAD, arrival + _AHEAD, synapses)
        if any_rule:
            updates.hear(step, arriving, gate[offset], plastic, synapses)
        n_flying = _send(arriving, step, synapses, flight, n_flying)
        n_flying = _deliver(step, synapses, short_term, agenda, flight, n_flying, current)
        if any_noise:
            _bombard(step, state.current[EXCITATORY], populations, scratch.lots)
        if any_jumps:
            _integrate(step, 1, drive[offset], state, populations, scratch)
        fired = models.fire(
            np.int32(step),
            populations.last,
            populations.constants,
            state,
            scratch.spiked_words,
            spike_neurons[n_spikes:],
        )
        neurons = spike_neurons[n_spikes : n_spikes + fired]
        expect_axons(neurons, synapses)
        expected.synapses_of(neurons, plastic, synapses)
        membrane_mean[offset] = mean(state.membrane, scratch.lanes)
        look(probes, state, seen[offset])
        spike_steps[n_spikes : n_spikes + fired] = step
        n_spikes += fired
        n_flying = _send(neurons, step, synapses, flight, n_flying)
        if any_rule:
            updates.learn(step, neurons, gate[offset], plastic, synapses)
    return stop, n_spikes, arrival, n_flying
