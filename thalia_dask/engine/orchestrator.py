"""The loop that moves a brain through time: batch, advance, gather, reschedule with axonal delay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter

import numpy as np

from thalia_dask.engine.event_queue import EventQueue
from thalia_dask.engine.executor import Emission, Executor
from thalia_dask.engine.observer import Observer, WindowReport
from thalia_dask.engine.windows import split, window_length
from thalia_dask.spikes import Arrivals, Int32Array, Signal
from thalia_dask.ticks import Window
from thalia_dask.topology.plan import AxonalProjection, BrainPlan


class Orchestrator:
    """Drives an executor through windows and carries spikes between regions.

    Attributes
    ----------
    now : the next step to be computed.
    queue : the spikes in flight.
    """

    def __init__(
        self,
        plan: BrainPlan,
        executor: Executor,
        observers: Sequence[Observer] = (),
        window_steps: int | None = None,
    ) -> None:
        self.now = 0
        self.queue = EventQueue()
        self._executor = executor
        self._observers = observers
        self._names = plan.region_names
        self._window_steps = window_length(plan.look_ahead_steps, window_steps)
        self._signals: list[Signal] = []
        self._outgoing: dict[str, list[AxonalProjection]] = {name: [] for name in self._names}
        for projection in plan.projections:
            self._outgoing[projection.source].append(projection)

    def stimulate(self, region: str, port_index: int, steps: Int32Array, neurons: Int32Array) -> None:
        """Schedule external spikes, ordered by (step, neuron), none of them before ``now``."""
        self.queue.schedule(region, port_index, steps, neurons)

    def broadcast(self, name: str, value: float) -> None:
        """Send a signal to every region; it takes effect at ``now``, in the order of the calls."""
        self._signals.append(Signal(self.now, name, value))
        if name == "reset":
            self.queue.clear()

    def run(self, n_steps: int) -> None:
        """Advance every region by ``n_steps`` steps."""
        for window in split(self.now, n_steps, self._window_steps):
            began = perf_counter()
            arrivals = self._batch(window)
            emissions = self._executor.advance(window, arrivals)
            self.now = window.stop
            for name in self._names:
                self._reschedule(name, emissions[name])
            report = WindowReport(window, arrivals, emissions, perf_counter() - began)
            for observer in self._observers:
                observer.on_window(report)

    def _batch(self, window: Window) -> dict[str, Arrivals]:
        arrivals = self.queue.pop_until(window.stop)
        if self._signals:
            signals = tuple(self._signals)
            self._signals.clear()
            nothing = Arrivals()
            arrivals = {name: replace(arrivals.get(name, nothing), signals=signals) for name in self._names}
        return arrivals

    def _reschedule(self, source: str, emission: Emission) -> None:
        spikes = emission.spikes
        if not len(spikes):
            return
        for projection in self._outgoing[source]:
            inside = (spikes.neurons >= projection.first) & (spikes.neurons < projection.last)
            self.queue.schedule(
                projection.target,
                projection.index,
                spikes.steps[inside] + np.int32(projection.delay_steps),
                spikes.neurons[inside] - np.int32(projection.first),
            )
