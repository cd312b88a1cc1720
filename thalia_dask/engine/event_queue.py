"""Spikes in flight along axons, and the batches in which they arrive."""

from __future__ import annotations

import heapq
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from thalia_dask.spikes import Arrivals, Int32Array


@dataclass(order=True, slots=True)
class _Flight:
    """Spikes of one projection; ordered by content, so that no tie depends on who was scheduled first."""

    first_step: int
    region: str
    projection: int
    last_step: int
    steps: Int32Array = field(compare=False)
    neurons: Int32Array = field(compare=False)


class EventQueue:
    """A priority queue of spike packets keyed by the step in which they arrive."""

    def __init__(self) -> None:
        self._heap: list[_Flight] = []

    def __len__(self) -> int:
        """Number of spikes in flight."""
        return sum(len(flight.steps) for flight in self._heap)

    def schedule(self, region: str, projection: int, steps: Int32Array, neurons: Int32Array) -> None:
        """Schedule spikes, ordered by (step, neuron), for one incoming projection of a region."""
        if len(steps):
            heapq.heappush(self._heap, _Flight(int(steps[0]), region, projection, int(steps[-1]), steps, neurons))

    def peek_step(self) -> int | None:
        """The step of the earliest arrival."""
        return self._heap[0].first_step if self._heap else None

    def pop_until(self, stop: int) -> dict[str, Arrivals]:
        """Take out everything that arrives before ``stop``: the batch of each region, in canonical order."""
        due: dict[str, list[_Flight]] = defaultdict(list)
        while self._heap and self._heap[0].first_step < stop:
            flight = heapq.heappop(self._heap)
            if flight.last_step >= stop:
                cut = int(np.searchsorted(flight.steps, stop))
                self.schedule(flight.region, flight.projection, flight.steps[cut:], flight.neurons[cut:])
                flight.steps, flight.neurons = flight.steps[:cut], flight.neurons[:cut]
            due[flight.region].append(flight)
        return {region: _merge(flights) for region, flights in due.items()}

    def clear(self) -> None:
        """Forget every spike in flight."""
        self._heap.clear()

    def flights(self) -> list[tuple[str, int, Int32Array, Int32Array]]:
        """What is in flight as (region, projection, steps, neurons), in order: enough to schedule it again."""
        return [(f.region, f.projection, f.steps, f.neurons) for f in sorted(self._heap)]


def _merge(flights: list[_Flight]) -> Arrivals:
    if len(flights) == 1:
        only = flights[0]
        return Arrivals(only.steps, np.full(len(only.steps), only.projection, np.int32), only.neurons)
    steps = np.concatenate([f.steps for f in flights])
    neurons = np.concatenate([f.neurons for f in flights])
    projections = np.repeat(np.array([f.projection for f in flights], np.int32), [len(f.steps) for f in flights])
    order = np.lexsort((neurons, projections, steps))
    return Arrivals(steps[order], projections[order], neurons[order])
