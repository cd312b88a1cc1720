"""Brains of toy regions: a plan, its creators, and what a run of them leaves behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from tests.toy_regions import toy
from thalia_dask.engine.executor import Executor, RegionCreator
from thalia_dask.engine.observer import Observer, WindowReport
from thalia_dask.engine.orchestrator import Orchestrator
from thalia_dask.regions.spec import Incoming, RegionSpec
from thalia_dask.spikes import NOTHING
from thalia_dask.topology.plan import AxonalProjection, BrainPlan


def plan(regions: Mapping[str, int], axons: Sequence[tuple[str, str, int]]) -> BrainPlan:
    """A plan of regions (name -> size) joined by (source, target, delay_steps)."""
    names = sorted(regions)
    incoming: dict[str, list[Incoming]] = {name: [Incoming("stimulus", regions[name], "in")] for name in names}
    projections = []
    for source, target, delay in sorted(axons):
        size = regions[source]
        projections.append(AxonalProjection(source, "all", target, "in", 0, size, delay, len(incoming[target])))
        incoming[target].append(Incoming(f"{source}.all", size, "in"))
    specs = tuple(RegionSpec(n, "toy", regions[n], 1.0, 1, incoming=tuple(incoming[n])) for n in names)
    return BrainPlan(1.0, 1, specs, tuple(projections), (), tuple((n, (("all", regions[n]),)) for n in names))


def toys(plan: BrainPlan) -> dict[str, RegionCreator]:
    """Creators of toy regions for every region of a plan."""
    return {spec.name: partial(toy, spec.name, size=spec.size, seed=plan.seed) for spec in plan.regions}


@dataclass
class Diary(Observer):
    """Every emission and every arrival, whatever the windows were; ``received`` is arrivals in each step."""

    spikes: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    observed: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    arrived: dict[str, list[tuple[int, int, int]]] = field(default_factory=dict)
    received: dict[str, list[int]] = field(default_factory=dict)
    n_events: int = 0

    def on_window(self, report: WindowReport) -> None:
        for name, emission in report.emissions.items():
            pairs = zip(emission.spikes.steps.tolist(), emission.spikes.neurons.tolist(), strict=True)
            self.spikes.setdefault(name, []).extend(pairs)
            for observable, values in emission.observed.items():
                self.observed.setdefault((name, observable), []).extend(values.tolist())
            arrivals, silence = report.arrivals.get(name, NOTHING), np.zeros(report.window.n_steps, np.int32)
            columns = (arrivals.steps.tolist(), arrivals.projections.tolist(), arrivals.neurons.tolist())
            self.arrived.setdefault(name, []).extend(zip(*columns, strict=True))
            self.received.setdefault(name, []).extend(report.received.counts.get(name, silence).tolist())
        self.n_events += report.received.n_events


def run(
    executor: Executor,
    plan: BrainPlan,
    n_steps: int,
    window_steps: int | None = None,
    creators: Mapping[str, RegionCreator] | None = None,
) -> tuple[Diary, dict[str, dict[str, object]]]:
    """Run a brain with a stimulus, a reward and a reset; return its diary and its final state as plain values."""
    diary = Diary()
    executor.start(creators or toys(plan), plan.projections)
    orchestrator = Orchestrator(plan, executor, [diary], window_steps)
    first = plan.region_names[0]
    for stretch in (n_steps // 2, n_steps - n_steps // 2):
        steps = np.arange(orchestrator.now, orchestrator.now + 3, dtype=np.int32)
        orchestrator.stimulate(first, 0, steps, np.zeros(3, np.int32))
        orchestrator.broadcast("dopamine", 0.25 * (1 + orchestrator.now))
        orchestrator.run(stretch)
    orchestrator.broadcast("reset", 0.0)
    orchestrator.run(2)
    return diary, {name: _plain(executor.snapshot(name)) for name in plan.region_names}


def _plain(snapshot: Mapping[str, object]) -> dict[str, object]:
    return {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in snapshot.items()}
