"""Eight areas on two cores: threads and processes against one, and against NEST on two threads."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from benchmarks.contest import alternate
from benchmarks.networks.areas import Areas
from benchmarks.peer import Peer
from benchmarks.regions import ManyRegions
from benchmarks.row import Benchmark, Effort, Measurement
from benchmarks.rows.pairs import WARM_UP_MS, details
from thalia_dask.distributed.executor import DaskExecutor
from thalia_dask.engine.ahead import RunAheadExecutor
from thalia_dask.engine.executor import Executor

AREAS = Areas(n_areas=8, n_neurons=20_000, in_degree=400)
SEQUENTIAL_MS, NEST_MS = 1000.0, 200.0


def threads() -> Executor:
    """One worker that computes its regions on two threads."""
    return DaskExecutor(n_workers=1, threads_per_worker=2)


def processes() -> Executor:
    """Two workers of one thread."""
    return DaskExecutor(n_workers=2, threads_per_worker=1)


def against_sequential(executor: Callable[[], Executor], areas: Areas, effort: Effort) -> Measurement:
    """How many times longer the plain loop takes; the spikes are the same to the last one."""
    duration_ms = effort.duration_ms(SEQUENTIAL_MS)
    with (
        ManyRegions(areas.plan(), areas.creators(), executor(), WARM_UP_MS, duration_ms) as ours,
        ManyRegions(areas.plan(), areas.creators(), RunAheadExecutor(), WARM_UP_MS, duration_ms) as theirs,
    ):
        contest = alternate(ours, theirs, effort.repeats)
    return Measurement(contest.ratios, contest.agree(0.0), details(contest, duration_ms))


def against_nest(areas: Areas, effort: Effort) -> Measurement:
    """How many times longer NEST takes, on two threads each."""
    duration_ms = effort.duration_ms(NEST_MS)
    with (
        Peer("NEST", areas.joined(), WARM_UP_MS, duration_ms, n_threads=2) as theirs,
        ManyRegions(areas.plan(), areas.creators(), threads(), WARM_UP_MS, duration_ms) as ours,
    ):
        contest = alternate(ours, theirs, effort.repeats)
    return Measurement(contest.ratios, contest.agree(effort.rate_tolerance), details(contest, duration_ms))


_WHAT = "8 areas of 20 000, delays between them 5-20 ms"

SEVERAL_AREAS = (
    Benchmark(
        name="areas/threads",
        what=f"{_WHAT}: 2 threads, times faster than sequential",
        unit="x",
        must=1.7,
        aim=1.95,
        measure=partial(against_sequential, threads, AREAS),
        more_is_better=True,
    ),
    Benchmark(
        name="areas/processes",
        what=f"{_WHAT}: 2 workers, times faster than sequential",
        unit="x",
        must=1.5,
        aim=1.9,
        measure=partial(against_sequential, processes, AREAS),
        more_is_better=True,
    ),
    Benchmark(
        name="areas/nest",
        what=f"{_WHAT}: 2 threads, times faster than NEST on 2 threads",
        unit="x",
        must=20,
        aim=40,
        measure=partial(against_nest, AREAS),
        more_is_better=True,
    ),
)
