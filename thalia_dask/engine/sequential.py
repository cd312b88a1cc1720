"""The specification: every region in this process, one after the other."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import perf_counter

from thalia_dask.engine.advance import advance_region
from thalia_dask.engine.effort import WorkerEffort
from thalia_dask.engine.executor import Emission, Executor, RegionCreator
from thalia_dask.errors import ConfigError, RegionError, StateError, ThaliaError
from thalia_dask.regions.base import Region, Snapshot, plain_entries
from thalia_dask.spikes import NOTHING, Arrivals
from thalia_dask.ticks import Window
from thalia_dask.topology.plan import AxonalProjection

HERE = "this process"


class SequentialExecutor(Executor):
    """A plain loop over regions: easy to step through with a debugger."""

    name = "sequential"
    n_workers = 1

    def __init__(self) -> None:
        self.placement: dict[str, str] = {}
        self._regions: dict[str, Region] = {}
        self._effort = WorkerEffort()

    def start(
        self,
        creators: Mapping[str, RegionCreator],
        projections: Sequence[AxonalProjection],  # noqa: ARG002 - the orchestrator carries their spikes
    ) -> None:
        self._regions = {name: _build(name, create) for name, create in creators.items()}
        self.placement = dict.fromkeys(self._regions, HERE)
        self._effort = WorkerEffort()
        self.n_windows = 0

    def advance(self, steps: Window, arrivals: Mapping[str, Arrivals]) -> dict[str, Emission]:
        emissions = {}
        began = perf_counter()
        for name, region in self._regions.items():
            with _told(name, steps.start):
                emissions[name] = advance_region(region, steps, arrivals.get(name, NOTHING))
        compute_seconds = sum(emission.compute_seconds for emission in emissions.values())
        self.n_windows += 1
        self._effort.add(perf_counter() - began, compute_seconds, 0.0)
        return emissions

    def snapshot(self, region: str) -> Snapshot:
        asked = self._regions[region]
        with _told(region):
            snapshot = asked.snapshot()
            plain_entries(snapshot)  # what cannot be kept is refused here, as it is where it must travel
        return snapshot

    def restore(self, region: str, snapshot: Snapshot) -> None:
        asked = self._regions[region]
        with _told(region, but=StateError):
            asked.restore(snapshot)

    def efforts(self) -> dict[str, WorkerEffort]:
        return {HERE: self._effort}

    def close(self) -> None:
        self._regions = {}


def _build(name: str, create: RegionCreator) -> Region:
    with _told(name, but=ConfigError):
        return create()


@contextmanager
def _told(region: str, step: int = 0, but: type[ThaliaError] | tuple[()] = ()) -> Iterator[None]:
    """Whatever is raised here is a RegionError, ``but`` for what this package declares by itself."""
    try:
        yield
    except but:
        raise
    except (Exception, SystemExit) as error:
        raise RegionError(region, step, traceback.format_exc()) from error
