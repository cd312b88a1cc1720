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

from thalia_dask.arguments import check_positive
from thalia_dask.brain.arrays import as_array
from thalia_dask.errors import InputError
from thalia_dask.ticks import to_steps
from thalia_dask.topology.memory import machine_bytes

Pattern = Any

_BYTES_PER_INTENSITY = 24
"""While it is encoded: the row, its product with the probability, and the whole number that this gives."""


class TimedStimulus(ABC):
    """A stimulus that knows how long it lasts."""

    @abstractmethod
    def rows(self, dt_ms: float) -> NDArray[np.float32]:
        """Intensities, float32, shape (steps, size); raises InputError where a time is no whole number of steps."""

    def _steps(self, dt_ms: float, *names: str) -> list[int]:
        """Its times of these names, in steps."""
        check_positive(dt_ms, f"{type(self).__name__}.rows: dt_ms", "ms")
        return [
            to_steps(getattr(self, name), dt_ms, f"{name} of {type(self).__name__}", error=InputError)
            for name in names
        ]


@dataclass(frozen=True, slots=True, eq=False)
class Sustained(TimedStimulus):
    """A pattern that is shown for the whole duration."""

    pattern: Pattern
    duration_ms: float

    def rows(self, dt_ms: float) -> NDArray[np.float32]:
        (shown,) = self._steps(dt_ms, "duration_ms")
        return _shown(self.pattern, 0, shown, 0)


@dataclass(frozen=True, slots=True, eq=False)
class Transient(TimedStimulus):
    """Nothing for ``onset_ms``, a pattern for ``duration_ms``, then nothing for ``silence_ms``."""

    pattern: Pattern
    duration_ms: float
    onset_ms: float = 0.0
    silence_ms: float = 0.0

    def rows(self, dt_ms: float) -> NDArray[np.float32]:
        return _shown(self.pattern, *self._steps(dt_ms, "onset_ms", "duration_ms", "silence_ms"))


@dataclass(frozen=True, slots=True, eq=False)
class Sequential(TimedStimulus):
    """Patterns one after the other, each for ``each_ms``, with ``gap_ms`` of nothing between two of them."""

    patterns: Sequence[Pattern]
    each_ms: float
    gap_ms: float = 0.0

    def rows(self, dt_ms: float) -> NDArray[np.float32]:
        shown, gap = self._steps(dt_ms, "each_ms", "gap_ms")
        patterns = as_array(self.patterns, "what Sequential shows")
        if patterns.ndim != 2 or not len(patterns):
            raise InputError(
                f"what Sequential shows has shape {patterns.shape}; write at least one row, (rows, size)"
            )
        _check_fits(len(patterns) * (shown + gap), patterns.shape[1])
        parts = [_shown(pattern, 0, shown, gap) for pattern in patterns]
        return np.concatenate(parts)[: len(parts) * (shown + gap) - gap]


def _shown(pattern: Pattern, before: int, shown: int, after: int) -> NDArray[np.float32]:
    """A pattern for so many steps, with nothing before and after."""
    row = as_array(pattern, "a pattern").astype(np.float32)
    if row.ndim != 1:
        raise InputError(f"a pattern has shape {row.shape}; write intensities of shape (size,)")
    _check_fits(before + shown + after, len(row))
    return np.pad(np.tile(row, (shown, 1)), ((before, after), (0, 0)))


def _check_fits(n_steps: int, size: int) -> None:
    if n_steps * size * _BYTES_PER_INTENSITY > machine_bytes():
        raise InputError(
            f"{size} intensities for {n_steps:,} steps do not fit into this machine's memory; "
            "write forward(pattern, n_timesteps), which holds one, or show them in several calls"
        )
