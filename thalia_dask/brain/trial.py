"""A short trial of a brain: what its regions cost when they are active, which their anatomy does not tell."""

from __future__ import annotations

from time import perf_counter

import numpy as np

from thalia_dask.brain.stimulus import StimulusEncoder
from thalia_dask.brain.tally import Tally
from thalia_dask.engine.ahead import RunAheadExecutor
from thalia_dask.engine.orchestrator import Orchestrator
from thalia_dask.performance.costs import Spent
from thalia_dask.regions import creator
from thalia_dask.ticks import to_steps
from thalia_dask.topology.plan import BrainPlan

_PIECE_MS, _FEWEST_PIECES, _MOST_PIECES = 20.0, 3, 50
_ENOUGH_SECONDS = 0.9
_PARTS = 4
"""Costs are those of the last quarter: for half a second, activity may rise as the brain learns."""


def try_out(plan: BrainPlan, max_rate_hz: float, window_steps: int | None) -> Spent:
    """What it takes, from a sequential brain that is built for this and stimulated on all its axons.

    Parameters
    ----------
    max_rate_hz : of a fully stimulated axon.
    window_steps : a window that was asked for, or None for the longest.

    Raises
    ------
    ConfigError, RegionError : as a brain of this plan.
    """
    tally, encoder = Tally(plan), StimulusEncoder(plan, max_rate_hz)
    everywhere = {port.region: np.ones(port.size, np.float32) for port in plan.stimuli}
    with RunAheadExecutor() as executor:
        executor.start({spec.name: creator(spec) for spec in plan.regions}, plan.projections)
        orchestrator = Orchestrator(plan, executor, [tally], window_steps)
        n_piece_steps = max(1, to_steps(_PIECE_MS, plan.dt_ms, "a trial", round_to_grid=True))
        marks = [_so_far(tally, orchestrator, executor)]
        began = perf_counter()
        for n_pieces in range(_MOST_PIECES):
            if n_pieces >= _FEWEST_PIECES and perf_counter() - began >= _ENOUGH_SECONDS:
                break
            for port, steps, axons in encoder.spikes(everywhere, orchestrator.now, n_piece_steps):
                orchestrator.stimulate(port.region, port.index, steps, axons)
            orchestrator.run(n_piece_steps)
            marks.append(_so_far(tally, orchestrator, executor))
    return _between(marks[-1 - max(1, (len(marks) - 1) // _PARTS)], marks[-1])


def _so_far(tally: Tally, orchestrator: Orchestrator, executor: RunAheadExecutor) -> Spent:
    """What was spent since the start."""
    effort = orchestrator.effort
    return Spent(
        dict(tally.compute_seconds),
        carrying_seconds=effort.executor_seconds - sum(tally.compute_seconds.values()),
        orchestrating_seconds=effort.wall_seconds - effort.executor_seconds,
        n_steps=effort.n_steps,
        n_windows=executor.n_windows,
        n_spans=effort.n_spans,
    )


def _between(before: Spent, after: Spent) -> Spent:
    """What was spent after ``before``."""
    return Spent(
        {name: seconds - before.compute_seconds[name] for name, seconds in after.compute_seconds.items()},
        carrying_seconds=after.carrying_seconds - before.carrying_seconds,
        orchestrating_seconds=after.orchestrating_seconds - before.orchestrating_seconds,
        n_steps=after.n_steps - before.n_steps,
        n_windows=after.n_windows - before.n_windows,
        n_spans=after.n_spans - before.n_spans,
    )
