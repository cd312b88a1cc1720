"""Ten times the brain for how many times the time?"""

from __future__ import annotations

from functools import partial

from benchmarks.contest import Contest, alternate
from benchmarks.networks.areas import Areas
from benchmarks.networks.cuba import cuba
from benchmarks.ours import OneRegion, build
from benchmarks.regions import ManyRegions
from benchmarks.row import Benchmark, Effort, Measurement
from benchmarks.rows.pairs import WARM_UP_MS
from thalia_dask.engine.ahead import RunAheadExecutor

DURATION_MS = 1000.0


def neurons_x10(n_neurons: int, in_degree: int, effort: Effort) -> Measurement:
    """A region of ten times the neurons, each with as many synapses."""
    duration_ms = effort.duration_ms(DURATION_MS)
    small, large = (cuba(n, probability=in_degree / n) for n in (n_neurons, 10 * n_neurons))
    with (
        OneRegion(build(small), WARM_UP_MS, duration_ms) as less,
        OneRegion(build(large), WARM_UP_MS, duration_ms) as more,
    ):
        return _growth(alternate(less, more, effort.repeats))


def regions_x10(n_areas: int, n_neurons: int, in_degree: int, effort: Effort) -> Measurement:
    """Ten times the regions, each with as many neurons, synapses and long axons."""
    duration_ms = effort.duration_ms(DURATION_MS)
    small, large = (Areas(n, n_neurons, in_degree) for n in (n_areas, 10 * n_areas))
    with (
        ManyRegions(small.plan(), small.creators(), RunAheadExecutor(), WARM_UP_MS, duration_ms) as less,
        ManyRegions(large.plan(), large.creators(), RunAheadExecutor(), WARM_UP_MS, duration_ms) as more,
    ):
        return _growth(alternate(less, more, effort.repeats))


def _growth(contest: Contest) -> Measurement:
    small_hz, large_hz = contest.rates_hz
    return Measurement(contest.ratios, details={"small_hz": small_hz, "large_hz": large_hz})


SIZE = (
    Benchmark(
        name="size-neurons",
        what="one region, neurons x 10 (4000 to 40 000, 80 synapses each): times longer",
        unit="x",
        must=11,
        aim=10,
        measure=partial(neurons_x10, 4000, 80),
    ),
    Benchmark(
        name="size-regions",
        what="regions x 10 (6 to 60 of 1000 neurons, 80 synapses each), sequential: times longer",
        unit="x",
        must=11,
        aim=10,
        measure=partial(regions_x10, 6, 1000, 80),
    ),
)
