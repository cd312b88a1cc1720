"""The loop that moves a brain through time: batch, advance, gather, reschedule with axonal delay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter

from thalia_dask.engine.axons import Axons
from thalia_dask.engine.effort import OrchestratorEffort
from thalia_dask.engine.event_queue import EventQueue
from thalia_dask.engine.executor import Executor
from thalia_dask.engine.observer import Observer, WindowReport
from thalia_dask.engine.packets import load_kernels
from thalia_dask.engine.travel import TravelState, check_travel
from thalia_dask.engine.windows import Stride, window_length
from thalia_dask.errors import InputError, StateError
from thalia_dask.spikes import NOTHING, Arrivals, Int32Array, Signal
from thalia_dask.ticks import NEVER, Window
from thalia_dask.topology.plan import BrainPlan


class Orchestrator:
    """Drives an executor through windows and carries spikes between regions.

    Attributes
    ----------
    now : the next step to be computed.
    queue : the spikes in flight.
    effort : where its time went.
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
        self.effort = OrchestratorEffort()
        self._executor = executor
        self._observers = observers
        self._names = plan.region_names
        self._regions = plan.regions
        self._stimuli = plan.stimuli
        self._axons = Axons(plan.projections)
        self._look_ahead = plan.look_ahead_steps
        self._longest_delay = max((projection.delay_steps for projection in plan.projections), default=0)
        load_kernels()
        every_window = not executor.carries_spikes or any(observer.every_window for observer in observers)
        self._stride = Stride(window_length(plan.look_ahead_steps, window_steps), fixed=every_window)
        self._signals: list[Signal] = []
        self._unfinished: Window | None = None
        self._n_recoveries = 0

    def stimulate(self, region: str, port_index: int, steps: Int32Array, neurons: Int32Array) -> None:
        """Schedule external spikes, ordered by (step, neuron), none of them before ``now``."""
        if len(steps) and steps[0] < self.now:
            raise InputError(
                f"a spike for region '{region}' was scheduled at step {steps[0]}, but step {self.now} is the next to "
                f"be computed, so it would be lost; schedule it at step {self.now} or later"
            )
        self.queue.inboxes[region].schedule(port_index, steps, neurons)

    def withdraw_stimuli(self) -> None:
        """Forget the external spikes that are still to come: those of a run that ended early."""
        for port in self._stimuli:
            self.queue.inboxes[port.region].withdraw(port.index)

    def broadcast(self, name: str, value: float) -> None:
        """Send a signal to every region; it takes effect at ``now``, in the order of the calls."""
        self._signals.append(Signal(self.now, name, float(value)))  # as it comes out of a message
        if name == "reset":
            self.queue.clear()

    def run(self, n_steps: int) -> None:
        """Advance every region by ``n_steps`` steps.

        Raises
        ------
        RegionError : if a region raised, or gave back what cannot be: spikes would be lost on their way.
        InputError, StateError : as :meth:`check_can_run`.
        """
        self.check_can_run(n_steps)
        stop = self.now + n_steps
        while self.now < stop:
            next_stop = min((observer.next_stop(self.now) for observer in self._observers), default=stop)
            self._advance(Window(self.now, min(self.now + self._stride.n_steps, next_stop, stop)))

    def check_can_run(self, n_steps: int) -> None:
        """Refuse what :meth:`run` could not do, before anything is scheduled for it.

        Raises
        ------
        InputError : if spikes would arrive later than steps can be counted.
        StateError : after a span that was interrupted, by an error or by the keyboard.
        """
        self._check_whole()
        if self.now + n_steps + self._longest_delay > NEVER:
            raise InputError(
                f"{n_steps} steps from step {self.now} were asked for, but steps are counted up to {NEVER - 1}, and "
                f"spikes arrive up to {self._longest_delay} later; advance by fewer, or build one with a longer dt_ms"
            )

    def snapshot(self) -> TravelState:
        """What is on its way between regions, as a copy.

        Raises
        ------
        StateError : after a span that was interrupted: regions may be at different steps.
        """
        self._check_whole()
        return TravelState(self.now, self.queue.flights(), tuple(self._signals))

    def restore(self, state: TravelState) -> None:
        """Return to a state that :meth:`snapshot` gave.

        Raises
        ------
        StateError : if this brain cannot have been in it.
        """
        check_travel(state, self._regions)
        self.now = state.now
        self.queue.clear()
        for region, projection, steps, neurons in state.flights:
            self.queue.inboxes[region].schedule(projection, steps, neurons)
        self._signals = list(state.signals)
        self._unfinished = None

    def _check_whole(self) -> None:
        if self._unfinished is not None:
            raise StateError(
                f"the span that starts at step {self._unfinished.start} was interrupted, so that regions may be at "
                "different steps: close this brain and build or load it again"
            )

    def _advance(self, steps: Window) -> None:
        """Advance by steps within which no region influences another, or whose spikes the executor carries."""
        began = perf_counter()
        self._unfinished = steps
        arrivals = self._batch(self.queue.pop_until(steps.stop))
        batched = perf_counter()
        emissions = self._executor.advance(steps, arrivals)
        advanced = perf_counter()
        self.now = steps.stop
        for name in self._names:
            self._axons.carry(name, emissions[name].spikes, self.queue.inboxes, since=steps.stop)
        self._unfinished = None
        rescheduled = perf_counter()
        within = self._look_ahead is not None and steps.n_steps > self._look_ahead  # what is emitted may arrive
        report = WindowReport(steps, arrivals, emissions, rescheduled - began, self._axons if within else None)
        self._stride.learn(report.window, report.wall_seconds)
        self._tell_recoveries()
        for observer in self._observers:
            observer.on_window(report)
        effort = self.effort
        effort.n_steps += steps.n_steps
        effort.n_spans += 1
        effort.batching_seconds += batched - began
        effort.executor_seconds += advanced - batched
        effort.rescheduling_seconds += rescheduled - advanced
        effort.observing_seconds += perf_counter() - rescheduled

    def _tell_recoveries(self) -> None:
        for report in self._executor.recoveries[self._n_recoveries :]:
            for observer in self._observers:
                observer.on_recovery(report)
            self._n_recoveries += 1

    def _batch(self, due: dict[str, Arrivals]) -> dict[str, Arrivals]:
        if not self._signals:
            return due
        signals = tuple(self._signals)
        self._signals.clear()
        return {name: replace(due.get(name, NOTHING), signals=signals) for name in self._names}
