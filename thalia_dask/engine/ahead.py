"""Every region in this process, each as far ahead as delays allow: sequential execution by direct exchange."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import perf_counter

from thalia_dask.engine.executor import Emission, RegionCreator
from thalia_dask.engine.neighbourhood import Neighbourhood
from thalia_dask.engine.sequential import HERE, SequentialExecutor
from thalia_dask.engine.span import Packets, Span
from thalia_dask.spikes import Arrivals
from thalia_dask.ticks import Window
from thalia_dask.topology.plan import AxonalProjection, shortest_delay_steps

_ANYWHERE = 1
"""Window of the spans: regions may stop at any step, since nobody else is to hear of it."""
_NO_PATIENCE = 0.0
"""There is nobody to wait for."""


class RunAheadExecutor(SequentialExecutor):
    """A region goes through many windows at once, while the cache holds it; spikes are those of the plain loop."""

    carries_spikes = True

    def __init__(self) -> None:
        super().__init__()
        self._neighbourhood = Neighbourhood({}, HERE, ())
        self._look_ahead: int | None = None
        self._n_stretches = 0

    def start(self, creators: Mapping[str, RegionCreator], projections: Sequence[AxonalProjection]) -> None:
        super().start(creators, projections)
        self._neighbourhood = Neighbourhood(self.placement, HERE, projections)
        self._look_ahead = shortest_delay_steps(projections)
        self._n_stretches = 0

    def advance(self, steps: Window, arrivals: Mapping[str, Arrivals]) -> dict[str, Emission]:
        if self._look_ahead is not None and steps.n_steps <= self._look_ahead:
            self._n_stretches += len(self._regions)
            return super().advance(steps, arrivals)
        began = perf_counter()
        span = Span(self._regions, self._neighbourhood, steps, _ANYWHERE, arrivals, 1, _send, _NO_PATIENCE)
        span.run()
        emissions = span.result()
        compute_seconds = sum(emission.compute_seconds for emission in emissions.values())
        self._n_stretches += span.n_stretches
        self.n_windows = self._n_stretches // len(self._regions)
        self._effort.add(perf_counter() - began, compute_seconds, 0.0)
        return emissions


def _send(worker: str, packets: Packets) -> None:
    raise AssertionError(f"there is no worker {worker} that could hear of step {packets.until}")
