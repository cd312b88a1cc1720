"""Windows: how far all regions may advance before any of them can influence another; spans: runs of windows."""

from __future__ import annotations

from thalia_dask.errors import ConfigError
from thalia_dask.ticks import Window
from thalia_dask.topology.plan import longest_window_steps

LONGEST_SPAN_STEPS = 10_000
SPAN_SECONDS = 0.5
"""Short enough for a progress bar; long enough that what a span costs, some milliseconds, hardly counts."""


def window_length(look_ahead_steps: int | None, wanted_steps: int | None = None) -> int:
    """The window to use: the look-ahead, or a shorter one that was asked for.

    Raises
    ------
    ConfigError : if the window asked for is shorter than one step or longer than the look-ahead.
    """
    longest = longest_window_steps(look_ahead_steps)
    if wanted_steps is None:
        return longest
    if not 1 <= wanted_steps <= longest:
        raise ConfigError(f"a window of {wanted_steps} steps was asked for; write 1 to {longest}, or None")
    return wanted_steps


class Stride:
    """How many steps to advance before the orchestrator looks again: a window, or a span of many.

    The first span is a window, which shows how long one takes: nobody shall wait long for regions that are slow.

    Parameters
    ----------
    window_steps : length of a window.
    fixed : advance by one window at a time; otherwise by what takes a fraction of a second.
    """

    def __init__(self, window_steps: int, *, fixed: bool) -> None:
        self._window_steps = window_steps
        self._fixed = fixed
        self.n_steps = window_steps

    def learn(self, steps: Window, seconds: float) -> None:
        """Take note of how long steps took."""
        if not self._fixed:
            wanted = SPAN_SECONDS * steps.n_steps / max(seconds, 1e-9)
            self.n_steps = self._window_steps * max(1, min(int(wanted), LONGEST_SPAN_STEPS) // self._window_steps)
