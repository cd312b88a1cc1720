"""How long the windows of direct exchange are. No spike depends on it, only time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from thalia_dask.engine.windows import window_length
from thalia_dask.ticks import Window
from thalia_dask.topology.plan import AxonalProjection, shortest_delay_steps

_TURNS = (0, 0, 1, 0, 1, 1, 1, 1, 0, 1, 0, 0)
"""The length of each span of a trial. Neither is favoured where activity rises or falls, nor where each second or
third is another one: one call of ``forward`` may show what the next does not."""
_SHORTEST_REST, _LONGEST_REST = 25, 769
"""Spans until lengths are tried again: twice as many, but for one, each time that the same one is faster. So in a
cycle of four spans, or of twelve, every trial begins with another one."""


class Pace:
    """Windows of a brain: the look-ahead, or half of what lies between workers, whichever is faster.

    With windows of half the shortest delay between workers, what is sent after one window is needed only after the
    next one: it travels while that is being computed. But it takes twice as many messages, and where no core is free
    for them, those cost more than the waiting. So both lengths are tried in turn, and the faster is kept for a while:
    which one that is depends on how active the brain is.

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
            half = min(self.lengths[0], max(1, crossing // 2))
            if half != self.lengths[0]:
                self.lengths.append(half)
        self._tried: list[float] = []
        self._fastest: int | None = None
        self._rest = self._to_rest = 0

    def window_steps(self, steps: Window) -> int:
        """The length of the windows into which a span is cut."""
        if not self.lengths:
            return steps.n_steps
        if len(self.lengths) == 1:
            return self.lengths[0]
        if self._fastest is not None and self._to_rest:
            return self._fastest
        return self.lengths[_TURNS[len(self._tried)]]

    def learn(self, steps: Window, seconds: float) -> None:
        """Take note of how long a span took in such windows."""
        if self._to_rest:
            self._to_rest -= 1
        elif len(self.lengths) > 1:
            self._tried.append(seconds / steps.n_steps)
            if len(self._tried) == len(_TURNS):
                self._choose()

    def _choose(self) -> None:
        fastest = min(self.lengths, key=self._seconds)
        self._rest = min(2 * self._rest - 1, _LONGEST_REST) if fastest == self._fastest else _SHORTEST_REST
        self._fastest, self._to_rest = fastest, self._rest
        self._tried.clear()

    def _seconds(self, length: int) -> float:
        """Of the spans that were tried with a length, but for the slowest: something else may have disturbed it."""
        turn = self.lengths.index(length)
        return sum(sorted(s for s, which in zip(self._tried, _TURNS, strict=True) if which == turn)[:-1])
