"""A short trial of a brain: what its regions cost when they are active, which their anatomy does not tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import NamedTuple

import numpy as np

from thalia_dask.brain.stimulus import StimulusEncoder
from thalia_dask.brain.tally import Tally
from thalia_dask.engine.ahead import RunAheadExecutor
from thalia_dask.engine.orchestrator import Orchestrator
from thalia_dask.performance.costs import Spent, Trial
from thalia_dask.regions import creator
from thalia_dask.ticks import to_steps
from thalia_dask.topology.plan import BrainPlan

_PIECE_MS, _LONGEST_PIECE_MS, _MOST_MS = 20.0, 60.0, 1000.0
_ENOUGH_SECONDS, _PIECE_SECONDS = 0.9, 0.2
_PARTS = 4
"""Costs are those of the last quarter: for half a second, activity may rise as the brain learns."""
_FAR_AHEAD = 4
"""A piece of so many look-aheads is one in which regions go clearly further at once than that."""


def try_out(plan: BrainPlan, max_rate_hz: float, window_steps: int | None) -> Trial:
    """What it takes, from a sequential brain that is built for this and stimulated on all its axons.

    It goes on for a second of the brain's time, or of ours; pieces of slow regions have fewer steps. Where delays are
    short, pieces that regions go through as far ahead as they can take turns with pieces in spans of the look-ahead.

    Parameters
    ----------
    max_rate_hz : of a fully stimulated axon.
    window_steps : a window that was asked for, or None for the longest.

    Raises
    ------
    ConfigError, RegionError : as a brain of this plan.
    """
    with RunAheadExecutor() as executor:
        executor.start({spec.name: creator(spec) for spec in plan.regions}, plan.projections)
        tried = _Tried(plan, executor, max_rate_hz, window_steps)
        began, n_steps = perf_counter(), _piece_steps(plan)
        ways = _ways(plan, tried.warm_up(n_steps))
        pieces: list[list[_Piece]] = [[] for _ in ways]
        n_most = _steps(_MOST_MS, plan) // sum(way.n_steps for way in ways)
        for n_rounds in range(max(n_most, 1)):
            if n_rounds and perf_counter() - began >= _ENOUGH_SECONDS:
                break
            for number in range(len(ways))[:: (-1) ** n_rounds]:  # what rises meanwhile meets both alike
                pieces[number].append(tried.advance(ways[number]))
    n_last = max(1, len(pieces[0]) // _PARTS)
    long, *brief = (_spent(way[-n_last:]) for way in pieces)
    return Trial(long, brief[0] if brief else None)


class _Way(NamedTuple):
    """How a piece is run: its steps, and those of its longest span."""

    n_steps: int
    span_steps: int


def _piece_steps(plan: BrainPlan) -> int:
    """Steps of a piece of a brain that is fast enough, so many that regions can go far ahead in it."""
    n_steps, look_ahead_steps = _steps(_PIECE_MS, plan), plan.look_ahead_steps
    if look_ahead_steps is not None and 2 * look_ahead_steps <= _steps(_LONGEST_PIECE_MS, plan):
        return max(n_steps, 2 * look_ahead_steps)
    return n_steps


def _ways(plan: BrainPlan, n_steps: int) -> list[_Way]:
    """Pieces of so many steps: as far ahead as regions can go, and, where that is far, in spans of the look-ahead."""
    far, look_ahead_steps = _Way(n_steps, n_steps), plan.look_ahead_steps
    if look_ahead_steps is None or n_steps < _FAR_AHEAD * look_ahead_steps:
        return [far]
    return [far, _Way(n_steps, look_ahead_steps)]


def _steps(duration_ms: float, plan: BrainPlan) -> int:
    return max(1, to_steps(duration_ms, plan.dt_ms, "a trial", round_to_grid=True))


class _Piece(NamedTuple):
    """What had been spent when it began, and when it ended."""

    before: Spent
    after: Spent


class _Tried:
    """The brain, its stimulus, and what they have cost."""

    def __init__(
        self, plan: BrainPlan, executor: RunAheadExecutor, max_rate_hz: float, window_steps: int | None
    ) -> None:
        self._executor, self._tally = executor, Tally(plan)
        self._orchestrator = Orchestrator(plan, executor, [self._tally], window_steps)
        self._encoder = StimulusEncoder(plan, max_rate_hz)
        self._everywhere = {port.region: np.ones(port.size, np.float32) for port in plan.stimuli}

    def warm_up(self, n_most: int) -> int:
        """Advance by 1, 2, 4 ... steps, and return how many, up to ``n_most``, a piece may have for its time.

        A first attempt may take longer than any after it, so there is a second one before they count as too many.
        """
        n_steps = 1
        while n_steps < n_most and any(self._seconds(n_steps) < _PIECE_SECONDS / 2 for _ in range(2)):
            n_steps = min(2 * n_steps, n_most)
        return n_steps

    def _seconds(self, n_steps: int) -> float:
        began = perf_counter()
        self.advance(_Way(n_steps, n_steps))
        return perf_counter() - began

    def advance(self, way: _Way) -> _Piece:
        orchestrator, before = self._orchestrator, self._so_far()
        for port, steps, axons in self._encoder.spikes(self._everywhere, orchestrator.now, way.n_steps):
            orchestrator.stimulate(port.region, port.index, steps, axons)
        for first in range(0, way.n_steps, way.span_steps):
            orchestrator.run(min(way.span_steps, way.n_steps - first))
        return _Piece(before, self._so_far())

    def _so_far(self) -> Spent:
        effort, computing = self._orchestrator.effort, dict(self._tally.compute_seconds)
        return Spent(
            computing,
            carrying_seconds=effort.executor_seconds - sum(computing.values()),
            orchestrating_seconds=effort.wall_seconds - effort.executor_seconds,
            n_steps=effort.n_steps,
            n_windows=self._executor.n_windows,
            n_spans=effort.n_spans,
            n_spikes=sum(self._tally.all_spikes.values()),
        )


def _spent(pieces: Sequence[_Piece]) -> Spent:
    """What was spent in all of them."""

    def total(amount: Callable[[Spent], float]) -> float:
        return sum(amount(after) - amount(before) for before, after in pieces)

    return Spent(
        {
            name: sum(after.compute_seconds[name] - before.compute_seconds[name] for before, after in pieces)
            for name in pieces[0].after.compute_seconds
        },
        carrying_seconds=total(lambda spent: spent.carrying_seconds),
        orchestrating_seconds=total(lambda spent: spent.orchestrating_seconds),
        n_steps=int(total(lambda spent: spent.n_steps)),
        n_windows=int(total(lambda spent: spent.n_windows)),
        n_spans=int(total(lambda spent: spent.n_spans)),
        n_spikes=int(total(lambda spent: spent.n_spikes)),
    )
