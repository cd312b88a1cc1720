"""The regions of one process through one span of steps, each as far ahead as its inputs allow.

A region may compute a step as soon as every spike that can reach it there is known: when each region that projects
to it has come within the projection's delay of that step (conservative look-ahead: Chandy & Misra 1979, IEEE Trans.
Softw. Eng. 5:440). Nothing else is waited for: regions run ahead of the slowest, as far as delays let them.

Of the regions that may go on, one that is the farthest behind is taken, and of several the one that can go farthest
(where other workers listen, within a stretch all count as equally far: they finish together, in fewer messages).
In a long stretch a region's state and synapses come from memory once, and where regions form a chain or a ring, each
stretch makes the next one longer. Where others would wait for its end, a stretch is shorter: it leaves as much
to each of the other threads, and has some windows at most where other workers listen.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from time import perf_counter
from typing import Protocol

import numpy as np

from thalia_dask.engine.advance import advance_region
from thalia_dask.engine.event_queue import Inbox
from thalia_dask.engine.executor import Emission
from thalia_dask.engine.neighbourhood import Neighbourhood
from thalia_dask.engine.stretches import FEW_REGIONS, fair_steps, longest_stretch, turn_steps
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

    Emissions as such are objects that Python's garbage collector would go through again and again. ``rank`` is the
    region's place in the neighbourhood's order, ``done`` the step that it has reached, and ``known`` the one up to
    which it may go; ``began`` is when it set out for that, if it is on its way.
    """

    rank: int
    name: str
    region: Region
    inbox: Inbox
    signals: tuple[Signal, ...]
    done: int
    known: int
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
        for name in emission.observed.keys() - self.observed.keys():
            self.observed[name] = [np.full(self.n_steps, np.nan, np.float32)] if self.n_steps else []
        for name, values in self.observed.items():
            missing = name not in emission.observed
            values.append(np.full(n_steps, np.nan, np.float32) if missing else emission.observed[name])
        self.n_steps += n_steps
        self.compute_seconds += emission.compute_seconds

    def emission(self) -> Emission:
        """What the region emitted so far."""
        return Emission(
            SpikePacket(np.concatenate(self.steps), np.concatenate(self.neurons)),
            {name: np.concatenate(values) for name, values in self.observed.items()},
            self.compute_seconds,
        )


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

    sources: list[_Course]
    told: int
    n_behind: int
    spikes: dict[str, list[SpikePacket]] = field(default_factory=dict)

    def empty(self) -> Packets:
        """All of it; the worker then knows everything up to where the last of its sources is."""
        self.told = min(course.done for course in self.sources)
        self.n_behind = sum(course.done == self.told for course in self.sources)
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
        self._window_steps = window_steps
        self._longest_steps = longest_stretch(neighbourhood, window_steps)
        self._turn_steps = turn_steps(neighbourhood, window_steps)
        self._n_others = n_threads - 1
        self._neighbourhood = neighbourhood
        self._send = send
        self._patience_s = patience_s
        self._listener = listener
        self._listening_thread: int | None = None
        self._changed = threading.Condition()
        self._error: ThaliaError | None = None
        self._inboxes = {name: Inbox() for name in regions}
        self._courses: dict[str, _Course] = {}
        for rank, name in enumerate(neighbourhood.order):
            inbox, given = self._inboxes[name], arrivals.get(name, NOTHING)
            inbox.schedule(given.projections, given.steps, given.neurons)
            course = _Course(rank, name, regions[name], inbox, given.signals, steps.start, steps.start)
            self._courses[name] = course
        self._by_rank = list(self._courses.values())
        self._progress = dict.fromkeys([*regions, *neighbourhood.dependents], steps.start)
        self._outboxes = {worker: self._outbox(worker) for worker in neighbourhood.workers}
        self._unfinished = len(self._courses)
        self._last_change = perf_counter()
        self._ready: list[tuple[int, int, int]] = []
        self._ready_steps = 0
        self._goals: dict[str, int] = {}
        for course in self._by_rank:
            self._look_ahead(course)

    @property
    def n_stretches(self) -> int:
        """How many stretches the regions were advanced in, all together."""
        return sum(course.n_stretches for course in self._by_rank)

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
            self._note_progress(worker, packets.until)

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
        began = {course.name: course.began for course in self._by_rank}
        return {name: now - since for name, since in began.items() if since is not None}

    def _outbox(self, worker: str) -> _Outbox:
        listeners = self._neighbourhood.listeners
        sources = [course for course in self._by_rank if worker in listeners[course.name]]
        return _Outbox(sources, self._steps.start, len(sources))

    def _take(self) -> tuple[_Course, Window, Arrivals] | None:
        """What is to be computed next; waits until something is ready."""
        course = self._next()
        while course is None and self._unfinished and self._error is None:
            self._wait()
            course = self._next()
        if course is None or self._error is not None:
            return None
        window = Window(course.done, course.done + self._share(course))
        self._goals[course.name] = window.stop
        course.began = perf_counter()
        arrivals = course.inbox.pop_until(window.stop)
        if window.start == self._steps.start and course.signals:
            arrivals = replace(arrivals, signals=course.signals)
        return course, window, arrivals

    def _share(self, course: _Course) -> int:
        """How many of the steps that a region may go a thread is to take at once."""
        n_steps = course.known - course.done
        self._ready_steps -= n_steps
        if not self._n_others:
            return n_steps
        n_hungry = self._n_others
        if len(self._by_rank) <= FEW_REGIONS:
            n_hungry -= sum(self._opens_more(source, course) for source in self._goals)
        running_steps = sum(goal - self._progress[source] for source, goal in self._goals.items())
        return fair_steps(self._ready_steps, running_steps, self._n_others, n_hungry, self._window_steps, n_steps)

    def _opens_more(self, source: str, taken: _Course) -> bool:
        """Whether others than ``taken`` may go farther once a region that is on its way has come where it goes."""
        before, self._progress[source] = self._progress[source], self._goals[source]
        dependents = (self._courses[name] for name in self._neighbourhood.dependents.get(source, ()))
        found = any(
            self._horizon(course) > course.known
            for course in dependents
            if course is not taken and course.name not in self._goals
        )
        self._progress[source] = before
        return found

    def _next(self) -> _Course | None:
        """The region whose turn it is, of those that may go on; entries that are out of date are dropped."""
        while self._ready:
            _, known, rank = heappop(self._ready)
            course = self._by_rank[rank]
            if course.began is None and course.known == -known > course.done:
                return course
        return None

    def _wait(self) -> None:
        began = perf_counter()
        if self._listener is None or self._listening_thread is not None:
            self._changed.wait(self._patience_s)
        else:
            self._listen(self._listener)
        self.waiting_seconds += perf_counter() - began
        if not self._ready and self._unfinished and self.stalled_seconds() >= self._patience_s:
            late = sorted(source for source, step in self._progress.items() if step == min(self._progress.values()))
            self._error = ClusterError(f"nothing was heard of {', '.join(late)} for {self._patience_s:g} s")

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
        course.began, course.done, course.known = None, window.stop, window.stop
        course.add(emission, window.n_steps)
        self._unfinished -= window.stop == self._steps.stop
        del self._goals[course.name]
        self._neighbourhood.axons.carry(course.name, emission.spikes, self._inboxes)
        for worker in self._neighbourhood.listeners[course.name]:
            self._export(self._outboxes[worker], worker, course.name, window, emission.spikes)
        self._look_ahead(course)
        self._note_progress(course.name, window.stop)

    def _export(self, outbox: _Outbox, worker: str, source: str, window: Window, spikes: SpikePacket) -> None:
        """Send what a worker hears from here once all of it has gone beyond what it was told."""
        if len(spikes.steps):
            outbox.spikes.setdefault(source, []).append(spikes)
        outbox.n_behind -= window.start == outbox.told
        if not outbox.n_behind:
            self._send(worker, outbox.empty())

    def _note_progress(self, source: str, until: int) -> None:
        self._progress[source] = until
        for name in self._neighbourhood.dependents.get(source, ()):
            self._look_ahead(self._courses[name])
        self._last_change = perf_counter()
        self._wake_all()

    def _wake_all(self) -> None:
        self._changed.notify_all()
        if self._listener is not None and self._listening_thread not in (None, threading.get_ident()):
            self._listener.wake()

    def _look_ahead(self, course: _Course) -> None:
        """See how far a region may go by now, unless it is on its way: then at its return."""
        if course.began is not None:
            return
        known = min(self._horizon(course), course.done + self._longest_steps)
        if known > course.known:
            self._ready_steps += known - course.known
            course.known = known
            turn = (course.done - self._steps.start) // self._turn_steps
            heappush(self._ready, (turn, -known, course.rank))

    def _horizon(self, course: _Course) -> int:
        return self._neighbourhood.horizon(course.name, self._progress, self._steps, self._window_steps)
