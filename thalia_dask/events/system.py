"""Events as objects with a time in milliseconds: how they are written by hand and in Thalia's interface.

The engine itself moves arrays of spikes through integer steps (``thalia_dask.engine``).
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from thalia_dask.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor


class EventType(Enum):
    """What an event carries."""

    SENSORY = "sensory"
    SPIKE = "spike"


@dataclass(frozen=True, slots=True, eq=False)
class SpikePayload:
    """Spikes of a population: a tensor of shape (neurons,), non-zero where a neuron fired."""

    spikes: Tensor
    source_layer: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Event:
    """Something that reaches ``target`` at ``time`` (ms)."""

    time: float
    event_type: EventType
    source: str
    target: str
    payload: SpikePayload


class EventScheduler:
    """Events by time; those of equal time by their content, never by who was scheduled first.

    Attributes
    ----------
    current_time : ms, the time of the last batch that was taken out.
    """

    def __init__(self) -> None:
        self.current_time = 0.0
        self._heap: list[tuple[Any, ...]] = []

    def __len__(self) -> int:
        return len(self._heap)

    def schedule(self, event: Event) -> None:
        """Add an event.

        Raises
        ------
        InputError : if its time is not finite, or lies before ``current_time``.
        """
        if not math.isfinite(event.time) or event.time < self.current_time:
            raise InputError(
                f"an event from '{event.source}' to '{event.target}' at {event.time:g} ms cannot be scheduled: "
                f"write a finite time of at least {self.current_time:g} ms, the present"
            )
        heapq.heappush(self._heap, (*_content(event), len(self._heap), event))

    def peek_time(self) -> float | None:
        """The time of the earliest event in ms."""
        return self._heap[0][0] if self._heap else None

    def pop_simultaneous(self, tolerance_ms: float = 0.0) -> list[Event]:
        """Take out the earliest event and all within ``tolerance_ms`` after it, ordered by time, then content."""
        if not self._heap:
            return []
        self.current_time = self._heap[0][0]
        batch = []
        while self._heap and self._heap[0][0] <= self.current_time + tolerance_ms:
            batch.append(heapq.heappop(self._heap)[-1])
        return batch


def _content(event: Event) -> tuple[Any, ...]:
    spikes = tuple(event.payload.spikes.tolist())
    return event.time, event.target, event.source, event.event_type.value, event.payload.source_layer or "", spikes
