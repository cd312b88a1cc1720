"""A discrete-event simulation of one span of direct exchange: who computes when, and who waits for whom.

Regions become ready as in :class:`thalia_dask.distributed.span.Span`. A window of a region takes a thread of its
worker and a core; its Python part also takes the worker's interpreter lock, for which messages compete, too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from math import ceil

from thalia_dask.distributed.span import Neighbourhood
from thalia_dask.performance.costs import Costs
from thalia_dask.performance.machine import Machine
from thalia_dask.ticks import Window
from thalia_dask.topology.plan import AxonalProjection


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
    windows: Sequence[Window],
) -> float:
    """Seconds until every region has advanced through all windows."""
    return _Simulation(costs, projections, machine, workers, windows).run()


class _Simulation:
    """Events are (time, order, what): a window that is finished, or a message that has arrived."""

    def __init__(
        self,
        costs: Costs,
        projections: Sequence[AxonalProjection],
        machine: Machine,
        workers: Workers,
        windows: Sequence[Window],
    ) -> None:
        self._costs, self._machine, self._windows, self._home = costs, machine, windows, workers.placement
        self._hoods = {worker: Neighbourhood(self._home, worker, projections) for worker in workers.regions}
        self._names = [name for hood in self._hoods.values() for name in hood.order]
        self._rank = {name: rank for rank, name in enumerate(self._names)}
        self._n_incoming = {name: sum(p.target == name for p in projections) for name in self._home}
        self._done = dict.fromkeys(self._home, 0)
        self._queued: set[str] = set()
        start = windows[0].start
        self._progress: dict[str, dict[str, int]] = {
            worker: dict.fromkeys([*names, *self._hoods[worker].dependents], start)
            for worker, names in workers.regions.items()
        }
        self._ready: dict[str, list[tuple[int, int]]] = {worker: [] for worker in self._hoods}
        self._threads = {worker: min(workers.n_threads, len(names)) for worker, names in workers.regions.items()}
        self._lock_free = dict.fromkeys(self._hoods, 0.0)
        self._n_cores = workers.n_cores
        self._cores = [0.0] * ceil(workers.n_cores)
        self._latency_seconds = machine.latency_seconds * ceil(workers.n_cores) / workers.n_cores
        self._unsent: defaultdict[tuple[str, str, int], int] = defaultdict(int)
        self._senders = {
            (worker, other): sum(other in heard for heard in hood.listeners.values())
            for worker, hood in self._hoods.items()
            for other in hood.workers
        }
        self._events: list[tuple[float, int, str, str, int]] = []
        self._order = 0

    def run(self) -> float:
        """The time of the last event."""
        for name in self._names:
            self._queue_if_ready(name)
        for worker in self._hoods:
            self._start(worker, 0.0)
        now = 0.0
        while self._events:
            now, _, kind, who, index = heappop(self._events)
            if kind == "finished":
                self._finish(who, index, now)
            else:
                self._receive(who, kind, index, now)
        return now

    def _put(self, time: float, kind: str, who: str, index: int) -> None:
        self._order += 1
        heappush(self._events, (time, self._order, kind, who, index))

    def _start(self, worker: str, now: float) -> None:
        """Let idle threads take what is ready, the earliest window first."""
        while self._threads[worker] and self._ready[worker]:
            self._threads[worker] -= 1
            index, rank = heappop(self._ready[worker])
            name = self._names[rank]
            n_steps = self._windows[index].n_steps
            python = self._costs[name].python_seconds(n_steps) + self._machine.task_seconds
            python += self._n_incoming[name] * self._machine.projection_seconds
            kernel = n_steps * self._costs[name].kernel_step_seconds
            began = max(now, heappop(self._cores))
            n_busy = 1 + sum(free > began for free in self._cores)
            slower = max(1.0, n_busy / self._n_cores)
            if self._lock_free[worker] > began:
                python += self._machine.handover_seconds
            free = max(began, self._lock_free[worker]) + slower * python
            self._lock_free[worker] = free
            heappush(self._cores, free + slower * kernel)
            self._put(free + slower * kernel, "finished", name, index)

    def _finish(self, name: str, index: int, now: float) -> None:
        worker = self._home[name]
        self._threads[worker] += 1
        self._done[name] = index + 1
        self._queued.discard(name)
        for other in self._hoods[worker].listeners[name]:
            key = (worker, other, index)
            self._unsent[key] += 1
            if self._unsent[key] == self._senders[worker, other]:
                sent = self._handle_message(worker, now, self._machine.send_seconds)
                self._put(sent + self._latency_seconds, worker, other, index)
        self._queue_if_ready(name)
        self._note(worker, name, index, now)

    def _receive(self, worker: str, sender: str, index: int, now: float) -> None:
        received = self._handle_message(worker, now, self._machine.receive_seconds)
        self._note(worker, sender, index, received)

    def _handle_message(self, worker: str, now: float, seconds: float) -> float:
        """When it is done. It waits for no core, but computing gets what it leaves."""
        heappush(self._cores, max(now, heappop(self._cores)) + seconds)
        self._lock_free[worker] = max(now, self._lock_free[worker]) + seconds
        return self._lock_free[worker]

    def _note(self, worker: str, source: str, index: int, now: float) -> None:
        self._progress[worker][source] = self._windows[index].stop
        for name in self._hoods[worker].dependents.get(source, ()):
            self._queue_if_ready(name)
        self._start(worker, now)

    def _queue_if_ready(self, name: str) -> None:
        index, worker = self._done[name], self._home[name]
        if name in self._queued or index == len(self._windows):
            return
        stop, progress = self._windows[index].stop, self._progress[worker]
        if all(progress[source] >= stop - delay for source, delay in self._hoods[worker].afferents[name]):
            self._queued.add(name)
            heappush(self._ready[worker], (index, self._rank[name]))
