"""Spikes in flight: each travels along its axon and delivers, step by step, the synapses that it reaches.

The synapses of an axon are ordered by delay, so a spike is a place in the table that only moves forward. What a step
changes is no more than the neurons' input of that step, which stays in the cache; a buffer of input for every future
step, with delays of a hundred steps, would not.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from thalia_dask.jit import Floats, Int64Array, kernel
from thalia_dask.prefetch import prefetch
from thalia_dask.synapses.short_term import ShortTermTable, release
from thalia_dask.synapses.table import SynapseTable

NEXT, END, EMITTED = 0, 1, 2
"""Rows of the array of spikes in flight, int64, shape (3, capacity), in the order in which they were sent: the next
synapse to be reached, the end of the axon's synapses, the step in which the spike was sent."""
_AHEAD = 16
"""Synapses of which the slots, or the weights, fill a cache line."""


def no_flight(capacity: int) -> Int64Array:
    """Room for ``capacity`` spikes."""
    return np.zeros((3, capacity), np.int64)


def is_flight(flight: NDArray[Any], row_start: Int64Array) -> bool:
    """Whether an array may be put in flight: each spike is on an axon of the table, before the end of that axon.

    Kernels do not ask: what is not one makes them read and write memory that is not theirs.
    """
    if flight.dtype != np.int64 or flight.shape[:-1] != (3,):
        return False
    after = np.searchsorted(row_start, flight[END])
    if not (after.all() and (after < len(row_start)).all() and (flight[EMITTED] >= 0).all()):
        return False
    begins, ends = row_start[after - 1], row_start[after]
    return bool(((ends == flight[END]) & (begins <= flight[NEXT]) & (flight[NEXT] < ends)).all())


@kernel
def send(row: int, step: int, synapses: SynapseTable, flight: Int64Array, n_flying: int) -> int:
    """Let a spike start on an axon; returns the number of spikes in flight."""
    first, end = synapses.row_start[row], synapses.row_start[row + 1]
    if first == end:
        return n_flying
    flight[NEXT, n_flying] = first
    flight[END, n_flying] = end
    flight[EMITTED, n_flying] = step
    _expect(synapses, first)
    _expect(synapses, first + _AHEAD)
    return n_flying + 1


@kernel
def deliver(step: int, synapses: SynapseTable, flight: Int64Array, n_flying: int, current: Floats) -> int:
    """Add the efficacies that arrive in this step to ``current`` (channels * neurons,).

    Spikes that have reached their last synapse are removed; returns the number of those in flight.
    """
    slot, weight, delay = synapses.slot, synapses.weight, synapses.delay
    staying = 0
    for spike in range(n_flying):
        k, end, emitted = flight[NEXT, spike], flight[END, spike], flight[EMITTED, spike]
        age = step - emitted
        if delay[end - 1] == age:
            for due in range(k, end):
                current[slot[due]] += weight[due]
            k = end
        while k < end and delay[k] == age:
            current[slot[k]] += weight[k]
            k += 1
        _expect(synapses, k + _AHEAD)
        flight[NEXT, staying] = k
        flight[END, staying] = end
        flight[EMITTED, staying] = emitted
        staying += k < end
    return staying


@kernel
def deliver_releases(
    step: int, synapses: SynapseTable, short_term: ShortTermTable, flight: Int64Array, n_flying: int, current: Floats
) -> int:
    """As :func:`deliver`, where some synapses have short-term plasticity."""
    slot, weight, delay, site = synapses.slot, synapses.weight, synapses.delay, short_term.site
    staying = 0
    for spike in range(n_flying):
        k, end, emitted = flight[NEXT, spike], flight[END, spike], flight[EMITTED, spike]
        here, factor = -1, np.float32(1.0)
        while k < end and delay[k] == step - emitted:
            if site[k] != here:
                here = site[k]
                factor = release(here, step, short_term) if here >= 0 else np.float32(1.0)
            current[slot[k]] += weight[k] * factor
            k += 1
        _expect(synapses, k + _AHEAD)
        flight[NEXT, staying] = k
        flight[END, staying] = end
        flight[EMITTED, staying] = emitted
        staying += k < end
    return staying


@kernel
def _expect(synapses: SynapseTable, k: int) -> None:
    """Begin to load synapses that one of the next steps will read."""
    prefetch(synapses.slot, k)
    prefetch(synapses.weight, k)
    prefetch(synapses.delay, k)
