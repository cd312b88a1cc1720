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
def sort_by_step(
    steps: Int32Array, projections: Int32Array, neurons: Int32Array
) -> tuple[Int32Array, Int32Array, Int32Array]:
    """The same spikes ordered by step; those of one step keep their order. At least one spike."""
    earliest = steps.min()
    place = np.zeros(steps.max() - earliest + 2, np.int64)
    for step in steps:
        place[step - earliest + 1] += 1
    for i in range(1, place.shape[0]):
        place[i] += place[i - 1]
    sorted_steps, sorted_projections, sorted_neurons = (
        np.empty_like(steps),
        np.empty_like(steps),
        np.empty_like(steps),
    )
    for i in range(steps.shape[0]):
        at = place[steps[i] - earliest]
        place[steps[i] - earliest] += 1
        sorted_steps[at], sorted_projections[at], sorted_neurons[at] = steps[i], projections[i], neurons[i]
    return sorted_steps, sorted_projections, sorted_neurons


def load_kernels() -> None:
    """Compile the kernels, or load them from the cache: no step shall wait for that."""
    spike = np.zeros(1, np.int32)
    find_fault(spike, spike, 0, 1, 1)
    cut_out(spike, spike, 0, 1, 1)
    sort_by_step(spike, spike, spike)
