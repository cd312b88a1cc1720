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
_FEWEST_ROUNDS, _ENOUGH_SECONDS = 2, 0.9
_PARTS = 4
"""Costs are those of the last quarter: for half a second, activity may rise as the brain learns."""
_FAR_AHEAD = 4
"""A piece of so many look-aheads is one in which regions go clearly further at once than that."""


def try_out(plan: BrainPlan, max_rate_hz: float, window_steps: int | None) -> Trial:
    """What it takes, from a sequential brain that is built for this and stimulated on all its axons.

    It goes on for a second of the brain's time, or of ours. Where delays are short, pieces that regions go through as
    far ahead as they can take turns with pieces in spans of the look-ahead.

    Parameters
    ----------
    max_rate_hz : of a fully stimulated axon.
    window_steps : a window that was asked for, or None for the longest.

    Raises
    ------
    ConfigError, RegionError : as a brain of this plan.
    """
    ways = _ways(plan)
    with RunAheadExecutor() as executor:
        executor.start({spec.name: creator(spec) for spec in plan.regions}, plan.projections)
        tried = _Tried(plan, executor, max_rate_hz, window_steps)
        pieces: list[list[_Piece]] = [[] for _ in ways]
        began, n_most = perf_counter(), _steps(_MOST_MS, plan) // sum(way.n_steps for way in ways)
        for n_rounds in range(max(n_most, _FEWEST_ROUNDS)):
            if n_rounds >= _FEWEST_ROUNDS and perf_counter() - began >= _ENOUGH_SECONDS:
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


def _ways(plan: BrainPlan) -> list[_Way]:
    """As far ahead as regions can go, and, where that is far, in spans of the look-ahead."""
    n_steps, look_ahead_steps = _steps(_PIECE_MS, plan), plan.look_ahead_steps
    if look_ahead_steps is None:
        return [_Way(n_steps, n_steps)]
    if 2 * look_ahead_steps <= _steps(_LONGEST_PIECE_MS, plan):
        n_steps = max(n_steps, 2 * look_ahead_steps)
    far = _Way(n_steps, n_steps)
    return [far, _Way(n_steps, look_ahead_steps)] if n_steps >= _FAR_AHEAD * look_ahead_steps else [far]


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
