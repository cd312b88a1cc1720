"""A short trial of a brain: what its regions cost when they are active, which their anatomy does not tell."""

from __future__ import annotations

from dataclasses import replace
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

_WARM_UP_MS, _PIECE_MS, _PIECES = 100.0, 20.0, 10
_ENOUGH_SECONDS = 0.5
"""Of measuring; a piece is measured in any case."""


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

        def run(duration_ms: float) -> None:
            n_steps = max(1, to_steps(duration_ms, plan.dt_ms, "a trial", round_to_grid=True))
            for port, steps, axons in encoder.spikes(everywhere, orchestrator.now, n_steps):
                orchestrator.stimulate(port.region, port.index, steps, axons)
            orchestrator.run(n_steps)

        run(_WARM_UP_MS)
        before, effort, n_windows = dict(tally.compute_seconds), replace(orchestrator.effort), executor.n_windows
        began = perf_counter()
        for _ in range(_PIECES):
            run(_PIECE_MS)
            if perf_counter() - began >= _ENOUGH_SECONDS:
                break
        seconds = {name: total - before[name] for name, total in tally.compute_seconds.items()}
        now = orchestrator.effort
        in_executor = now.executor_seconds - effort.executor_seconds
        return Spent(
            seconds,
            carrying_seconds=in_executor - sum(seconds.values()),
            orchestrating_seconds=now.wall_seconds - effort.wall_seconds - in_executor,
            n_steps=now.n_steps - effort.n_steps,
            n_windows=executor.n_windows - n_windows,
            n_spans=now.n_spans - effort.n_spans,
        )
