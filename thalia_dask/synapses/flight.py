"""Spikes in flight: each travels along its axon and delivers, step by step, the synapses that it reaches.

The synapses of an axon are ordered by delay, so a spike is a place in the table that only moves forward. What a step
changes is no more than the neurons' input of that step, which stays in the cache; a buffer of input for every future
step, with delays of a hundred steps, would not.

Where an axon reaches its synapses one by one, it costs more to look after every spike in every step than to deliver.
There, a spike is looked after once in many steps: an *agenda* lists the synapses that are due in each of these.
"""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from thalia_dask.jit import Floats, Int32Array, Int64Array, kernel
from thalia_dask.prefetch import prefetch
from thalia_dask.synapses.short_term import ShortTermTable, release
from thalia_dask.synapses.table import SynapseTable

NEXT, END, EMITTED = 0, 1, 2
"""Rows of the array of spikes in flight, int64, shape (3, capacity), in the order in which they were sent: the next
synapse to be reached, the end of the axon's synapses, the step in which the spike was sent."""
FIRST, LAST, PLANNED, SEEN = 0, 1, 2, 3
"""Marks of an agenda."""
_AHEAD = 16
"""Synapses of which the slots, or the weights, fill a cache line."""
_EXPECTED = 8 * _AHEAD
"""Synapses of a spike that are loaded before it is planned."""
_SPIKES_AHEAD = 4
"""By how many spikes that is before their turn."""
_AGENDA_STEPS = 128
_LARGEST_PLANNED = 1 << 20
"""Synapses of a table that stays in the cache. A larger one is best read axon by axon."""
_LONGEST_RUN = 4
"""Synapses that a spike reaches in one step, on average, from which on an agenda gains nothing."""


class Agenda(NamedTuple):
    """Synapses that are due in the next steps.

    Attributes
    ----------
    due : int32, shape (steps, room). Places in the synapse table, in the order in which the spikes were sent.
    n_due : int64, shape (steps,).
    marks : int64, shape (4,). The agenda's first step, the step after its last one, and the number of spikes in
        flight that are planned: of these, what is due before the last step is on the agenda. Later ones, which found
        no room, are looked after in every step. The last mark is the number of both; spikes sent since then are
        planned when the next synapses are due, by when theirs have been loaded.
    """

    due: Int32Array
    n_due: Int64Array
    marks: Int64Array


class _Paper(threading.local):
    """What agendas are written on, a sheet for each thread: at the end of a window nothing is due any more.

    So a sheet stays in the cache, where one for each region would not.
    """

    def __init__(self) -> None:
        self.sheet = np.empty(0, np.int32)
        self.agendas: dict[int, Agenda] = {}


_paper = _Paper()


def agenda_room(synapses: SynapseTable, short_term: ShortTermTable) -> int:
    """For how many synapses of a table an agenda has room in each step; 0 where it is better read axon by axon."""
    n_synapses = len(synapses.slot)
    if n_synapses <= _LARGEST_PLANNED and not len(short_term.site):
        begins_run = np.diff(synapses.delay, prepend=0) != 0
        begins_run[synapses.row_start[:-1][np.diff(synapses.row_start) > 0]] = True
        if n_synapses < _LONGEST_RUN * np.count_nonzero(begins_run):
            return 64 + n_synapses // 256
    return 0


def agenda_from(start: int, room: int) -> Agenda:
    """An agenda of this thread, for a window that begins with step ``start``."""
    if room not in _paper.agendas:
        size = _AGENDA_STEPS * room
        if size > _paper.sheet.size:
            _paper.sheet = np.empty(size, np.int32)
            _paper.agendas.clear()
        due = _paper.sheet[:size].reshape(_AGENDA_STEPS, room)
        _paper.agendas[room] = Agenda(due, np.zeros(_AGENDA_STEPS, np.int64), np.zeros(4, np.int64))
    agenda = _paper.agendas[room]
    agenda.n_due.fill(0)  # something is due if a window was interrupted
    agenda.marks[LAST] = start
    return agenda


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
    flight[NEXT, n_flying] = first
    flight[END, n_flying] = end
    flight[EMITTED, n_flying] = step
    _expect_next(synapses, first, end)
    return n_flying + int(first < end)


@kernel
def begin(step: int, stop: int, agenda: Agenda) -> None:
    """Begin the agenda of the steps from ``step``, at most up to ``stop``."""
    marks = agenda.marks
    marks[FIRST], marks[LAST] = step, min(stop, step + agenda.n_due.shape[0])
    marks[PLANNED], marks[SEEN] = 0, 0


@kernel
def _plan_new(synapses: SynapseTable, agenda: Agenda, flight: Int64Array, n_flying: int) -> int:
    """Put on the agenda what spikes deliver that it has not seen; returns the number of spikes in flight."""
    staying = int(agenda.marks[SEEN])
    for spike in range(staying, n_flying):
        _expect_spike(spike + _SPIKES_AHEAD, n_flying, synapses, flight)
        for field in range(flight.shape[0]):
            flight[field, staying] = flight[field, spike]
        staying = _plan(staying, synapses, agenda, flight) if agenda.marks[PLANNED] == staying else staying + 1
    return staying


@kernel
def _plan(spike: int, synapses: SynapseTable, agenda: Agenda, flight: Int64Array) -> int:
    """Put on the agenda what a spike has to deliver; returns its place, or the next one if it stays in flight."""
    delay, due, n_due, marks = synapses.delay, agenda.due, agenda.n_due, agenda.marks
    k, end, until_age = flight[NEXT, spike], flight[END, spike], marks[LAST] - flight[EMITTED, spike]
    n_steps = marks[LAST] - marks[FIRST]
    while k < end and delay[k] < until_age - n_steps:
        k += 1
    while k < end and delay[k] < until_age:
        at = n_steps - (until_age - delay[k])
        n = n_due[at]
        if n == due.shape[1]:
            break
        due[at, n] = k
        n_due[at] = n + 1
        k += 1
    else:
        marks[PLANNED] += int(k < end)
    flight[NEXT, spike] = k
    _expect(synapses, k)
    _expect(synapses, k + _AHEAD)
    return spike + int(k < end)


@kernel
def deliver(
    step: int, synapses: SynapseTable, agenda: Agenda, flight: Int64Array, n_flying: int, current: Floats
) -> int:
    """Add the efficacies that arrive in this step to ``current`` (channels * neurons,).

    Spikes that have reached their last synapse are removed; returns the number of those in flight.
    """
    slot, weight, delay = synapses.slot, synapses.weight, synapses.delay
    n_seen = agenda.marks[SEEN]
    if agenda.due.shape[1]:
        n_flying = _plan_new(synapses, agenda, flight, n_flying)
        n_seen = n_flying
    today = step - agenda.marks[FIRST]
    for i in range(agenda.n_due[today]):
        k = agenda.due[today, i]
        current[slot[k]] += weight[k]
    agenda.n_due[today] = 0
    staying = int(agenda.marks[PLANNED])
    for spike in range(staying, n_flying):
        if n_seen <= spike + _SPIKES_AHEAD:
            _expect_spike(spike + _SPIKES_AHEAD, n_flying, synapses, flight)
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
    agenda.marks[SEEN] = staying
    return staying


@kernel
def deliver_releases(
    step: int, synapses: SynapseTable, short_term: ShortTermTable, flight: Int64Array, n_flying: int, current: Floats
) -> int:
    """As :func:`deliver`, where some synapses have short-term plasticity: without an agenda."""
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
def expect_axons(rows: Int32Array, synapses: SynapseTable) -> None:
    """Begin to load where the synapses of axons are that will soon fire."""
    for row in rows:
        prefetch(synapses.row_start, row)


@kernel
def expect_synapses(rows: Int32Array, synapses: SynapseTable) -> None:
    """Begin to load the synapses of axons that will soon fire."""
    for row in rows:
        _expect_next(synapses, synapses.row_start[row], synapses.row_start[row + 1])


@kernel
def _expect_spike(spike: int, n_flying: int, synapses: SynapseTable, flight: Int64Array) -> None:
    """Begin to load the synapses that a spike in flight, if there are so many, reaches next."""
    if spike < n_flying:
        _expect_next(synapses, flight[NEXT, spike], flight[END, spike])


@kernel
def _expect_next(synapses: SynapseTable, k: int, end: int) -> None:
    """Begin to load the synapses that a spike reaches next."""
    for soon in range(k, min(end, k + _EXPECTED), _AHEAD):
        _expect(synapses, soon)


@kernel
def _expect(synapses: SynapseTable, k: int) -> None:
    """Begin to load synapses that one of the next steps will read."""
    prefetch(synapses.slot, k)
    prefetch(synapses.weight, k)
    prefetch(synapses.delay, k)
