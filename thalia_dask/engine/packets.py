"""Compiled passes over the spikes of a packet: they run once for each region and window, beside the regions' own."""

from __future__ import annotations

import numpy as np

from thalia_dask.jit import Int32Array, kernel, making_arrays

FAULTLESS, WRONG_STEPS, WRONG_NEURONS = 0, 1, 2


@kernel
def find_fault(steps: Int32Array, neurons: Int32Array, start: int, stop: int, n_neurons: int) -> int:
    """Whether steps lie in ``start … stop - 1`` and ascend, and neurons in ``0 … n_neurons - 1``."""
    fault = FAULTLESS
    before = start
    for i in range(steps.shape[0]):
        if steps[i] < before or steps[i] >= stop:
            return WRONG_STEPS
        if neurons[i] < 0 or neurons[i] >= n_neurons:
            fault = WRONG_NEURONS
        before = steps[i]
    return fault


@kernel
def count_events(steps: Int32Array, projections: Int32Array) -> int:
    """How many events so many arrivals are: an event is all spikes of one projection that arrive in one step."""
    n_events = 0
    for i in range(steps.shape[0]):
        n_events += i == 0 or steps[i] != steps[i - 1] or projections[i] != projections[i - 1]
    return n_events


@making_arrays
def cut_out(
    steps: Int32Array, neurons: Int32Array, first: int, last: int, delay_steps: int
) -> tuple[Int32Array, Int32Array]:
    """The spikes of neurons ``first … last - 1``, as the axons number them, when they arrive."""
    n_inside = 0
    for neuron in neurons:
        n_inside += first <= neuron < last
    arriving, axons = np.empty(n_inside, np.int32), np.empty(n_inside, np.int32)
    n_inside = 0
    for i in range(neurons.shape[0]):
        if first <= neurons[i] < last:
            arriving[n_inside] = steps[i] + delay_steps
            axons[n_inside] = neurons[i] - first
            n_inside += 1
    return arriving, axons


@making_arrays
def counting_sort(
    keys: Int32Array, ones: Int32Array, others: Int32Array
) -> tuple[Int32Array, Int32Array, Int32Array]:
    """Rows of three columns ordered by the first; those of one key keep their order. At least one row.

    Takes memory for every integer between the least key and the largest.
    """
    least = keys.min()
    place = np.zeros(keys.max() - least + 2, np.int64)
    for key in keys:
        place[key - least + 1] += 1
    for i in range(1, place.shape[0]):
        place[i] += place[i - 1]
    sorted_keys, sorted_ones, sorted_others = np.empty_like(keys), np.empty_like(keys), np.empty_like(keys)
    for i in range(keys.shape[0]):
        at = place[keys[i] - least]
        place[keys[i] - least] += 1
        sorted_keys[at], sorted_ones[at], sorted_others[at] = keys[i], ones[i], others[i]
    return sorted_keys, sorted_ones, sorted_others


def load_kernels() -> None:
    """Compile the kernels, or load them from the cache: no step shall wait for that."""
    spike = np.zeros(1, np.int32)
    find_fault(spike, spike, 0, 1, 1)
    count_events(spike, spike)
    cut_out(spike, spike, 0, 1, 1)
    counting_sort(spike, spike, spike)
