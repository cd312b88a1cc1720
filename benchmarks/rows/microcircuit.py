"""The cortical microcircuit: against NEST where that is small enough, and how far from real time."""

from __future__ import annotations

import resource
from functools import partial
from statistics import fmean

from benchmarks.networks.microcircuit import microcircuit, microcircuit_region
from benchmarks.ours import OneRegion
from benchmarks.row import Benchmark, Effort, Measurement
from benchmarks.rows.pairs import WARM_UP_MS, against

DURATION_MS = 1000.0


def real_time_factor(scale: float, effort: Effort) -> Measurement:
    """Seconds for a second of simulation, on one thread."""
    duration_ms = effort.duration_ms(DURATION_MS)
    with OneRegion(microcircuit_region(scale), WARM_UP_MS, duration_ms) as region:
        stretches = [region.run() for _ in range(effort.repeats)]
    rate_hz = fmean(stretch.rate_hz for stretch in stretches)
    return Measurement([stretch.seconds / duration_ms * 1e3 for stretch in stretches], details={"ours_hz": rate_hz})


def peak_memory_gb(scale: float, effort: Effort) -> Measurement:
    """The most memory that this process, which does nothing else, has held."""
    with OneRegion(microcircuit_region(scale), WARM_UP_MS, effort.duration_ms(DURATION_MS)) as region:
        region.run()
    return Measurement([resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9])


_WHAT = "Potjans-Diesmann microcircuit"

MICROCIRCUIT = (
    Benchmark(
        name="microcircuit-0.1/nest",
        what=f"{_WHAT}, scale 0.1, times faster than NEST",
        unit="x",
        must=5,
        aim=15,
        measure=partial(against, "NEST", partial(microcircuit, 0.1), 1000),
        more_is_better=True,
    ),
    *(
        Benchmark(
            name=f"microcircuit-{scale:g}/rtf",
            what=f"{_WHAT}, scale {scale:g}, wall time over simulated time",
            unit="s/s",
            must=None,
            aim=aim,
            measure=partial(real_time_factor, scale),
        )
        for scale, aim in ((0.1, None), (0.3, None), (1.0, 5))
    ),
    Benchmark(
        name="microcircuit-1/memory",
        what=f"{_WHAT}, full scale, peak memory from building to running",
        unit="GB",
        must=5,
        aim=5,
        measure=partial(peak_memory_gb, 1.0),
    ),
)
