"""The Dask executor: regions as actors, one call to each worker for each span of steps."""

from __future__ import annotations

import logging
import weakref
from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import Literal
from uuid import uuid4

from distributed import Client

from thalia_dask.distributed.actor import RegionActor, WorkerRegions
from thalia_dask.distributed.calls import Home, Report, call_homes, worker_lost
from thalia_dask.distributed.cluster import Cluster, join, open_local
from thalia_dask.distributed.creation import ActorOrder, Living, create_actors, pickle_creator
from thalia_dask.distributed.live_page import LivePage
from thalia_dask.distributed.pace import Pace
from thalia_dask.distributed.placement import assign
from thalia_dask.distributed.wire import Order, decode_snapshot, encode_order, encode_snapshot, raise_if_failed
from thalia_dask.engine.effort import WorkerEffort
from thalia_dask.engine.executor import Emission, Executor, RegionCreator
from thalia_dask.engine.page import Screen
from thalia_dask.errors import ClusterError, StateError
from thalia_dask.regions.base import Snapshot
from thalia_dask.spikes import Arrivals
from thalia_dask.ticks import Window
from thalia_dask.topology.plan import AxonalProjection

_LOG = logging.getLogger(__name__)
_NOTHING = Arrivals()
_PATIENCE = 3.0
"""How much longer than its caller a worker waits for another: the caller knows more, and shall be the one to tell."""

Exchange = Literal["direct", "orchestrated"]


class DaskExecutor(Executor):
    """Every region a stateful actor on a worker of a Dask cluster.

    Parameters
    ----------
    client : a synchronous client whose workers are used and which stays open; None starts a LocalCluster.
    n_workers : how many workers hold regions; None for as many as fit this machine, or for all of the client's.
    threads_per_worker : threads of each local worker, on which its regions compute side by side; None to choose.
    exchange : ``"direct"`` where workers carry spikes to each other, ``"orchestrated"`` where the caller does.
    window_steps : length of a window of direct exchange; None for the best up to the shortest delay.
    costs : region -> relative cost of a step, by which regions are spread over workers; None for equal ones.
    call_timeout_s, start_timeout_s : seconds that a window, and the start of workers and regions, may take.
    dashboard_port : where a LocalCluster has its dashboard, on the loopback interface; 0 for any free port.

    Attributes
    ----------
    placement : region -> address of its worker.
    """

    name = "dask"

    def __init__(
        self,
        client: Client | None = None,
        *,
        n_workers: int | None = None,
        threads_per_worker: int | None = None,
        exchange: Exchange = "direct",
        window_steps: int | None = None,
        costs: Mapping[str, float] | None = None,
        call_timeout_s: float = 60.0,
        start_timeout_s: float = 180.0,
        dashboard_port: int = 0,
    ) -> None:
        self.n_workers = 0
        self.placement: dict[str, str] = {}
        self.carries_spikes = exchange == "direct"
        self._window_steps = window_steps
        self._user_client = client
        self._n_wanted = n_workers
        self._threads_per_worker = threads_per_worker
        self._costs = costs or {}
        self._call_timeout_s = call_timeout_s
        self._start_timeout_s = start_timeout_s
        self._dashboard_port = dashboard_port
        self._cluster: Cluster | None = None
        self._regions: dict[str, Living] = {}
        self._homes: list[Home] = []
        self._efforts: dict[str, WorkerEffort] = {}
        self._epoch = 0
        self._sequence = 0
        self._pace = Pace((), {}, None)
        self._unfinished: Window | None = None

    def start(self, creators: Mapping[str, RegionCreator], projections: Sequence[AxonalProjection]) -> None:
        """Open or join the cluster and build every region on its worker.

        Raises
        ------
        ConfigError : if a creator cannot be pickled, or refuses its configuration.
        RegionError : if a creator raised anything else.
        ClusterError : if workers are missing or regions are not built in time.
        StateError : if it is running already.
        """
        if self._cluster is not None:
            raise StateError("the executor is already running: call close() before another start()")
        pickled = {name: pickle_creator(name, create) for name, create in creators.items()}
        if self._user_client is None:
            self._cluster = open_local(
                self._n_wanted,
                self._threads_per_worker,
                self._start_timeout_s,
                dashboard_address=f"127.0.0.1:{self._dashboard_port}",
            )
        else:
            self._cluster = join(self._user_client, self._n_wanted, self._start_timeout_s)
        weakref.finalize(self, self._cluster.close)
        try:
            with self._cluster.client.as_current():  # a handle binds to the current client
                self._populate(self._cluster, pickled, projections)
                self._settle(self._cluster, tuple(projections) if self.carries_spikes else ())
        except BaseException:
            self.close()
            raise

    def _populate(
        self, cluster: Cluster, pickled: Mapping[str, bytes], projections: Sequence[AxonalProjection]
    ) -> None:
        """Build every region."""
        costs = {name: self._costs.get(name, 1.0) for name in pickled}
        self.placement = assign(costs, list(cluster.threads), projections)
        _LOG.info("building %d regions on workers: %d", len(pickled), len(cluster.threads))
        orders = {name: ActorOrder(RegionActor, self.placement[name], (name, blob)) for name, blob in pickled.items()}
        self._regions = create_actors(cluster, orders, self._start_timeout_s)
        for name in self._regions:
            raise_if_failed(self._ask(name, "ready"))

    def _settle(self, cluster: Cluster, projections: Sequence[AxonalProjection]) -> None:
        """Give each worker an actor that advances the regions there, and connect the workers."""
        inhabitants: dict[str, list[str]] = {}
        for name, worker in self.placement.items():
            inhabitants.setdefault(worker, []).append(name)
        run = uuid4().hex
        orders = {
            worker: ActorOrder(
                WorkerRegions,
                worker,
                (
                    [self._regions[name].key for name in names],
                    cluster.threads[worker],
                    self.placement,
                    projections,
                    run,
                    self._epoch,
                ),
            )
            for worker, names in inhabitants.items()
        }
        living = create_actors(cluster, orders, self._start_timeout_s)
        self._homes = [Home(tuple(names), living[worker]) for worker, names in inhabitants.items()]
        for joining in [home.living.actor.join() for home in self._homes]:
            joining.result(timeout=self._start_timeout_s)
        self._pace = Pace(projections, self.placement, self._window_steps)
        self.n_workers = len(self._homes)
        self._efforts = {
            worker: WorkerEffort(min(cluster.threads[worker], len(names))) for worker, names in inhabitants.items()
        }

    def advance(self, steps: Window, arrivals: Mapping[str, Arrivals]) -> dict[str, Emission]:
        """Advance every region, all workers at the same time.

        Raises
        ------
        RegionError : if a region failed.
        WorkerLostError : if a worker is gone.
        ClusterError : if a window took longer than ``call_timeout_s``.
        """
        client = self._usable().client
        if self._unfinished is not None:
            raise StateError(
                f"the span that starts at step {self._unfinished.start} was interrupted, so that regions may be at "
                "different steps: close this brain and build it again"
            )
        self._sequence += 1
        began, window_steps = perf_counter(), self._pace.window_steps(steps)
        order = Order(self._epoch, self._sequence, steps, window_steps, _PATIENCE * self._call_timeout_s)
        orders = [
            encode_order(order, [arrivals.get(name, _NOTHING) for name in home.regions]) for home in self._homes
        ]
        self._unfinished = steps
        reports: list[Report] = client.sync(
            call_homes, self._homes, orders, self._sequence, steps.start, self._call_timeout_s
        )
        self._unfinished = None
        emissions = {
            name: emission
            for home, report in zip(self._homes, reports, strict=True)
            for name, emission in zip(home.regions, report.emissions, strict=True)
        }
        self._pace.learn(steps, window_steps, perf_counter() - began)
        self._note(order, reports)
        return {name: emissions[name] for name in self._regions}

    def _note(self, order: Order, reports: Sequence[Report]) -> None:
        """Take note of where the workers' time went."""
        n_windows = -(-order.steps.n_steps // order.window_steps)
        for home, report in zip(self._homes, reports, strict=True):
            effort, seconds = report.effort, sum(emission.compute_seconds for emission in report.emissions)
            self._efforts[home.living.worker].add(n_windows, effort.wall_seconds, seconds, effort.waiting_seconds)

    def efforts(self) -> dict[str, WorkerEffort]:
        """Worker -> what it has done; of orders that were answered."""
        return self._efforts

    def snapshot(self, region: str) -> Snapshot:
        """A copy of the complete state of one region, its tensors on the CPU."""
        self._usable()
        return decode_snapshot(self._ask(region, "snapshot"))

    def restore(self, region: str, snapshot: Snapshot) -> None:
        """Put a region back into a state that :meth:`snapshot` gave."""
        self._usable()
        raise_if_failed(self._ask(region, "restore", encode_snapshot(snapshot)))

    def open_page(self, screen: Screen) -> LivePage:
        """Show a screen in the dashboard of the scheduler, until :meth:`close`.

        Raises
        ------
        ClusterError : if the scheduler has no dashboard, or lacks this package.
        """
        cluster = self._usable()
        page = LivePage(cluster.client, screen)
        cluster.close_first(page)
        return page

    def close(self) -> None:
        """Let go of the actors and close what :meth:`start` opened; a user's client stays as it was."""
        self._regions, self._homes = {}, []
        if self._cluster is not None:
            self._cluster.close()
            self._cluster = None

    def stop(self) -> None:
        """Close, by the name that Thalia gives it."""
        self.close()

    def _usable(self) -> Cluster:
        if self._cluster is None:
            raise StateError("the executor is not running: call start() first, and nothing after close()")
        if self._cluster.client.status in ("closing", "closed"):
            raise ClusterError(
                "the client was closed with its regions; build this brain again, and close it before its client"
            )
        return self._cluster

    def _ask(self, region: str, question: str, *arguments: bytes) -> bytes:
        living = self._regions[region]
        try:
            reply: bytes = getattr(living.actor, question)(*arguments).result(timeout=self._call_timeout_s)
        except TimeoutError:
            raise ClusterError(
                f"region '{region}' on worker {living.worker} did not answer '{question}' within "
                f"{self._call_timeout_s:g} s; if it needs longer, raise execution.call_timeout_s"
            ) from None
        except (OSError, RuntimeError) as error:
            raise worker_lost(living.worker, [region]) from error
        return reply
