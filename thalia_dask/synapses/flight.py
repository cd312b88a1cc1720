"""Spikes in flight: each travels along its axon and delivers, step by step, the synapses that it reaches.

The synapses of an axon are ordered by delay, so a spike is a place in the table that only moves forward. What a step
changes is no more than the neurons' input of that step, which stays in the cache; a buffer of input for every future
step, with delays of a hundred steps, would not.
"""

from __future__ import annotations

import numpy as np

from thalia_dask.jit import Floats, Int64Array, kernel
from thalia_dask.prefetch import prefetch
from thalia_dask.synapses.table import SynapseTable

NEXT, END, EMITTED, DUE = 0, 1, 2, 3
"""Columns of the array of spikes in flight, int64, in the order in which they were sent: the next synapse to be
reached, the end of the axon's synapses, the step in which the spike was sent, that in which the next is reached."""
_REACHING = 4
"""Column of scratch: which spikes reach synapses in this step."""
_GONE = -1
"""Where no synapse is left, in place of the step."""
_AHEAD = 16
"""Synapses of which the slots, or the weights, fill a cache line."""


def no_flight(n_spikes: int) -> Int64Array:
    """Spikes as they are kept outside the kernel, the first three columns as rows: shape (3, spikes)."""
    return np.zeros((DUE, n_spikes), np.int64)


def room_for(n_spikes: int) -> Int64Array:
    """Room for the kernel to let so many spikes fly, shape (spikes, 5)."""
    return np.zeros((n_spikes, _REACHING + 1), np.int64)


def in_flight(flight: Int64Array, n_flying: int) -> Int64Array:
    """A copy of the spikes that have not reached all their synapses, shape (3, spikes)."""
    flying = flight[:n_flying]
    return flying[flying[:, DUE] != _GONE, :DUE].T.copy()


def put_in_flight(spikes: Int64Array, synapses: SynapseTable, flight: Int64Array) -> None:
    """Let the spikes that :func:`in_flight` gave be the first in ``flight``."""
    flying = flight[: spikes.shape[1]]
    flying[:, :DUE] = spikes.T
    flying[:, DUE] = spikes[EMITTED] + synapses.delay[spikes[NEXT]]


@kernel
def send(row: int, step: int, synapses: SynapseTable, flight: Int64Array, n_flying: int) -> int:
    """Let a spike start on an axon; returns the number of spikes in flight."""
    first, end = synapses.row_start[row], synapses.row_start[row + 1]
    if first == end:
        return n_flying
    flight[n_flying, NEXT] = first
    flight[n_flying, END] = end
    flight[n_flying, EMITTED] = step
    flight[n_flying, DUE] = step + synapses.delay[first]
    _expect(synapses, first)
    _expect(synapses, first + _AHEAD)
    return n_flying + 1


@kernel
def deliver(step: int, synapses: SynapseTable, flight: Int64Array, n_flying: int, current: Floats) -> int:
    """Add the efficacies that arrive in this step to ``current`` (channels * neurons,).

    Spikes that have reached their last synapse are removed; returns the number of those in flight.
    """
    slot, weight, delay = synapses.slot, synapses.weight, synapses.delay
    n_flying, n_reaching = _sift(step, flight, n_flying)
    for spike in flight[:n_reaching, _REACHING]:
        k, end, emitted = flight[spike, NEXT], flight[spike, END], flight[spike, EMITTED]
        age = step - emitted
        if delay[end - 1] == age:
            for last in range(k, end):
                current[slot[last]] += weight[last]
            flight[spike, DUE] = _GONE
            continue
        while delay[k] == age:
            current[slot[k]] += weight[k]
            k += 1
        _expect(synapses, k + _AHEAD)
        flight[spike, NEXT] = k
        flight[spike, DUE] = emitted + delay[k]
    return n_flying


@kernel
def _sift(step: int, flight: Int64Array, n_flying: int) -> tuple[int, int]:
    """Close the gaps of spikes that are gone, and list those that reach synapses: without a branch to mispredict."""
    staying = n_reaching = 0
    for spike in range(n_flying):
        due = flight[spike, DUE]
        for column in range(_REACHING):
            flight[staying, column] = flight[spike, column]
        flight[n_reaching, _REACHING] = staying
        n_reaching += due == step
        staying += due != _GONE
    return staying, n_reaching


@kernel
def _expect(synapses: SynapseTable, k: int) -> None:
    """Begin to load synapses that one of the next steps will read."""
    prefetch(synapses.slot, k)
    prefetch(synapses.weight, k)
    prefetch(synapses.delay, k)
