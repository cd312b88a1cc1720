"""The regions of one process through one span of steps, each as far ahead as its inputs allow (``engine.turns``)."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Protocol

import numpy as np

from thalia_dask.engine.advance import advance_region
from thalia_dask.engine.event_queue import Inbox
from thalia_dask.engine.executor import Emission
from thalia_dask.engine.neighbourhood import Neighbourhood
from thalia_dask.engine.turns import Turns
from thalia_dask.errors import ClusterError, RegionError, ThaliaError
from thalia_dask.jit import Floats
from thalia_dask.regions.base import Region
from thalia_dask.spikes import NOTHING, Arrivals, Int32Array, Signal, SpikePacket
from thalia_dask.ticks import Window


@dataclass(frozen=True, slots=True, eq=False)
class Packets:
    """What the regions of one worker emitted up to step ``until`` (exclusive), since the packets before.

    Some may have emitted spikes later, too. Regions without spikes are missing.
    """

    until: int
    spikes: Mapping[str, SpikePacket]


Send = Callable[[str, Packets], None]
"""Sends packets to a worker, after all that were sent to it before; does not wait."""


class Listener(Protocol):
    """Takes in what other workers have sent, in the thread that asks for it."""

    def listen(self, wait_s: float) -> None:
        """Hand it to :meth:`Span.receive`; wait so long for something, or until woken."""

    def wake(self) -> None:
        """End the waiting of another thread."""


@dataclass(slots=True, eq=False)
class _Course:
    """One region on its way through the span, and what it has emitted, an array for each stretch.

    Emissions as such are objects that Python's garbage collector would go through again and again. ``began`` is when
    it set out for a stretch, if it is on its way.
    """

    name: str
    region: Region
    inbox: Inbox
    signals: tuple[Signal, ...]
    began: float | None = None
    steps: list[Int32Array] = field(default_factory=list)
    neurons: list[Int32Array] = field(default_factory=list)
    observed: dict[str, list[Floats]] = field(default_factory=dict)
    n_steps: int = 0
    compute_seconds: float = 0.0

    @property
    def n_stretches(self) -> int:
        """In how many the region has come so far."""
        return len(self.steps)

    def add(self, emission: Emission, n_steps: int) -> None:
        """Take in what the region emitted in a stretch; NaN where it leaves out what it observes in others."""
        self.steps.append(emission.spikes.steps)
        self.neurons.append(emission.spikes.neurons)
        for name, series in emission.observed.items():
            if name not in self.observed:
                self.observed[name] = [_unseen(self.n_steps, series)] if self.n_steps else []
        for name, values in self.observed.items():
            missing = name not in emission.observed
            values.append(_unseen(n_steps, values[0]) if missing else emission.observed[name])
        self.n_steps += n_steps
        self.compute_seconds += emission.compute_seconds

    def emission(self) -> Emission:
        """What the region emitted so far."""
        return Emission(
            SpikePacket(np.concatenate(self.steps), np.concatenate(self.neurons)),
            {name: np.concatenate(values) for name, values in self.observed.items()},
            self.compute_seconds,
        )


def _unseen(n_steps: int, like: Floats) -> Floats:
    return np.full((n_steps, *like.shape[1:]), np.nan, np.float32)


@dataclass(slots=True, eq=False)
class _Outbox:
    """What another worker is to be told.

    Attributes
    ----------
    sources : the regions that it hears from.
    told : the step up to which it knows what they emitted.
    n_behind : how many of them have not gone beyond that.
    spikes : region -> what it emitted since then, packet by packet.
    """

    sources: list[str]
    told: int
    n_behind: int
    spikes: dict[str, list[SpikePacket]] = field(default_factory=dict)

    def empty(self, progress: Mapping[str, int]) -> Packets:
        """All of it; the worker then knows everything up to where the last of its sources is."""
        self.told = min(progress[source] for source in self.sources)
        self.n_behind = sum(progress[source] == self.told for source in self.sources)
        packets = Packets(self.told, {name: SpikePacket.joined(spikes) for name, spikes in self.spikes.items()})
        self.spikes = {}
        return packets


class Span:
    """One span, computed by every thread that calls :meth:`run` or :meth:`work`.

    Parameters
    ----------
    regions : by name.
    neighbourhood : of these regions.
    steps : what to compute.
    window_steps : regions stop at multiples of it only, and other workers hear of no less at a time: no longer than
        any delay.
    arrivals : region -> spikes and signals that are known beforehand; those without any may be missing.
    n_threads : how many do so.
    send : how packets reach other workers.
    patience_s : how long to wait for packets before giving up.
    listener : by what threads that have nothing else to do take in packets; None where others do that.
    """

    def __init__(
        self,
        regions: Mapping[str, Region],
        neighbourhood: Neighbourhood,
        steps: Window,
        window_steps: int,
        arrivals: Mapping[str, Arrivals],
        n_threads: int,
        send: Send,
        patience_s: float,
        listener: Listener | None = None,
    ) -> None:
        self.waiting_seconds = 0.0
        self._steps = steps
        self._turns = Turns(neighbourhood, steps, window_steps, n_threads)
        self._neighbourhood = neighbourhood
        self._send = send
        self._patience_s = patience_s
        self._listener = listener
        self._listening_thread: int | None = None
        self._changed = threading.Condition()
        self._error: ThaliaError | None = None
        self._inboxes = {name: Inbox() for name in regions}
        self._courses: dict[str, _Course] = {}
        for name in neighbourhood.order:
            inbox, given = self._inboxes[name], arrivals.get(name, NOTHING)
            inbox.schedule(given.projections, given.steps, given.neurons)
            self._courses[name] = _Course(name, regions[name], inbox, given.signals)
        self._outboxes = {worker: self._outbox(worker) for worker in neighbourhood.workers}
        self._last_change = perf_counter()

    @property
    def n_stretches(self) -> int:
        """How many stretches the regions were advanced in, all together."""
        return sum(course.n_stretches for course in self._courses.values())

    def run(self, fatal: tuple[type[BaseException], ...] = (Exception, SystemExit)) -> None:
        """Compute whatever is ready, until everything is done or something has failed elsewhere.

        Raises
        ------
        RegionError : if a region raised one of the ``fatal`` exceptions; others, such as that of Ctrl-C, pass.
        """
        with self._changed:
            task = self._take()
        while task is not None:
            course, window, arrivals = task
            try:
                emission = advance_region(course.region, window, arrivals)
            except fatal as error:
                raise RegionError(course.name, window.start, traceback.format_exc()) from error
            if self._listener is not None:
                self._listener.listen(0.0)
            with self._changed:
                self._finish(course, window, emission)
                task = self._take()

    def work(self) -> None:
        """As :meth:`run`, on a worker: whatever a region raises must end neither the worker nor its other threads."""
        try:
            self.run((BaseException,))
        except RegionError as error:  # whose frames would keep the regions in memory
            self.fail(RegionError(error.region, error.step, error.remote_traceback))

    def receive(self, worker: str, packets: Packets) -> None:
        """Take in what the regions of another worker have emitted."""
        with self._changed:
            for source, spikes in packets.spikes.items():
                self._neighbourhood.axons.carry(source, spikes, self._inboxes)
            self._turns.note(worker, packets.until)
            self._tell_change()

    def fail(self, error: ThaliaError) -> None:
        """End the span for all threads, unless it has failed already."""
        with self._changed:
            self._error = self._error or error
            self._wake_all()

    def result(self) -> dict[str, Emission]:
        """What the regions emitted in all of the span; raises what made it fail."""
        if self._error is not None:
            raise self._error
        return {name: self._courses[name].emission() for name in self._inboxes}

    def stalled_seconds(self) -> float:
        """How long nothing has been finished or received."""
        return perf_counter() - self._last_change

    def running_seconds(self) -> dict[str, float]:
        """Region that is being computed -> since how long."""
        now = perf_counter()
        began = {name: course.began for name, course in self._courses.items()}
        return {name: now - since for name, since in began.items() if since is not None}

    def _outbox(self, worker: str) -> _Outbox:
        listeners = self._neighbourhood.listeners
        sources = [name for name in self._courses if worker in listeners[name]]
        return _Outbox(sources, self._steps.start, len(sources))

    def _take(self) -> tuple[_Course, Window, Arrivals] | None:
        """What is to be computed next; waits until something is ready."""
        turn = self._turns.take()
        while turn is None and self._turns.n_unfinished and self._error is None:
            self._wait()
            turn = self._turns.take()
        if turn is None or self._error is not None:
            return None
        name, window = turn
        course = self._courses[name]
        course.began = perf_counter()
        arrivals = course.inbox.pop_until(window.stop)
        if window.start == self._steps.start and course.signals:
            arrivals = replace(arrivals, signals=course.signals)
        return course, window, arrivals

    def _wait(self) -> None:
        began = perf_counter()
        if self._listener is None or self._listening_thread is not None:
            self._changed.wait(self._patience_s)
        else:
            self._listen(self._listener)
        self.waiting_seconds += perf_counter() - began
        turns = self._turns
        if not turns.any_ready and turns.n_unfinished and self.stalled_seconds() >= self._patience_s:
            self._error = ClusterError(f"nothing was heard of {', '.join(turns.late())} for {self._patience_s:g} s")

    def _listen(self, listener: Listener) -> None:
        """Wait for packets, and let others go on meanwhile."""
        self._listening_thread = threading.get_ident()
        self._changed.release()
        try:
            listener.listen(self._patience_s)
        finally:
            self._changed.acquire()
            self._listening_thread = None

    def _finish(self, course: _Course, window: Window, emission: Emission) -> None:
        course.began = None
        course.add(emission, window.n_steps)
        self._turns.finish(course.name)
        self._neighbourhood.axons.carry(course.name, emission.spikes, self._inboxes)
        for worker in self._neighbourhood.listeners[course.name]:
            self._export(self._outboxes[worker], worker, course.name, window, emission.spikes)
        self._tell_change()

    def _export(self, outbox: _Outbox, worker: str, source: str, window: Window, spikes: SpikePacket) -> None:
        """Send what a worker hears from here once all of it has gone beyond what it was told."""
        if len(spikes.steps):
            outbox.spikes.setdefault(source, []).append(spikes)
        outbox.n_behind -= window.start == outbox.told
        if not outbox.n_behind:
            self._send(worker, outbox.empty(self._turns.progress))

    def _tell_change(self) -> None:
        self._last_change = perf_counter()
        self._wake_all()

    def _wake_all(self) -> None:
        self._changed.notify_all()
        if self._listener is not None and self._listening_thread not in (None, threading.get_ident()):
            self._listener.wake()
