"""Stimuli that unfold in time: what ``forward`` shows, row by row, to one region.

Each is a rule for rows of intensities, one a step, which are then encoded as any rows are: the spikes are a function
of (seed, region, step, intensity). A pattern is an array or tensor of shape (size,), intensities from 0 to 1.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thalia_dask.errors import InputError
from thalia_dask.ticks import to_steps

Pattern = Any


class TimedStimulus(ABC):
    """A stimulus that knows how long it lasts."""

    @abstractmethod
    def rows(self, dt_ms: float) -> NDArray[np.float32]:
        """Intensities, float32, shape (steps, size); raises ConfigError where a time is no whole number of steps."""


@dataclass(frozen=True, slots=True, eq=False)
class Sustained(TimedStimulus):
    """A pattern that is shown for the whole duration."""

    pattern: Pattern
    duration_ms: float

    def rows(self, dt_ms: float) -> NDArray[np.float32]:
        return _held(self.pattern, to_steps(self.duration_ms, dt_ms, "duration_ms of Sustained"))


@dataclass(frozen=True, slots=True, eq=False)
class Transient(TimedStimulus):
    """Nothing for ``onset_ms``, a pattern for ``duration_ms``, then nothing for ``silence_ms``."""

    pattern: Pattern
    duration_ms: float
    onset_ms: float = 0.0
    silence_ms: float = 0.0

    def rows(self, dt_ms: float) -> NDArray[np.float32]:
        before, shown, after = (
            to_steps(getattr(self, name), dt_ms, f"{name} of Transient")
            for name in ("onset_ms", "duration_ms", "silence_ms")
        )
        return np.pad(_held(self.pattern, shown), ((before, after), (0, 0)))


@dataclass(frozen=True, slots=True, eq=False)
class Sequential(TimedStimulus):
    """Patterns one after the other, each for ``each_ms``, with ``gap_ms`` of nothing between two of them."""

    patterns: Sequence[Pattern]
    each_ms: float
    gap_ms: float = 0.0

    def rows(self, dt_ms: float) -> NDArray[np.float32]:
        shown, gap = (to_steps(getattr(self, name), dt_ms, f"{name} of Sequential") for name in ("each_ms", "gap_ms"))
        if not len(self.patterns) or len({np.shape(pattern) for pattern in self.patterns}) > 1:
            shapes = [np.shape(pattern) for pattern in self.patterns]
            raise InputError(f"patterns of Sequential have shapes {shapes}; write at least one, all of one shape")
        parts = [np.pad(_held(pattern, shown), ((0, gap), (0, 0))) for pattern in self.patterns]
        return np.concatenate(parts)[: len(parts) * (shown + gap) - gap]


def _held(pattern: Pattern, n_steps: int) -> NDArray[np.float32]:
    row = np.asarray(pattern.detach().cpu() if hasattr(pattern, "detach") else pattern, np.float32)
    if row.ndim != 1:
        raise InputError(f"a pattern has shape {row.shape}; write intensities of shape (size,)")
    return np.tile(row, (n_steps, 1))
