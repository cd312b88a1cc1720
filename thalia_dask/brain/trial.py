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

_PIECE_MS, _FEWEST_PIECES, _MOST_PIECES = 20.0, 3, 25
_LONGEST_PIECE = 5
"""Times as long a piece may be so that regions can run ahead in it."""
_ENOUGH_SECONDS = 0.9
_PARTS = 4
"""Costs are those of the last quarter: for half a second, activity may rise as the brain learns."""


def try_out(plan: BrainPlan, max_rate_hz: float, window_steps: int | None) -> Trial:
    """What it takes, from a sequential brain that is built for this and stimulated on all its axons.

    Pieces that regions go through as far ahead as they can take turns with pieces in spans of the look-ahead.

    Parameters
    ----------
    max_rate_hz : of a fully stimulated axon.
    window_steps : a window that was asked for, or None for the longest.

    Raises
    ------
    ConfigError, RegionError : as a brain of this plan.
    """
    piece_steps = max(1, to_steps(_PIECE_MS, plan.dt_ms, "a trial", round_to_grid=True))
    look_ahead_steps = plan.look_ahead_steps
    if look_ahead_steps is not None and 2 * look_ahead_steps <= _LONGEST_PIECE * piece_steps:
        piece_steps = max(piece_steps, 2 * look_ahead_steps)
    brief_steps = min(look_ahead_steps or piece_steps, piece_steps)
    with RunAheadExecutor() as executor:
        executor.start({spec.name: creator(spec) for spec in plan.regions}, plan.projections)
        tried = _Tried(plan, executor, max_rate_hz, window_steps)
        long: list[_Piece] = []
        brief: list[_Piece] = []
        began = perf_counter()
        for n_pieces in range(_MOST_PIECES):
            if n_pieces >= _FEWEST_PIECES and perf_counter() - began >= _ENOUGH_SECONDS:
                break
            long.append(tried.advance(piece_steps, piece_steps))
            if brief_steps < piece_steps:
                brief.append(tried.advance(piece_steps, brief_steps))
    n_last = max(1, len(long) // _PARTS)
    return Trial(_spent(long[-n_last:]), _spent(brief[-n_last:]) if brief else None)


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

    def advance(self, n_steps: int, span_steps: int) -> _Piece:
        """Advance, in spans that are no longer."""
        orchestrator, before = self._orchestrator, self._so_far()
        for port, steps, axons in self._encoder.spikes(self._everywhere, orchestrator.now, n_steps):
            orchestrator.stimulate(port.region, port.index, steps, axons)
        for first in range(0, n_steps, span_steps):
            orchestrator.run(min(span_steps, n_steps - first))
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
