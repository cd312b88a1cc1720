"""Many regions, whatever runs them, as a contestant."""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter
from types import TracebackType
from typing import Self

import torch

from benchmarks.contest import Stretch
from thalia_dask.engine.executor import Executor, RegionCreator
from thalia_dask.engine.observer import Observer, WindowReport
from thalia_dask.engine.orchestrator import Orchestrator
from thalia_dask.ticks import to_steps
from thalia_dask.topology.plan import BrainPlan


class SpikeCounter(Observer):
    """Counts spikes, and keeps none."""

    def __init__(self) -> None:
        self.n_spikes = 0

    def on_window(self, report: WindowReport) -> None:
        self.n_spikes += sum(len(emission.spikes) for emission in report.emissions.values())


class ManyRegions:
    """Regions on an executor, moved by the orchestrator; closed with ``with``."""

    def __init__(
        self,
        plan: BrainPlan,
        creators: Mapping[str, RegionCreator],
        executor: Executor,
        warm_up_ms: float,
        duration_ms: float,
    ) -> None:
        torch.set_num_threads(1)
        self._executor = executor
        self._counter = SpikeCounter()
        self._n_neurons = sum(size for _, populations in plan.populations for _, size in populations)
        self._duration_ms = duration_ms
        self._n_steps = to_steps(duration_ms, plan.dt_ms, "the duration")
        executor.start(creators, plan.projections)
        self._orchestrator = Orchestrator(plan, executor, [self._counter])
        self._orchestrator.run(to_steps(warm_up_ms, plan.dt_ms, "the warm-up"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._executor.close()

    def run(self) -> Stretch:
        before = self._counter.n_spikes
        began = perf_counter()
        self._orchestrator.run(self._n_steps)
        seconds = perf_counter() - began
        n_spikes = self._counter.n_spikes - before
        return Stretch(seconds, n_spikes / self._n_neurons / self._duration_ms * 1e3)
