"""What a window costs where regions compute nothing."""

from __future__ import annotations

from functools import partial
from time import perf_counter

from benchmarks.row import Benchmark, Effort, Measurement
from thalia_dask.distributed.executor import DaskExecutor
from thalia_dask.engine.executor import Executor
from thalia_dask.engine.orchestrator import Orchestrator
from thalia_dask.regions.base import Region, Snapshot
from thalia_dask.regions.spec import Incoming, RegionSpec
from thalia_dask.spikes import Arrivals, SpikePacket
from thalia_dask.ticks import Window
from thalia_dask.topology.plan import AxonalProjection, BrainPlan

DELAY_STEPS = 5
N_WINDOWS = 400
WARM_UP_SPANS, WARM_UP_WINDOWS = 12, 40
"""Until both lengths of windows have been tried (``distributed.pace``), and the faster is kept."""


class EmptyRegion(Region):
    """One neuron that never fires."""

    populations = {"all": 1}  # noqa: RUF012

    def advance(self, window: Window, arrivals: Arrivals) -> SpikePacket:  # noqa: ARG002
        return SpikePacket()

    def snapshot(self) -> Snapshot:
        return {}

    def restore(self, snapshot: Snapshot) -> None:
        pass


def ring(n_regions: int) -> BrainPlan:
    """Empty regions, each joined to the next."""
    names = [f"region{index:03}" for index in range(n_regions)]
    projections = tuple(
        AxonalProjection(names[index - 1], "all", names[index], "in", 0, 1, DELAY_STEPS, 0)
        for index in range(n_regions)
    )
    specs = tuple(
        RegionSpec(names[index], "empty", 1, 1.0, 1, incoming=(Incoming(f"{names[index - 1]}.all", 1, "in"),))
        for index in range(n_regions)
    )
    return BrainPlan(1.0, 1, specs, projections, (), tuple((name, (("all", 1),)) for name in names))


def ms_per_window(plan: BrainPlan, executor: Executor, effort: Effort) -> list[float]:
    """Wall time of a window in ms, for every repeat."""
    n_windows = max(1, round(N_WINDOWS * effort.share))
    figures = []
    with executor:
        executor.start(dict.fromkeys(plan.region_names, EmptyRegion), plan.projections)
        orchestrator = Orchestrator(plan, executor)
        for _ in range(WARM_UP_SPANS):
            orchestrator.run(WARM_UP_WINDOWS * DELAY_STEPS)
        for _ in range(effort.repeats):
            began = perf_counter()
            orchestrator.run(n_windows * DELAY_STEPS)
            figures.append((perf_counter() - began) / n_windows * 1e3)
    return figures


def direct(n_regions: int, effort: Effort) -> Measurement:
    """A window of direct exchange between two workers."""
    return Measurement(ms_per_window(ring(n_regions), DaskExecutor(n_workers=2, exchange="direct"), effort))


def orchestrated(n_regions: int, effort: Effort) -> Measurement:
    """The share of one region in an orchestrated window, on two workers."""
    figures = ms_per_window(ring(n_regions), DaskExecutor(n_workers=2, exchange="orchestrated"), effort)
    return Measurement([figure / n_regions for figure in figures])


EXCHANGE = (
    *(
        Benchmark(
            name=f"exchange-{n_regions}",
            what=f"direct exchange, {n_regions} empty regions on 2 workers, per window",
            unit="ms",
            must=must,
            aim=aim,
            measure=partial(direct, n_regions),
        )
        for n_regions, must, aim in ((6, 0.7, 0.4), (64, 1.0, 0.5), (512, 4.0, 2.0))
    ),
    Benchmark(
        name="orchestrated-call",
        what="orchestrated exchange, 6 empty regions on 2 workers, per region and window",
        unit="ms",
        must=0.8,
        aim=0.3,
        measure=partial(orchestrated, 6),
    ),
)
