"""Events as objects with a time in milliseconds: how they are written by hand and in Thalia's interface.

The engine itself moves arrays of spikes through integer steps (``thalia_dask.engine``).
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from enum import Enum
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from thalia_dask.errors import InputError
from thalia_dask.spikes import Int32Array

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


def firing_axons(pattern: Tensor, n_axons: int, region: str) -> Int32Array:
    """Indices of the sensory axons of a region on which a pattern is not zero.

    Raises
    ------
    InputError : for a pattern of another shape than (n_axons,), or one that holds NaN.
    """
    import torch  # so that importing events need not import torch

    values = torch.as_tensor(pattern).detach().cpu()
    if values.shape != (n_axons,):
        raise InputError(
            f"the pattern for region '{region}' has shape {tuple(values.shape)}; it has {n_axons} sensory axons: "
            f"write ({n_axons},)"
        )
    if values.isnan().any():
        raise InputError(
            f"the pattern for region '{region}' holds {int(values.isnan().sum())} NaN; write 1 for an axon that "
            "fires and 0 for one that does not"
        )
    return values.nonzero().flatten().numpy().astype(np.int32)


class EventScheduler:
    """Events by time; those of equal time by their content, never by who was scheduled first.

    Attributes
    ----------
    current_time : ms, the time of the last batch that was taken out.
    """

    def __init__(self) -> None:
        self.current_time = 0.0
        self._heap: list[tuple[Any, ...]] = []
        self._serial = count()

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
        heapq.heappush(self._heap, (*_content(event), next(self._serial), event))

    def peek_time(self) -> float | None:
        """The time of the earliest event in ms."""
        return self._heap[0][0] if self._heap else None

    def pop_simultaneous(self, tolerance_ms: float = 0.0) -> list[Event]:
        """Take out the earliest event and all within ``tolerance_ms`` after it, ordered by time, then content.

        Raises
        ------
        InputError : if the tolerance is negative or NaN: no event would be within it.
        """
        if not tolerance_ms >= 0:
            raise InputError(f"tolerance_ms is {tolerance_ms!r}; write a number of at least 0")
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
