"""How long the windows of direct exchange are. No spike depends on it, only time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from thalia_dask.engine.axons import shortest_delay_steps
from thalia_dask.engine.windows import window_length
from thalia_dask.ticks import Window
from thalia_dask.topology.plan import AxonalProjection

_MESSAGE_SECONDS = 0.5e-3
"""What it takes until another worker has a message: measured between two processes on one machine."""


class Pace:
    """Windows of a brain: the look-ahead, or half of what lies between workers where that hides a message's way.

    With windows of half the shortest delay between workers, what is sent after one window is needed only after the
    next one: it travels while that is being computed. But it takes twice as many messages, so it pays only where a
    window's computation takes longer than a message.

    Parameters
    ----------
    projections : of the brain.
    placement : region -> worker.
    wanted_steps : a length that somebody asked for; it is taken as it is.
    """

    def __init__(
        self, projections: Sequence[AxonalProjection], placement: Mapping[str, str], wanted_steps: int | None
    ) -> None:
        crossing = shortest_delay_steps(p for p in projections if placement[p.source] != placement[p.target])
        self._look_ahead = shortest_delay_steps(projections)
        self._whole = window_length(self._look_ahead, wanted_steps)
        self._half = self._whole
        if crossing is not None and wanted_steps is None:
            self._half = min(self._whole, max(1, crossing // 2))
        self._step_seconds = 0.0

    def window_steps(self, steps: Window) -> int:
        """The length of the windows into which a span is cut."""
        if self._look_ahead is None:
            return steps.n_steps
        return self._half if self._half * self._step_seconds > _MESSAGE_SECONDS else self._whole

    def learn(self, steps: Window, compute_seconds: Sequence[float]) -> None:
        """Take note of how long each worker computed."""
        if steps.n_steps:
            self._step_seconds = max(compute_seconds, default=0.0) / steps.n_steps
