"""Compiled passes over spikes between regions: they run once for each region and window, beside the regions' own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from thalia_dask.jit import Int32Array, kernel, making_arrays

FAULTLESS, WRONG_STEPS, WRONG_NEURONS, WRONG_ORDER = 0, 1, 2, 3
STEP, PROJECTION, NEURON = 0, 1, 2
"""Rows of an array of arrivals, int32, shape (3, arrivals)."""


@kernel
def find_fault(steps: Int32Array, neurons: Int32Array, start: int, stop: int, n_neurons: int) -> int:
    """Whether steps lie in ``start … stop - 1`` and ascend, neurons in ``0 … n_neurons - 1``, and ascend in each."""
    fault = FAULTLESS
    step, neuron = start, -1
    for i in range(steps.shape[0]):
        if steps[i] < step or steps[i] >= stop:
            return WRONG_STEPS
        if neurons[i] < 0 or neurons[i] >= n_neurons:
            fault = WRONG_NEURONS
        if steps[i] == step and neurons[i] <= neuron and fault == FAULTLESS:
            fault = WRONG_ORDER
        step, neuron = steps[i], neurons[i]
    return fault


@kernel
def count_arrivals(steps: Int32Array, projections: Int32Array, start: int, counts: Int32Array) -> int:
    """Count arrivals, in canonical order, by step: ``counts`` begin with step ``start``. Returns the events.

    An event is all spikes of one projection that arrive in one step.
    """
    n_events = 0
    for i in range(steps.shape[0]):
        counts[steps[i] - start] += 1
        n_events += i == 0 or steps[i] != steps[i - 1] or projections[i] != projections[i - 1]
    return n_events


@kernel
def count_carried(
    steps: Int32Array, neurons: Int32Array, first: int, last: int, shift: int, counts: Int32Array
) -> int:
    """As :func:`count_arrivals`, of spikes along one projection; one of step ``s`` is counted at ``s + shift``.

    Only neurons ``first … last - 1`` send; what arrives after the steps of ``counts`` is left out.
    """
    n_events, before = 0, -1
    for i in range(steps.shape[0]):
        at = steps[i] + shift
        if at >= counts.shape[0]:
            break
        if first <= neurons[i] < last:
            counts[at] += 1
            n_events += at != before
            before = at
    return n_events


@kernel
def put(
    steps: Int32Array,
    neurons: Int32Array,
    first: int,
    last: int,
    delay_steps: int,
    projection: int,
    events: NDArray[np.int32],
    n_events: int,
) -> int:
    """Append the spikes of neurons ``first … last - 1``, as the axons number them, when they arrive.

    ``events`` has room for all spikes. Returns how many arrivals there are then.
    """
    for i in range(steps.shape[0]):
        events[STEP, n_events] = steps[i] + delay_steps
        events[PROJECTION, n_events] = projection
        events[NEURON, n_events] = neurons[i] - first
        n_events += first <= neurons[i] < last
    return n_events


@making_arrays
def take(stop: int, events: NDArray[np.int32], n_events: int) -> NDArray[np.int32]:
    """What arrives before ``stop``, in canonical order; what is left of the first ``n_events`` moves to the front."""
    n_due = 0
    for i in range(n_events):
        n_due += events[STEP, i] < stop
    due = np.empty((3, n_due), np.int32)
    n_due = n_later = 0
    for i in range(n_events):
        step, projection, neuron = events[STEP, i], events[PROJECTION, i], events[NEURON, i]
        if step < stop:
            due[STEP, n_due], due[PROJECTION, n_due], due[NEURON, n_due] = step, projection, neuron
            n_due += 1
        else:
            events[STEP, n_later], events[PROJECTION, n_later], events[NEURON, n_later] = step, projection, neuron
            n_later += 1
    return _sorted(due)


@making_arrays
def _sorted(due: NDArray[np.int32]) -> NDArray[np.int32]:
    """The same arrivals by step, projection and neuron. Those of one projection mostly have come in order."""
    if _ascends(due):
        return due
    by_projection = due if _ascends(due[PROJECTION : PROJECTION + 1]) else _sorted_by(PROJECTION, due)
    found = _sorted_by(STEP, by_projection)
    if _ascends(found):
        return found
    return _sorted_by(STEP, _sorted_by(PROJECTION, _sorted_by_neuron(due)))


@kernel
def _ascends(due: NDArray[np.int32]) -> bool:
    for i in range(1, due.shape[1]):
        for row in range(due.shape[0]):
            if due[row, i - 1] != due[row, i]:
                if due[row, i - 1] > due[row, i]:
                    return False
                break
    return True


@making_arrays
def _sorted_by(row: int, due: NDArray[np.int32]) -> NDArray[np.int32]:
    """Columns ordered by one row; those that are alike there keep their order. At least one column.

    Takes memory for every integer between the least and the largest.
    """
    least = due[row].min()
    place = np.zeros(due[row].max() - least + 2, np.int64)
    for i in range(due.shape[1]):
        place[due[row, i] - least + 1] += 1
    for i in range(1, place.shape[0]):
        place[i] += place[i - 1]
    found = np.empty_like(due)
    for i in range(due.shape[1]):
        at = place[due[row, i] - least]
        place[due[row, i] - least] += 1
        for each in range(due.shape[0]):
            found[each, at] = due[each, i]
    return found


@making_arrays
def _sorted_by_neuron(due: NDArray[np.int32]) -> NDArray[np.int32]:
    """Columns ordered by neuron, of which there may be millions."""
    order = np.argsort(due[NEURON])
    found = np.empty_like(due)
    for i in range(due.shape[1]):
        for each in range(due.shape[0]):
            found[each, i] = due[each, order[i]]
    return found


def load_kernels() -> None:
    """Compile the kernels, or load them from the cache: no step shall wait for that."""
    spike, events = np.zeros(1, np.int32), np.zeros((3, 2), np.int32)
    find_fault(spike, spike, 0, 1, 1)
    count_arrivals(spike, spike, 0, spike.copy())
    count_carried(spike, spike, 0, 1, 0, spike.copy())
    put(spike, spike, 0, 1, 1, 0, events, 0)
    take(0, events, 1)
