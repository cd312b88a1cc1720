"""Windows: how far all regions may advance before any of them can influence another."""

from __future__ import annotations

from collections.abc import Iterator

from thalia_dask.errors import ConfigError
from thalia_dask.ticks import Window

LONGEST_WINDOW_STEPS = 1000
"""Bounds memory and the time between two reports where no projection bounds the look-ahead."""


def window_length(look_ahead_steps: int | None, wanted_steps: int | None = None) -> int:
    """The window to use: the look-ahead, or a shorter one that was asked for.

    Raises
    ------
    ConfigError : if the window asked for is shorter than one step or longer than the look-ahead.
    """
    longest = LONGEST_WINDOW_STEPS if look_ahead_steps is None else min(look_ahead_steps, LONGEST_WINDOW_STEPS)
    if wanted_steps is None:
        return longest
    if not 1 <= wanted_steps <= longest:
        raise ConfigError(
            f"a window of {wanted_steps} steps was asked for, but it must be between 1 and {longest} steps, "
            "the shortest delay between regions: write a window_ms in that range or leave it out"
        )
    return wanted_steps


def split(start: int, n_steps: int, length: int) -> Iterator[Window]:
    """Cut ``n_steps`` steps from ``start`` into windows of at most ``length`` steps."""
    stop = start + n_steps
    while start < stop:
        end = min(start + length, stop)
        yield Window(start, end)
        start = end
