"""The specification: every region in this process, one after the other."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from time import perf_counter

from thalia_dask.engine.executor import Emission, Executor, RegionCreator
from thalia_dask.errors import ConfigError, RegionError
from thalia_dask.regions.base import Region, Snapshot
from thalia_dask.spikes import Arrivals
from thalia_dask.ticks import Window

_NOTHING = Arrivals()


class SequentialExecutor(Executor):
    """A plain loop over regions: easy to step through with a debugger."""

    name = "sequential"
    n_workers = 1

    def __init__(self) -> None:
        self._regions: dict[str, Region] = {}

    def start(self, creators: Mapping[str, RegionCreator]) -> None:
        self._regions = {name: _build(name, create) for name, create in creators.items()}

    def advance(self, window: Window, arrivals: Mapping[str, Arrivals]) -> dict[str, Emission]:
        emissions = {}
        for name, region in self._regions.items():
            began = perf_counter()
            try:
                spikes = region.advance(window, arrivals.get(name, _NOTHING))
                observed = region.observe()
            except Exception as error:
                raise RegionError(name, window.start, traceback.format_exc()) from error
            emissions[name] = Emission(spikes, observed, perf_counter() - began)
        return emissions

    def snapshot(self, region: str) -> Snapshot:
        return self._regions[region].snapshot()

    def restore(self, region: str, snapshot: Snapshot) -> None:
        self._regions[region].restore(snapshot)

    def close(self) -> None:
        self._regions = {}


def _build(name: str, create: RegionCreator) -> Region:
    try:
        return create()
    except ConfigError:
        raise
    except Exception as error:
        raise RegionError(name, 0, traceback.format_exc()) from error
