"""Spikes in flight along axons, and the batches in which they arrive."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from thalia_dask.spikes import Arrivals, Int32Array


@dataclass(frozen=True, slots=True, eq=False)
class _Flight:
    """Spikes of one projection, ordered by (step, neuron); at least one."""

    projection: int
    steps: Int32Array
    neurons: Int32Array


class Inbox:
    """What is on its way to one region."""

    def __init__(self) -> None:
        self._flights: list[_Flight] = []

    def __len__(self) -> int:
        """Number of spikes in flight."""
        return sum(len(flight.steps) for flight in self._flights)

    def schedule(self, projection: int, steps: Int32Array, neurons: Int32Array) -> None:
        """Schedule spikes, ordered by (step, neuron), for one incoming projection."""
        if len(steps):
            self._flights.append(_Flight(projection, steps, neurons))

    def schedule_arrivals(self, arrivals: Arrivals) -> None:
        """Schedule the spikes of a batch, as :meth:`pop_until` gave them."""
        for projection in np.unique(arrivals.projections).tolist():
            mine = arrivals.projections == projection
            self.schedule(projection, arrivals.steps[mine], arrivals.neurons[mine])

    def peek_step(self) -> int | None:
        """The step of the earliest arrival."""
        return min((int(flight.steps[0]) for flight in self._flights), default=None)

    def pop_until(self, stop: int) -> Arrivals | None:
        """Take out everything that arrives before ``stop``, in canonical order; None if nothing does."""
        due, later = [], []
        for flight in self._flights:
            if flight.steps[-1] < stop:
                due.append(flight)
            elif flight.steps[0] >= stop:
                later.append(flight)
            else:
                cut = int(np.searchsorted(flight.steps, stop))
                due.append(_Flight(flight.projection, flight.steps[:cut], flight.neurons[:cut]))
                later.append(_Flight(flight.projection, flight.steps[cut:], flight.neurons[cut:]))
        self._flights = later
        return _merge(due) if due else None

    def flights(self) -> list[tuple[int, Int32Array, Int32Array]]:
        """What is in flight as (projection, steps, neurons), ordered by content."""
        ordered = sorted(self._flights, key=lambda f: (f.projection, int(f.steps[0]), int(f.neurons[0])))
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

    def pop_until(self, stop: int) -> dict[str, Arrivals]:
        """Take out everything that arrives before ``stop``: the batch of each region, in canonical order."""
        popped = {region: inbox.pop_until(stop) for region, inbox in self._inboxes.items()}
        return {region: arrivals for region, arrivals in popped.items() if arrivals is not None}

    def clear(self) -> None:
        """Forget every spike in flight."""
        self._inboxes.clear()

    def flights(self) -> list[tuple[str, int, Int32Array, Int32Array]]:
        """What is in flight as (region, projection, steps, neurons), in order: enough to schedule it again."""
        return [(region, *flight) for region in sorted(self._inboxes) for flight in self._inboxes[region].flights()]


def join_arrivals(one: Arrivals, other: Arrivals) -> Arrivals:
    """Two batches of one region as one, in canonical order, with the signals of the first."""
    steps = np.concatenate([one.steps, other.steps])
    projections = np.concatenate([one.projections, other.projections])
    neurons = np.concatenate([one.neurons, other.neurons])
    order = np.lexsort((neurons, projections, steps))
    return Arrivals(steps[order], projections[order], neurons[order], one.signals)


def _merge(flights: list[_Flight]) -> Arrivals:
    if len(flights) == 1:
        only = flights[0]
        return Arrivals(only.steps, np.full(len(only.steps), only.projection, np.int32), only.neurons)
    steps = np.concatenate([f.steps for f in flights])
    neurons = np.concatenate([f.neurons for f in flights])
    projections = np.repeat(np.array([f.projection for f in flights], np.int32), [len(f.steps) for f in flights])
    order = np.lexsort((neurons, projections, steps))
    return Arrivals(steps[order], projections[order], neurons[order])
