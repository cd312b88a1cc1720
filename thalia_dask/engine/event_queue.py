"""Spikes in flight along axons, and the batches in which they arrive."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thalia_dask.engine.packets import NEURON, PROJECTION, STEP, put, take
from thalia_dask.spikes import NOTHING, Arrivals, Int32Array, SpikePacket
from thalia_dask.topology.plan import AxonalProjection

_LEAST_ROOM, _MOST_IDLE_ROOM = 256, 1 << 20
_MANY = 512
"""Spikes that take longer to look through than to be found in order."""


class Inbox:
    """What is on its way to one region.

    Few spikes of a region are looked through in every window. What is known long before, such as a stimulus, or many
    spikes of a region that runs ahead, waits apart, in the order in which it arrives, until it is due.
    """

    def __init__(self) -> None:
        self._events = np.empty((3, _LEAST_ROOM), np.int32)
        self._n_events = 0
        self._known: list[NDArray[np.int32]] = []

    def __len__(self) -> int:
        """Number of spikes in flight."""
        return self._n_events + sum(len(known[STEP]) for known in self._known)

    def schedule(self, projections: ArrayLike, steps: Int32Array, neurons: Int32Array) -> None:
        """Schedule spikes, ordered by the step in which they arrive; one projection for all or one for each."""
        if len(steps):
            known = np.empty((3, len(steps)), np.int32)
            known[STEP], known[PROJECTION], known[NEURON] = steps, projections, neurons
            self._known.append(known)

    def withdraw(self, projection: int) -> None:
        """Forget what was known beforehand of one projection, and is not due yet."""
        left = [known[:, known[PROJECTION] != projection] for known in self._known]
        self._known = [known for known in left if known.shape[1]]

    def carry(self, spikes: SpikePacket, projection: AxonalProjection) -> None:
        """Schedule those spikes of a region that leave it along one projection."""
        if len(spikes) >= _MANY:
            many = np.empty((3, len(spikes)), np.int32)
            n_many = _put(spikes, projection, many, 0)
            if n_many:
                self._known.append(many[:, :n_many])
        else:
            self._make_room(len(spikes))
            self._n_events = _put(spikes, projection, self._events, self._n_events)

    def pop_until(self, stop: int) -> Arrivals:
        """Take out everything that arrives before ``stop``."""
        if self._known:
            self._add_known(stop)
        if not self._n_events:
            return NOTHING
        due = take(stop, self._events, self._n_events)
        self._n_events -= due.shape[1]
        if not self._n_events and self._events.shape[1] > _MOST_IDLE_ROOM:
            self._events = np.empty((3, _LEAST_ROOM), np.int32)
        return Arrivals(due[STEP], due[PROJECTION], due[NEURON])

    def flights(self) -> list[tuple[int, Int32Array, Int32Array]]:
        """What is in flight as (projection, steps, neurons), in order, once for each projection."""
        events = np.concatenate([self._events[:, : self._n_events], *self._known], axis=1)
        steps, projections, neurons = events[:, np.lexsort((events[NEURON], events[STEP], events[PROJECTION]))]
        changes = np.flatnonzero(np.diff(projections, prepend=-1)).tolist()
        edges = pairwise([*changes, len(projections)])
        return [(int(projections[first]), steps[first:last], neurons[first:last]) for first, last in edges]

    def _add_known(self, stop: int) -> None:
        """Put what was known before, and arrives before ``stop``, with the others."""
        later = []
        for known in self._known:
            n_due = int(known[STEP].searchsorted(np.int32(stop)))
            self._make_room(n_due)
            self._events[:, self._n_events : self._n_events + n_due] = known[:, :n_due]
            self._n_events += n_due
            if n_due < known.shape[1]:
                later.append(known[:, n_due:])
        self._known = later

    def _make_room(self, n_more: int) -> None:
        needed = self._n_events + n_more
        if needed > self._events.shape[1]:
            events = np.empty((3, 2 * needed), np.int32)
            events[:, : self._n_events] = self._events[:, : self._n_events]
            self._events = events


def _put(spikes: SpikePacket, projection: AxonalProjection, events: NDArray[np.int32], n_events: int) -> int:
    first, last = projection.first, projection.last
    delay_steps, index = projection.delay_steps, projection.index
    return put(spikes.steps, spikes.neurons, first, last, delay_steps, index, events, n_events)


class EventQueue:
    """What is on its way to all regions.

    Attributes
    ----------
    inboxes : by region; one that is asked for is made.
    """

    def __init__(self) -> None:
        self.inboxes: defaultdict[str, Inbox] = defaultdict(Inbox)

    def __len__(self) -> int:
        """Number of spikes in flight."""
        return sum(len(inbox) for inbox in self.inboxes.values())

    def pop_until(self, stop: int) -> dict[str, Arrivals]:
        """Take out everything that arrives before ``stop``, by region; one where nothing does is missing."""
        popped = {region: inbox.pop_until(stop) for region, inbox in self.inboxes.items()}
        return {region: arrivals for region, arrivals in popped.items() if len(arrivals.steps)}

    def clear(self) -> None:
        """Forget every spike in flight."""
        self.inboxes.clear()

    def flights(self) -> list[tuple[str, int, Int32Array, Int32Array]]:
        """What is in flight as (region, projection, steps, neurons), in order: enough to schedule it again."""
        return [(region, *flight) for region in sorted(self.inboxes) for flight in self.inboxes[region].flights()]
