"""A spike travels along an axon and arrives its delay later, at the right port, and nowhere else.

source.{left, right} ──2──> near     (left only)
                     ──5──> far      (right only)
"""

from __future__ import annotations

import numpy as np

from tests.executors import NewExecutor
from thalia_dask.engine.observer import Observer, WindowReport
from thalia_dask.engine.orchestrator import Orchestrator
from thalia_dask.regions.base import Region
from thalia_dask.regions.spec import RegionSpec
from thalia_dask.spikes import Arrivals, SpikePacket
from thalia_dask.ticks import Window
from thalia_dask.topology.plan import AxonalProjection, BrainPlan

PLAN = BrainPlan(
    dt_ms=1.0,
    seed=0,
    regions=tuple(RegionSpec(name, "relay", 6, 1.0, 0) for name in ("far", "near", "source")),
    projections=(
        AxonalProjection("source", "left", "near", "in", 0, 4, delay_steps=2, index=1),
        AxonalProjection("source", "right", "far", "in", 4, 6, delay_steps=5, index=0),
    ),
    stimuli=(),
    populations=tuple((name, (("left", 4), ("right", 2))) for name in ("far", "near", "source")),
)


class Relay(Region):
    """Fires neuron n when axon n of any projection brings a spike."""

    def __init__(self) -> None:
        self.populations = {"left": 4, "right": 2}

    def advance(self, window: Window, arrivals: Arrivals) -> SpikePacket:
        return SpikePacket(arrivals.steps, arrivals.neurons)

    def snapshot(self):
        return {}

    def restore(self, snapshot) -> None:
        pass


class Arrived(Observer):
    def __init__(self) -> None:
        self.seen: list[tuple[str, int, int, int]] = []

    def on_window(self, report: WindowReport) -> None:
        for name, arrivals in report.arrivals.items():
            rows = zip(arrivals.steps, arrivals.projections, arrivals.neurons, strict=True)
            self.seen += [(name, *map(int, row)) for row in rows]


def test_delays_ports_and_slices(new_executor: NewExecutor) -> None:
    arrived = Arrived()
    with new_executor() as executor:
        executor.start(dict.fromkeys(PLAN.region_names, Relay), PLAN.projections)
        orchestrator = Orchestrator(PLAN, executor, [arrived])
        orchestrator.stimulate("source", 0, np.array([1, 1, 3], np.int32), np.array([0, 5, 4], np.int32))
        orchestrator.run(10)
    assert sorted(arrived.seen) == [
        ("far", 1 + 5, 0, 5 - 4),
        ("far", 3 + 5, 0, 4 - 4),
        ("near", 1 + 2, 1, 0),
        ("source", 1, 0, 0),
        ("source", 1, 0, 5),
        ("source", 3, 0, 4),
    ]
    assert orchestrator.now == 10
    assert len(orchestrator.queue) == 0
