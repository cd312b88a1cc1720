"""The regions of one worker through one span of steps, each as far ahead as its inputs allow.

A region may compute a window as soon as every spike that can reach it there is known: when each region that projects
to it has come within the projection's delay of the window's end (conservative look-ahead: Chandy & Misra 1979, IEEE
Trans. Softw. Eng. 5:440). Nothing else is waited for: regions run ahead of the slowest, as far as delays let them.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from time import perf_counter

import numpy as np

from thalia_dask.distributed.wire import Packets
from thalia_dask.engine.advance import advance_region
from thalia_dask.engine.axons import Axons
from thalia_dask.engine.event_queue import Inbox
from thalia_dask.engine.executor import Emission
from thalia_dask.engine.windows import split
from thalia_dask.errors import ClusterError, RegionError, ThaliaError
from thalia_dask.jit import Floats
from thalia_dask.regions.base import Region
from thalia_dask.spikes import Arrivals, Int32Array, Signal, SpikePacket
from thalia_dask.ticks import Window
from thalia_dask.topology.plan import AxonalProjection

Send = Callable[[str, Packets], None]
"""Sends packets to a worker, after all that were sent to it before; does not wait."""


class Neighbourhood:
    """Who the regions of one worker hear from, and which other workers hear from them.

    Parameters
    ----------
    homes : region -> worker, for all regions of the brain.
    worker : this one.
    projections : of the brain, or none where somebody else carries the spikes.

    Attributes
    ----------
    axons : the projections that end here.
    afferents : region here -> pairs (source, shortest delay in steps). A source is a region here, or another worker:
        what is known of its regions is known of all of them at once.
    dependents : source -> regions here that hear from it.
    listeners : region here -> other workers that hear from it.
    order : the regions here; those first for which other workers wait, so that their spikes travel while the rest is
        being computed.
    """

    def __init__(self, homes: Mapping[str, str], worker: str, projections: Sequence[AxonalProjection]) -> None:
        ending = [p for p in projections if homes[p.target] == worker]
        delays: dict[str, dict[str, int]] = {region: {} for region, home in homes.items() if home == worker}
        self.listeners: dict[str, set[str]] = {region: set() for region in delays}
        for p in ending:
            source = p.source if homes[p.source] == worker else homes[p.source]
            known = delays[p.target].get(source, p.delay_steps)
            delays[p.target][source] = min(known, p.delay_steps)
        for p in projections:
            if homes[p.source] == worker != homes[p.target]:
                self.listeners[p.source].add(homes[p.target])
        self.axons = Axons(ending)
        self.afferents = {region: tuple(sources.items()) for region, sources in delays.items()}
        self.order = sorted(delays, key=lambda region: not self.listeners[region])
        self.dependents: dict[str, list[str]] = {}
        for region, sources in delays.items():
            for source in sources:
                self.dependents.setdefault(source, []).append(region)

    @property
    def workers(self) -> set[str]:
        """The other workers that hear from this one."""
        return set().union(*self.listeners.values())


@dataclass(slots=True, eq=False)
class _Course:
    """One region on its way through the span, and what it has emitted, an array for each window.

    Emissions as such are objects that Python's garbage collector would go through again and again. ``rank`` is the
    region's place in the neighbourhood's order.
    """

    rank: int
    name: str
    region: Region
    inbox: Inbox
    signals: tuple[Signal, ...]
    steps: list[Int32Array] = field(default_factory=list)
    neurons: list[Int32Array] = field(default_factory=list)
    observed: dict[str, list[Floats]] = field(default_factory=dict)
    n_steps: int = 0
    compute_seconds: float = 0.0
    queued: bool = False
    began: float | None = None

    @property
    def n_done(self) -> int:
        """Number of windows that are finished."""
        return len(self.steps)

    def add(self, emission: Emission, n_steps: int) -> None:
        """Take in what the region emitted in the next window; NaN where it leaves out what it observes in others."""
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


class Span:
    """One span, computed by every thread that calls :meth:`work`.

    Parameters
    ----------
    regions : by name.
    neighbourhood : of these regions.
    steps, window_steps : what to compute, and the longest stretch at a time: no longer than any delay.
    arrivals : region -> spikes and signals that are known beforehand.
    send : how packets reach other workers.
    patience_s : how long to wait for packets before giving up.
    """

    def __init__(
        self,
        regions: Mapping[str, Region],
        neighbourhood: Neighbourhood,
        steps: Window,
        window_steps: int,
        arrivals: Mapping[str, Arrivals],
        send: Send,
        patience_s: float,
    ) -> None:
        self.waiting_seconds = 0.0
        self._windows = list(split(steps.start, steps.stop - steps.start, window_steps)) or [steps]
        self._neighbourhood = neighbourhood
        self._send = send
        self._patience_s = patience_s
        self._changed = threading.Condition()
        self._error: ThaliaError | None = None
        self._inboxes = {name: Inbox() for name in regions}
        self._courses: dict[str, _Course] = {}
        ranks = {name: rank for rank, name in enumerate(neighbourhood.order)}
        for name, region in regions.items():
            inbox, given = self._inboxes[name], arrivals[name]
            inbox.schedule(given.projections, given.steps, given.neurons)
            self._courses[name] = _Course(ranks[name], name, region, inbox, given.signals)
        self._by_rank = [self._courses[name] for name in neighbourhood.order]
        self._progress = dict.fromkeys([*regions, *neighbourhood.dependents], steps.start)
        self._unsent: dict[str, list[int]] = {}
        for workers in neighbourhood.listeners.values():
            for worker in workers:
                counts = self._unsent.setdefault(worker, [0] * len(self._windows))
                self._unsent[worker] = [count + 1 for count in counts]
        self._unfinished = len(self._courses)
        self._last_change = perf_counter()
        self._ready: list[tuple[int, int]] = []
        for course in self._by_rank:
            self._queue_if_ready(course)

    def work(self) -> None:
        """Compute whatever is ready, until everything is done or something has failed."""
        with self._changed:
            task = self._take()
        while task is not None:
            course, window, arrivals = task
            try:
                emission = advance_region(course.region, window, arrivals)
            except BaseException:  # a region's SystemExit, too, must not end the worker
                self.fail(RegionError(course.name, window.start, traceback.format_exc()))
                return
            with self._changed:
                self._finish(course, window, emission)
                task = self._take()

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
            self._changed.notify_all()

    def result(self) -> dict[str, Emission]:
        """What the regions emitted in all of the span; raises what made it fail."""
        if self._error is not None:
            raise self._error
        return {name: course.emission() for name, course in self._courses.items()}

    def stalled_seconds(self) -> float:
        """How long nothing has been finished or received."""
        return perf_counter() - self._last_change

    def running_seconds(self) -> dict[str, float]:
        """Region that is being computed -> since how long."""
        now = perf_counter()
        began = {course.name: course.began for course in self._by_rank}
        return {name: now - since for name, since in began.items() if since is not None}

    def _take(self) -> tuple[_Course, Window, Arrivals] | None:
        """What is to be computed next, of what is ready: the earliest window; waits until there is one."""
        while self._error is None and self._unfinished and not self._ready:
            self._wait()
        if self._error is not None or not self._ready:
            return None
        number, rank = heappop(self._ready)
        course, window = self._by_rank[rank], self._windows[number]
        course.began = perf_counter()
        arrivals = course.inbox.pop_until(window.stop)
        if number == 0 and course.signals:
            arrivals = replace(arrivals, signals=course.signals)
        return course, window, arrivals

    def _wait(self) -> None:
        began = perf_counter()
        self._changed.wait(self._patience_s)
        self.waiting_seconds += perf_counter() - began
        if not self._ready and self._unfinished and self.stalled_seconds() >= self._patience_s:
            late = sorted(source for source, step in self._progress.items() if step == min(self._progress.values()))
            self._error = ClusterError(f"nothing was heard of {', '.join(late)} for {self._patience_s:g} s")

    def _finish(self, course: _Course, window: Window, emission: Emission) -> None:
        course.queued, course.began = False, None
        course.add(emission, window.n_steps)
        self._neighbourhood.axons.carry(course.name, emission.spikes, self._inboxes)
        for worker in self._neighbourhood.listeners[course.name]:
            self._export(worker, course.n_done - 1)
        if course.n_done == len(self._windows):
            self._unfinished -= 1
        else:
            self._queue_if_ready(course)
        self._note_progress(course.name, window.stop)

    def _note_progress(self, source: str, until: int) -> None:
        self._progress[source] = until
        for name in self._neighbourhood.dependents.get(source, ()):
            self._queue_if_ready(self._courses[name])
        self._last_change = perf_counter()
        self._changed.notify_all()

    def _export(self, worker: str, index: int) -> None:
        """Send a window to a worker once all regions that it hears from have finished it."""
        self._unsent[worker][index] -= 1
        if self._unsent[worker][index]:
            return
        listeners = self._neighbourhood.listeners
        spikes = {
            course.name: SpikePacket(course.steps[index], course.neurons[index])
            for course in self._by_rank
            if worker in listeners[course.name] and len(course.steps[index])
        }
        self._send(worker, Packets(self._windows[index].stop, spikes))

    def _queue_if_ready(self, course: _Course) -> None:
        done = course.n_done
        if course.queued or done == len(self._windows):
            return
        stop = self._windows[done].stop
        progress = self._progress
        for source, delay in self._neighbourhood.afferents[course.name]:
            if progress[source] < stop - delay:
                return
        course.queued = True
        heappush(self._ready, (done, course.rank))
