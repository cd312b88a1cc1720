"""A discrete-event simulation of one span of direct exchange: who computes when, and who waits for whom.

Regions become ready, and take turns, as in :class:`thalia_dask.engine.span.Span`. A stretch of a region takes a
thread of its worker and a core; its Python part also takes the worker's interpreter lock, for which messages compete.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from math import ceil

from thalia_dask.engine.neighbourhood import Neighbourhood
from thalia_dask.engine.stretches import FEW_REGIONS, fair_steps, longest_stretch, turn_steps
from thalia_dask.performance.costs import Costs
from thalia_dask.performance.machine import Machine
from thalia_dask.ticks import Window
from thalia_dask.topology.plan import AxonalProjection

AMONG_KERNELS = 1.4
"""Times as long as between minute regions, where it is measured, a message takes between kernels that fill the cache.
On one machine forecasts came true with 1.8, on another with 1.0."""
_FILLS_CACHE_SECONDS = 50e-6
"""Kernels of so long, of all regions of a worker in a window, leave nothing of a message's Python there."""


@dataclass(frozen=True, slots=True)
class Workers:
    """Region -> worker, threads of each worker, and the free cores that all share, perhaps a fraction."""

    placement: dict[str, str]
    n_threads: int
    n_cores: float

    @property
    def regions(self) -> dict[str, list[str]]:
        """Worker -> its regions, in their order; workers without any are missing."""
        regions: dict[str, list[str]] = {}
        for name, worker in self.placement.items():
            regions.setdefault(worker, []).append(name)
        return regions


def span_seconds(
    costs: Costs,
    projections: Sequence[AxonalProjection],
    machine: Machine,
    workers: Workers,
    n_steps: int,
    window_steps: int,
) -> float:
    """Seconds until every region has advanced by ``n_steps``, in windows of ``window_steps``."""
    return _Simulation(costs, projections, machine, workers, n_steps, window_steps).run()


class _Simulation:
    """Events are (time, order, kind, who, step): a stretch that ends, or a message that has arrived, at a step."""

    def __init__(
        self,
        costs: Costs,
        projections: Sequence[AxonalProjection],
        machine: Machine,
        workers: Workers,
        n_steps: int,
        window_steps: int,
    ) -> None:
        self._costs, self._machine, self._home = costs, machine, workers.placement
        self._steps, self._window_steps = Window(0, n_steps), window_steps
        self._hoods = {worker: Neighbourhood(self._home, worker, projections) for worker in workers.regions}
        self._longest = {worker: longest_stretch(hood, window_steps) for worker, hood in self._hoods.items()}
        self._turn = {worker: turn_steps(hood, window_steps) for worker, hood in self._hoods.items()}
        self._names = [name for hood in self._hoods.values() for name in hood.order]
        self._rank = {name: rank for rank, name in enumerate(self._names)}
        self._n_incoming = {name: sum(p.target == name for p in projections) for name in self._home}
        self._done, self._known = dict.fromkeys(self._home, 0), dict.fromkeys(self._home, 0)
        self._goals: dict[str, dict[str, int]] = {worker: {} for worker in self._hoods}
        self._progress: dict[str, dict[str, int]] = {
            worker: dict.fromkeys([*names, *self._hoods[worker].dependents], 0)
            for worker, names in workers.regions.items()
        }
        self._ready: dict[str, list[tuple[int, int, int]]] = {worker: [] for worker in self._hoods}
        self._ready_steps = dict.fromkeys(self._hoods, 0)
        self._threads = {worker: min(workers.n_threads, len(names)) for worker, names in workers.regions.items()}
        self._n_others = {worker: n_threads - 1 for worker, n_threads in self._threads.items()}
        self._lock_free = dict.fromkeys(self._hoods, 0.0)
        self._unread_seconds = dict.fromkeys(self._hoods, 0.0)
        self._n_cores = workers.n_cores
        self._cores = [0.0] * ceil(workers.n_cores)
        self._handling = {
            worker: _among_kernels(sum(costs[name].unlocked_seconds(window_steps) for name in names))
            for worker, names in workers.regions.items()
        }
        self._latency_seconds = machine.latency_seconds * ceil(workers.n_cores) / workers.n_cores
        self._told = {(worker, other): 0 for worker, hood in self._hoods.items() for other in hood.workers}
        self._events: list[tuple[float, int, str, str, int]] = []
        self._order = 0

    def run(self) -> float:
        """The time of the last event."""
        for name in self._names:
            self._look_ahead(name)
        for worker in self._hoods:
            self._start(worker, 0.0)
        now = 0.0
        while self._events:
            now, _, kind, who, step = heappop(self._events)
            if kind == "finished":
                self._finish(who, step, now)
            else:
                self._receive(who, kind, step, now)
        return now

    def _put(self, time: float, kind: str, who: str, step: int) -> None:
        self._order += 1
        heappush(self._events, (time, self._order, kind, who, step))

    def _start(self, worker: str, now: float) -> None:
        """Let idle threads take what is ready."""
        while self._threads[worker] and (name := self._next(worker)) is not None:
            n_steps = self._share(worker, name)
            self._threads[worker] -= 1
            self._goals[worker][name] = self._done[name] + n_steps
            self._put(self._end_of_stretch(worker, name, n_steps, now), "finished", name, self._done[name] + n_steps)

    def _next(self, worker: str) -> str | None:
        while self._ready[worker]:
            _, known, rank = heappop(self._ready[worker])
            name = self._names[rank]
            if name not in self._goals[worker] and self._known[name] == -known > self._done[name]:
                return name
        return None

    def _share(self, worker: str, name: str) -> int:
        n_steps = self._known[name] - self._done[name]
        self._ready_steps[worker] -= n_steps
        n_others, goals = self._n_others[worker], self._goals[worker]
        if not n_others:
            return n_steps
        n_hungry = n_others
        if len(self._hoods[worker].order) <= FEW_REGIONS:
            n_hungry -= sum(self._opens_more(worker, source, name) for source in goals)
        running_steps = sum(goal - self._done[source] for source, goal in goals.items())
        return fair_steps(self._ready_steps[worker], running_steps, n_others, n_hungry, self._window_steps, n_steps)

    def _opens_more(self, worker: str, source: str, taken: str) -> bool:
        progress, goals = self._progress[worker], self._goals[worker]
        before, progress[source] = progress[source], goals[source]
        dependents = self._hoods[worker].dependents.get(source, ())
        found = any(
            self._horizon(worker, name) > self._known[name]
            for name in dependents
            if name != taken and name not in goals
        )
        progress[source] = before
        return found

    def _end_of_stretch(self, worker: str, name: str, n_steps: int, now: float) -> float:
        cost = self._costs[name]
        python = cost.window_seconds + self._machine.task_seconds
        python += n_steps * cost.python_step_seconds + self._n_incoming[name] * self._machine.projection_seconds
        python += self._unread_seconds[worker]
        self._unread_seconds[worker] = 0.0
        kernel = cost.unlocked_seconds(n_steps)
        began = max(now, heappop(self._cores))
        n_busy = 1 + sum(free > began for free in self._cores)
        slower = max(1.0, n_busy / self._n_cores)
        if self._lock_free[worker] > began and self._n_others[worker]:  # one thread alone takes it from nobody
            python += self._machine.handover_seconds
        free = max(began, self._lock_free[worker]) + slower * python
        self._lock_free[worker] = free
        heappush(self._cores, free + slower * kernel)
        return free + slower * kernel

    def _finish(self, name: str, step: int, now: float) -> None:
        worker = self._home[name]
        hood = self._hoods[worker]
        self._threads[worker] += 1
        del self._goals[worker][name]
        before, self._done[name], self._known[name] = self._done[name], step, step
        for other in hood.listeners[name]:
            if before == self._told[worker, other]:
                self._tell(worker, other, now)
        self._look_ahead(name)
        self._note(worker, name, step, now)

    def _tell(self, worker: str, other: str, now: float) -> None:
        """Send a message to another worker if all that it hears from here has gone on."""
        listeners = self._hoods[worker].listeners
        until = min(self._done[source] for source, heard in listeners.items() if other in heard)
        if until > self._told[worker, other]:
            self._told[worker, other] = until
            sent = self._handle_message(worker, now, self._machine.send_seconds)
            self._put(sent + self._latency_seconds, worker, other, until)

    def _receive(self, worker: str, sender: str, until: int, now: float) -> None:
        """A thread that waits reads a message at once, and otherwise one that has come to the end of a stretch."""
        if self._threads[worker]:
            now = self._handle_message(worker, now, self._machine.receive_seconds)
        else:
            self._unread_seconds[worker] += self._handling[worker] * self._machine.receive_seconds
        self._note(worker, sender, until, now)

    def _handle_message(self, worker: str, now: float, seconds: float) -> float:
        """When it is done. It waits for no core, but computing gets what it leaves."""
        seconds *= self._handling[worker]
        heappush(self._cores, max(now, heappop(self._cores)) + seconds)
        self._lock_free[worker] = max(now, self._lock_free[worker]) + seconds
        return self._lock_free[worker]

    def _note(self, worker: str, source: str, until: int, now: float) -> None:
        self._progress[worker][source] = until
        for name in self._hoods[worker].dependents.get(source, ()):
            self._look_ahead(name)
        self._start(worker, now)

    def _look_ahead(self, name: str) -> None:
        worker = self._home[name]
        if name in self._goals[worker]:
            return
        known = min(self._horizon(worker, name), self._done[name] + self._longest[worker])
        if known > self._known[name]:
            self._ready_steps[worker] += known - self._known[name]
            self._known[name] = known
            turn = self._done[name] // self._turn[worker]
            heappush(self._ready[worker], (turn, -known, self._rank[name]))

    def _horizon(self, worker: str, name: str) -> int:
        return self._hoods[worker].horizon(name, self._progress[worker], self._steps, self._window_steps)


def _among_kernels(seconds: float) -> float:
    """How many times as long Python takes where kernels take so long between one message and the next."""
    return 1.0 + (AMONG_KERNELS - 1.0) * min(1.0, seconds / _FILLS_CACHE_SECONDS)
