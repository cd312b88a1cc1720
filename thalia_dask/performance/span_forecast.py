"""A discrete-event simulation of one span of direct exchange: who computes when, and who waits for whom.

Regions take turns as they do in a span (:class:`thalia_dask.engine.turns.Turns`). A stretch of a region takes a
thread of its worker and a core; its Python part also takes the worker's interpreter lock, for which messages compete.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from math import ceil

from thalia_dask.engine.neighbourhood import Neighbourhood
from thalia_dask.engine.turns import Turns
from thalia_dask.performance.costs import Costs
from thalia_dask.performance.machine import Machine
from thalia_dask.ticks import Window
from thalia_dask.topology.plan import AxonalProjection

AMONG_KERNELS = 1.4
"""Times as long as between minute regions, where it is measured, a message takes between kernels that fill the cache.
On one machine forecasts came true with 1.8, on another with 1.0."""
_FILLS_CACHE_SECONDS = 50e-6
"""Kernels of so long, of all regions of a worker in a window, leave nothing of a message's Python there."""
ALONE = 2 / 3
"""Of what a region has to load anew, the part that messages displace on a worker that has no other region."""


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
        self._machine, self._home = machine, workers.placement
        reloaded = {name: ALONE if len(names) == 1 else 1.0 for names in workers.regions.values() for name in names}
        self._costs = {
            name: replace(cost, reload_seconds=reloaded[name] * cost.reload_seconds) for name, cost in costs.items()
        }
        self._hoods = {worker: Neighbourhood(self._home, worker, projections) for worker in workers.regions}
        self._n_incoming = {name: sum(p.target == name for p in projections) for name in self._home}
        self._n_threads = {worker: min(workers.n_threads, len(names)) for worker, names in workers.regions.items()}
        self._idle_threads = dict(self._n_threads)
        self._turns = {
            worker: Turns(hood, Window(0, n_steps), window_steps, self._n_threads[worker])
            for worker, hood in self._hoods.items()
        }
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
        for worker in self._hoods:
            self._start(worker, 0.0)
        now = 0.0
        while self._events:
            now, _, kind, who, step = heappop(self._events)
            if kind == "finished":
                self._finish(who, now)
            else:
                self._receive(who, kind, step, now)
        return now

    def _put(self, time: float, kind: str, who: str, step: int) -> None:
        self._order += 1
        heappush(self._events, (time, self._order, kind, who, step))

    def _start(self, worker: str, now: float) -> None:
        """Let idle threads take what is ready."""
        while self._idle_threads[worker] and (turn := self._turns[worker].take()) is not None:
            name, window = turn
            self._idle_threads[worker] -= 1
            self._put(self._end_of_stretch(worker, name, window.n_steps, now), "finished", name, window.stop)

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
        if self._lock_free[worker] > began and self._n_threads[worker] > 1:  # one thread alone takes it from nobody
            python += self._machine.handover_seconds
        free = max(began, self._lock_free[worker]) + slower * python
        self._lock_free[worker] = free
        heappush(self._cores, free + slower * kernel)
        return free + slower * kernel

    def _finish(self, name: str, now: float) -> None:
        worker = self._home[name]
        self._idle_threads[worker] += 1
        turns = self._turns[worker]
        before = turns.progress[name]
        turns.finish(name)
        for other in self._hoods[worker].listeners[name]:
            if before == self._told[worker, other]:
                self._tell(worker, other, now)
        self._start(worker, now)

    def _tell(self, worker: str, other: str, now: float) -> None:
        """Send a message to another worker if all that it hears from here has gone on."""
        listeners = self._hoods[worker].listeners
        progress = self._turns[worker].progress
        until = min(progress[source] for source, heard in listeners.items() if other in heard)
        if until > self._told[worker, other]:
            self._told[worker, other] = until
            sent = self._handle_message(worker, now, self._machine.send_seconds)
            self._put(sent + self._latency_seconds, worker, other, until)

    def _receive(self, worker: str, sender: str, until: int, now: float) -> None:
        """A thread that waits reads a message at once, and otherwise one that has come to the end of a stretch."""
        if self._idle_threads[worker]:
            now = self._handle_message(worker, now, self._machine.receive_seconds)
        else:
            self._unread_seconds[worker] += self._handling[worker] * self._machine.receive_seconds
        self._turns[worker].note(sender, until)
        self._start(worker, now)

    def _handle_message(self, worker: str, now: float, seconds: float) -> float:
        """When it is done. It waits for no core, but computing gets what it leaves."""
        seconds *= self._handling[worker]
        heappush(self._cores, max(now, heappop(self._cores)) + seconds)
        self._lock_free[worker] = max(now, self._lock_free[worker]) + seconds
        return self._lock_free[worker]


def _among_kernels(seconds: float) -> float:
    """How many times as long Python takes where kernels take so long between one message and the next."""
    return 1.0 + (AMONG_KERNELS - 1.0) * min(1.0, seconds / _FILLS_CACHE_SECONDS)
