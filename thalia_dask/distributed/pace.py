"""How long the windows of direct exchange are. No spike depends on it, only time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from thalia_dask.engine.axons import shortest_delay_steps
from thalia_dask.engine.windows import window_length
from thalia_dask.ticks import Window
from thalia_dask.topology.plan import AxonalProjection

_TRIALS = 3
"""Spans that are computed with either length before one is chosen."""


class Pace:
    """Windows of a brain: the look-ahead, or half of what lies between workers, whichever turns out faster.

    With windows of half the shortest delay between workers, what is sent after one window is needed only after the
    next one: it travels while that is being computed. But it takes twice as many messages, and where no core is free
    for them, those cost more than the waiting. So both lengths are tried in turn, and the faster is kept.

    Parameters
    ----------
    projections : of the brain.
    placement : region -> worker.
    wanted_steps : a length that somebody asked for; it is taken as it is.

    Attributes
    ----------
    lengths : the lengths in steps that are tried; none where no projection joins regions.
    """

    def __init__(
        self, projections: Sequence[AxonalProjection], placement: Mapping[str, str], wanted_steps: int | None
    ) -> None:
        look_ahead = shortest_delay_steps(projections)
        crossing = shortest_delay_steps(p for p in projections if placement[p.source] != placement[p.target])
        self.lengths: list[int] = []
        if look_ahead is not None:
            self.lengths.append(window_length(look_ahead, wanted_steps))
        if crossing is not None and wanted_steps is None:
            self.lengths.append(min(self.lengths[0], max(1, crossing // 2)))
        self._tried: dict[int, list[float]] = {length: [] for length in self.lengths}

    def window_steps(self, steps: Window) -> int:
        """The length of the windows into which a span is cut."""
        if not self.lengths:
            return steps.n_steps
        untried = [length for length, tried in self._tried.items() if len(tried) < _TRIALS]
        if untried:
            return min(untried, key=lambda length: len(self._tried[length]))
        return min(self._tried, key=lambda length: min(self._tried[length]))

    def learn(self, steps: Window, window_steps: int, seconds: float) -> None:
        """Take note of how long a span took."""
        tried = self._tried.get(window_steps)
        if tried is not None and len(tried) < _TRIALS:
            tried.append(seconds / steps.n_steps)
