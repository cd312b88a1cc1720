"""Spikes in flight along axons, and the batches in which they arrive."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from thalia_dask.engine.packets import NEURON, PROJECTION, STEP, put, take
from thalia_dask.spikes import NOTHING, Arrivals, Int32Array, SpikePacket
from thalia_dask.topology.plan import AxonalProjection

_LEAST_ROOM = 256


class Inbox:
    """What is on its way to one region, in any order."""

    def __init__(self) -> None:
        self._events = np.empty((3, _LEAST_ROOM), np.int32)
        self._n_events = 0

    def __len__(self) -> int:
        """Number of spikes in flight."""
        return self._n_events

    def schedule(self, projections: ArrayLike, steps: Int32Array, neurons: Int32Array) -> None:
        """Schedule spikes by the steps in which they arrive; ``projections`` is one for all or one for each."""
        self._make_room(len(steps))
        first, self._n_events = self._n_events, self._n_events + len(steps)
        for row, values in ((STEP, steps), (PROJECTION, projections), (NEURON, neurons)):
            self._events[row, first : self._n_events] = values

    def carry(self, spikes: SpikePacket, projection: AxonalProjection) -> None:
        """Schedule those spikes of a region that leave it along one projection."""
        self._make_room(len(spikes))
        self._n_events = put(
            spikes.steps,
            spikes.neurons,
            projection.first,
            projection.last,
            projection.delay_steps,
            projection.index,
            self._events,
            self._n_events,
        )

    def peek_step(self) -> int | None:
        """The step of the earliest arrival."""
        return int(self._events[STEP, : self._n_events].min()) if self._n_events else None

    def pop_until(self, stop: int) -> Arrivals:
        """Take out everything that arrives before ``stop``."""
        if not self._n_events:
            return NOTHING
        due = take(stop, self._events, self._n_events)
        self._n_events -= due.shape[1]
        return Arrivals(due[STEP], due[PROJECTION], due[NEURON])

    def flights(self) -> list[tuple[int, Int32Array, Int32Array]]:
        """What is in flight as (projection, steps, neurons), in order, once for each projection."""
        events = self._events[:, : self._n_events]
        steps, projections, neurons = events[:, np.lexsort((events[NEURON], events[STEP], events[PROJECTION]))]
        changes = np.flatnonzero(np.diff(projections, prepend=-1)).tolist()
        edges = pairwise([*changes, len(projections)])
        return [(int(projections[first]), steps[first:last], neurons[first:last]) for first, last in edges]

    def _make_room(self, n_more: int) -> None:
        needed = self._n_events + n_more
        if needed > self._events.shape[1]:
            events = np.empty((3, 2 * needed), np.int32)
            events[:, : self._n_events] = self._events[:, : self._n_events]
            self._events = events


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

    def peek_step(self) -> int | None:
        """The step of the earliest arrival."""
        steps = (inbox.peek_step() for inbox in self.inboxes.values())
        return min((step for step in steps if step is not None), default=None)

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
