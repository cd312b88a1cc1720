"""The loop that moves a brain through time: batch, advance, gather, reschedule with axonal delay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from thalia_dask.engine.event_queue import EventQueue
from thalia_dask.engine.executor import Emission, Executor
from thalia_dask.engine.observer import Observer, WindowReport
from thalia_dask.engine.windows import split, window_length
from thalia_dask.errors import InputError, RegionError, StateError
from thalia_dask.spikes import Arrivals, Int32Array, Signal, SpikePacket
from thalia_dask.ticks import Window
from thalia_dask.topology.plan import AxonalProjection, BrainPlan


@dataclass(frozen=True, slots=True, eq=False)
class TravelState:
    """What moves between regions at one point in time: with the regions' own snapshots, the whole state.

    Attributes
    ----------
    now : the next step to be computed.
    flights : spikes in flight, as :meth:`EventQueue.flights` gives them.
    signals : broadcasts that take effect at ``now``, in order.
    """

    now: int
    flights: Sequence[tuple[str, int, Int32Array, Int32Array]]
    signals: tuple[Signal, ...]


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
        self._sizes = {region: sum(size for _, size in populations) for region, populations in plan.populations}
        self._window_steps = window_length(plan.look_ahead_steps, window_steps)
        self._signals: list[Signal] = []
        self._unfinished: Window | None = None
        self._outgoing: dict[str, list[AxonalProjection]] = {name: [] for name in self._names}
        for projection in plan.projections:
            self._outgoing[projection.source].append(projection)

    def stimulate(self, region: str, port_index: int, steps: Int32Array, neurons: Int32Array) -> None:
        """Schedule external spikes, ordered by (step, neuron), none of them before ``now``."""
        if len(steps) and steps[0] < self.now:
            raise InputError(
                f"a spike for region '{region}' was scheduled at step {steps[0]}, but step {self.now} is the next to "
                f"be computed, so it would be lost; schedule it at step {self.now} or later"
            )
        self.queue.schedule(region, port_index, steps, neurons)

    def broadcast(self, name: str, value: float) -> None:
        """Send a signal to every region; it takes effect at ``now``, in the order of the calls."""
        self._signals.append(Signal(self.now, name, value))
        if name == "reset":
            self.queue.clear()

    def run(self, n_steps: int) -> None:
        """Advance every region by ``n_steps`` steps.

        Raises
        ------
        RegionError : if a region raised, or emitted spikes that cannot be: they would be lost on their way.
        StateError : after a window that was interrupted, by an error or by the keyboard.
        """
        self._check_whole()
        for window in split(self.now, n_steps, self._window_steps):
            began = perf_counter()
            self._unfinished = window
            arrivals = self._batch(window)
            emissions = self._executor.advance(window, arrivals)
            for name in self._names:
                _check_packet(name, self._sizes[name], window, emissions[name].spikes)
            self.now = window.stop
            for name in self._names:
                self._reschedule(name, emissions[name])
            self._unfinished = None
            report = WindowReport(window, arrivals, emissions, perf_counter() - began)
            for observer in self._observers:
                observer.on_window(report)

    def snapshot(self) -> TravelState:
        """What is on its way between regions, as a copy.

        Raises
        ------
        StateError : after a window that was interrupted: regions may be at different steps.
        """
        self._check_whole()
        return TravelState(self.now, self.queue.flights(), tuple(self._signals))

    def restore(self, state: TravelState) -> None:
        """Return to a state that :meth:`snapshot` gave."""
        self.now = state.now
        self.queue.clear()
        for region, projection, steps, neurons in state.flights:
            self.queue.schedule(region, projection, steps, neurons)
        self._signals = list(state.signals)
        self._unfinished = None

    def _check_whole(self) -> None:
        if self._unfinished is not None:
            raise StateError(
                f"the window that starts at step {self._unfinished.start} was interrupted, so that regions may be at "
                "different steps: close this brain and build or load it again"
            )

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


def _check_packet(region: str, n_neurons: int, window: Window, packet: SpikePacket) -> None:
    """Refuse spikes outside of their window or order, or of neurons that are not there."""
    steps, neurons = packet.steps, packet.neurons
    if not len(packet):
        return
    if steps[0] < window.start or steps[-1] >= window.stop or (steps[1:] < steps[:-1]).any():
        wrong = f"steps {steps.tolist()} for steps {window.start} to {window.stop - 1}"
    elif neurons.min() < 0 or neurons.max() >= n_neurons:
        wrong = f"neurons from {neurons.min()} to {neurons.max()}, but it has {n_neurons}"
    else:
        return
    raise RegionError(
        region,
        window.start,
        f"advance() returned spikes of {wrong}; return the steps of the window in which neurons fired, in order, and "
        "their indices",
    )
