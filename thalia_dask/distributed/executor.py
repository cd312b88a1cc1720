"""The Dask executor: regions as actors, one batch of actor futures for each window."""

from __future__ import annotations

import weakref
from collections.abc import Mapping

from distributed import Client

from thalia_dask.distributed.actor import RegionActor, WorkerRegions
from thalia_dask.distributed.calls import Home, call_homes, worker_lost
from thalia_dask.distributed.cluster import Cluster, join, open_local
from thalia_dask.distributed.creation import Living, Order, create_actors, pickle_creator
from thalia_dask.distributed.placement import assign
from thalia_dask.distributed.wire import (
    Batch,
    decode_emission,
    decode_snapshot,
    encode_batch,
    encode_snapshot,
    raise_if_failed,
)
from thalia_dask.engine.executor import Emission, Executor, RegionCreator
from thalia_dask.errors import ClusterError, StateError
from thalia_dask.regions.base import Snapshot
from thalia_dask.spikes import Arrivals
from thalia_dask.ticks import Window

_NOTHING = Arrivals()


class DaskExecutor(Executor):
    """Every region a stateful actor on a worker of a Dask cluster.

    Parameters
    ----------
    client : a synchronous client whose workers are used and which stays open; None starts a LocalCluster.
    n_workers : how many workers hold regions; None for two local ones, or for all of the client's.
    threads_per_worker : threads of each local worker, on which its regions compute side by side.
    costs : region -> relative cost of a step, by which regions are spread over workers; None for equal ones.
    call_timeout_s, start_timeout_s : seconds that a window, and the start of workers and regions, may take.

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
        threads_per_worker: int = 1,
        costs: Mapping[str, float] | None = None,
        call_timeout_s: float = 60.0,
        start_timeout_s: float = 180.0,
    ) -> None:
        self.n_workers = 0
        self.placement: dict[str, str] = {}
        self._user_client = client
        self._n_wanted = n_workers
        self._threads_per_worker = threads_per_worker
        self._costs = costs or {}
        self._call_timeout_s = call_timeout_s
        self._start_timeout_s = start_timeout_s
        self._cluster: Cluster | None = None
        self._regions: dict[str, Living] = {}
        self._homes: list[Home] = []
        self._epoch = 0
        self._sequence = 0
        self._unfinished: Window | None = None

    def start(self, creators: Mapping[str, RegionCreator]) -> None:
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
            self._cluster = open_local(self._n_wanted, self._threads_per_worker, self._start_timeout_s)
        else:
            self._cluster = join(self._user_client, self._n_wanted, self._start_timeout_s)
        weakref.finalize(self, self._cluster.close)
        try:
            with self._cluster.client.as_current():  # a handle binds to the current client
                self._populate(self._cluster, pickled)
        except BaseException:
            self.close()
            raise

    def _populate(self, cluster: Cluster, pickled: Mapping[str, bytes]) -> None:
        costs = {name: self._costs.get(name, 1.0) for name in pickled}
        self.placement = assign(costs, list(cluster.threads))
        orders = {
            name: Order(RegionActor, self.placement[name], (name, blob, self._epoch))
            for name, blob in pickled.items()
        }
        self._regions = create_actors(cluster, orders, self._start_timeout_s)
        for name in self._regions:
            raise_if_failed(self._ask(name, "ready"))

        inhabitants: dict[str, list[str]] = {}
        for name, worker in self.placement.items():
            inhabitants.setdefault(worker, []).append(name)
        orders = {
            worker: Order(WorkerRegions, worker, ([self._regions[n].key for n in names], cluster.threads[worker]))
            for worker, names in inhabitants.items()
        }
        living = create_actors(cluster, orders, self._start_timeout_s)
        self._homes = [Home(tuple(names), living[worker]) for worker, names in inhabitants.items()]
        self.n_workers = len(self._homes)

    def advance(self, window: Window, arrivals: Mapping[str, Arrivals]) -> dict[str, Emission]:
        """Advance every region through the window, all workers at the same time.

        Raises
        ------
        RegionError : if a region raised; the first one in the order of the creators.
        WorkerLostError : if a worker is gone.
        ClusterError : if the window took longer than ``call_timeout_s``.
        """
        client = self._usable().client
        self._sequence += 1
        batches = [[self._encode(name, window, arrivals) for name in home.regions] for home in self._homes]
        self._unfinished = window
        replies = client.sync(call_homes, self._homes, batches, window.start, self._call_timeout_s)
        self._unfinished = None
        return {name: decode_emission(replies[name]) for name in self._regions}

    def _encode(self, region: str, window: Window, arrivals: Mapping[str, Arrivals]) -> bytes:
        return encode_batch(Batch(self._epoch, self._sequence, window, arrivals.get(region, _NOTHING)))

    def snapshot(self, region: str) -> Snapshot:
        """A copy of the complete state of one region, its tensors on the CPU."""
        self._usable()
        return decode_snapshot(self._ask(region, "snapshot"))

    def restore(self, region: str, snapshot: Snapshot) -> None:
        """Put a region back into a state that :meth:`snapshot` gave."""
        self._usable()
        raise_if_failed(self._ask(region, "restore", encode_snapshot(snapshot)))

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
        if self._unfinished is not None:
            raise StateError(
                f"the window that starts at step {self._unfinished.start} was interrupted, so that regions may be "
                "at different steps: close this brain and build it again"
            )
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
