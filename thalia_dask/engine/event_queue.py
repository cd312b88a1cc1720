"""Spikes in flight along axons, and the batches in which they arrive."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from operator import attrgetter
from typing import NamedTuple

import numpy as np

from thalia_dask.engine.packets import counting_sort
from thalia_dask.spikes import Arrivals, Int32Array


class Flight(NamedTuple):
    """Spikes of one projection, ordered by (step, neuron); at least one."""

    projection: int
    first_step: int
    last_step: int
    steps: Int32Array
    neurons: Int32Array


_BY_PROJECTION = attrgetter("projection", "first_step")


def _flight(projection: int, steps: Int32Array, neurons: Int32Array) -> Flight:
    return Flight(projection, int(steps[0]), int(steps[-1]), steps, neurons)


class Inbox:
    """What is on its way to one region."""

    def __init__(self) -> None:
        self._flights: list[Flight] = []

    def __len__(self) -> int:
        """Number of spikes in flight."""
        return sum(len(flight.steps) for flight in self._flights)

    def schedule(self, projection: int, steps: Int32Array, neurons: Int32Array) -> None:
        """Schedule spikes, ordered by (step, neuron), for one incoming projection."""
        if len(steps):
            self._flights.append(_flight(projection, steps, neurons))

    def schedule_arrivals(self, arrivals: Arrivals) -> None:
        """Schedule the spikes of a batch, as :meth:`pop_until` gave them."""
        if not len(arrivals):
            return
        projections, steps, neurons = counting_sort(arrivals.projections, arrivals.steps, arrivals.neurons)
        changes = np.flatnonzero(np.diff(projections)) + 1
        for first, last in pairwise([0, *changes.tolist(), len(projections)]):
            self.schedule(int(projections[first]), steps[first:last], neurons[first:last])

    def peek_step(self) -> int | None:
        """The step of the earliest arrival."""
        return min((flight.first_step for flight in self._flights), default=None)

    def pop_until(self, stop: int) -> list[Flight]:
        """Take out everything that arrives before ``stop``."""
        due: list[Flight] = []
        later: list[Flight] = []
        for flight in self._flights:
            if flight.last_step < stop:
                due.append(flight)
            elif flight.first_step >= stop:
                later.append(flight)
            else:
                cut = int(flight.steps.searchsorted(stop))
                due.append(_flight(flight.projection, flight.steps[:cut], flight.neurons[:cut]))
                later.append(_flight(flight.projection, flight.steps[cut:], flight.neurons[cut:]))
        self._flights = later
        return due

    def flights(self) -> list[tuple[int, Int32Array, Int32Array]]:
        """What is in flight as (projection, steps, neurons), ordered by content."""
        ordered = sorted(self._flights, key=lambda f: (f.projection, f.first_step, int(f.neurons[0])))
        return [(flight.projection, flight.steps, flight.neurons) for flight in ordered]


class EventQueue:
    """What is on its way to all regions."""

    def __init__(self) -> None:
        self._inboxes: defaultdict[str, Inbox] = defaultdict(Inbox)

    def __len__(self) -> int:
        """Number of spikes in flight."""
        return sum(len(inbox) for inbox in self._inboxes.values())

    def schedule(self, region: str, projection: int, steps: Int32Array, neurons: Int32Array) -> None:
        """Schedule spikes, ordered by (step, neuron), for one incoming projection of a region."""
        self._inboxes[region].schedule(projection, steps, neurons)

    def peek_step(self) -> int | None:
        """The step of the earliest arrival."""
        steps = (inbox.peek_step() for inbox in self._inboxes.values())
        return min((step for step in steps if step is not None), default=None)

    def pop_until(self, stop: int) -> dict[str, list[Flight]]:
        """Take out everything that arrives before ``stop``, by region; one where nothing does is missing."""
        popped = {region: inbox.pop_until(stop) for region, inbox in self._inboxes.items()}
        return {region: flights for region, flights in popped.items() if flights}

    def clear(self) -> None:
        """Forget every spike in flight."""
        self._inboxes.clear()

    def flights(self) -> list[tuple[str, int, Int32Array, Int32Array]]:
        """What is in flight as (region, projection, steps, neurons), in order: enough to schedule it again."""
        return [(region, *flight) for region in sorted(self._inboxes) for flight in self._inboxes[region].flights()]


def merge(flights: Iterable[Flight]) -> Arrivals:
    """All spikes of at least one flight in canonical order: by step, projection and neuron."""
    flights = sorted(flights, key=_BY_PROJECTION)
    steps, neurons = flights[0].steps, flights[0].neurons
    if len(flights) > 1:
        steps = np.concatenate([flight.steps for flight in flights])
        neurons = np.concatenate([flight.neurons for flight in flights])
    lengths = [len(flight.steps) for flight in flights]
    projections = np.repeat(np.array([flight.projection for flight in flights], np.int32), lengths)
    if _in_order(flights):
        return Arrivals(steps, projections, neurons)
    if any(_overlap(before, after) for before, after in pairwise(flights)):
        order = np.lexsort((neurons, projections))
        steps, projections, neurons = steps[order], projections[order], neurons[order]
    return Arrivals(*counting_sort(steps, projections, neurons))


def _in_order(flights: list[Flight]) -> bool:
    return all(before.last_step < after.first_step for before, after in pairwise(flights))


def _overlap(before: Flight, after: Flight) -> bool:
    """Whether two flights of one projection, the first of which begins first, may have spikes in the same step."""
    return before.projection == after.projection and before.last_step >= after.first_step
