"""The workers that hold the regions: a LocalCluster of our own, or whatever a user's client is connected to."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Protocol

import dask
from distributed import Client, Future, LocalCluster
from distributed.utils import silence_logging_cmgr

from thalia_dask.distributed.placement import local_shape
from thalia_dask.distributed.versions import check_versions
from thalia_dask.errors import ClusterError

_LOG = logging.getLogger(__name__)
_SETTINGS = {
    "distributed.comm.timeouts.connect": "5s",  # else a call to a worker that is gone blocks for 30 s
    "distributed.comm.timeouts.tcp": "15s",
    "distributed.scheduler.worker-ttl": "30s",
    "distributed.scheduler.work-stealing": False,
    "distributed.scheduler.idle-timeout": None,  # a cluster that only serves actors looks idle
    "distributed.worker.preload": ["thalia_dask.preload"],
    "distributed.worker.profile.enabled": False,
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.terminate": False,  # it would end the worker with its actors
    "distributed.deploy.lost-worker-timeout": "2s",
    "distributed.admin.low-level-log-length": 50,
}


class Closable(Protocol):
    """A client, a cluster, a page."""

    def close(self) -> object:
        """Release it."""


class Cluster:
    """A client that reaches the workers directly, and what had to be opened for it.

    Attributes
    ----------
    client : connected with ``direct_to_workers``; the user's own where it is so connected.
    threads : worker address -> number of threads, in a stable order.
    futures : of what lives on the workers; released by :meth:`close`.
    """

    def __init__(self, client: Client, opened: tuple[Closable, ...], n_workers: int | None) -> None:
        self.client = client
        self.futures: list[Future[Any]] = []
        self._opened = opened
        workers = sorted(
            client.scheduler_info(n_workers=-1)["workers"].items(), key=lambda item: (str(item[1]["name"]), item[0])
        )
        self.threads: dict[str, int] = {address: info["nthreads"] for address, info in workers[:n_workers]}

    def close_first(self, item: Closable) -> None:
        """Close something before the rest, for which it needs the client."""
        self._opened = (item, *self._opened)

    def close(self) -> None:
        """Release the actors and close what was opened; the user's own stays. May be called more than once."""
        release = partial(_release, self.client, self.futures, self._opened)
        self.futures, self._opened = [], ()
        if _runs_here(self.client):
            # the garbage collector may run anywhere, and closing waits for this very loop
            threading.Thread(target=release).start()
        else:
            release()


def open_local(
    n_workers: int | None,
    threads_per_worker: int | None,
    timeout_s: float,
    *,
    processes: bool = True,
    dashboard_address: str | None = "127.0.0.1:0",
    memory_limit: str | None = None,
) -> Cluster:
    """Start worker processes on this machine.

    Parameters
    ----------
    n_workers, threads_per_worker : None for what fits the machine, see :func:`local_shape`.
    timeout_s : seconds that the start may take.
    processes, dashboard_address, memory_limit : as for :class:`distributed.LocalCluster`.

    Raises
    ------
    ClusterError : if they do not start in time.
    """
    n_workers, threads_per_worker = local_shape(n_workers, threads_per_worker)
    _LOG.info("starting local workers: %d, threads of each: %d", n_workers, threads_per_worker)
    with dask.config.set(_SETTINGS), _environment_restored():
        try:
            cluster = LocalCluster(
                n_workers=n_workers,
                threads_per_worker=threads_per_worker,
                processes=processes,
                dashboard_address=dashboard_address,
                silence_logs=logging.CRITICAL,
                memory_limit=memory_limit,
                death_timeout=timeout_s,
            )
        except RuntimeError as error:
            raise ClusterError(
                f"{n_workers} local workers could not be started ({error}); workers import the main "
                "script first, so what starts a brain must stand under if __name__ == '__main__':"
            ) from error
        client = Client(cluster, direct_to_workers=True, set_as_default=False)
    return Cluster(client, (client, cluster), n_workers)


def join(client: Client, n_workers: int | None, timeout_s: float) -> Cluster:
    """Use the workers of a user's client: the first ``n_workers`` of them, or all that are there.

    Raises
    ------
    ClusterError : if the client is asynchronous or closed, its cluster scales adaptively, it has too few workers when
        the time is up, or they have another version of this package.
    """
    if client.asynchronous:
        raise ClusterError("the client is asynchronous; pass one made without asynchronous=True")
    if client.status != "running":
        raise ClusterError(f"the client is {client.status}; pass one that is connected to a scheduler")
    adaptive = getattr(client.cluster, "_adaptive", None)
    if adaptive is not None and adaptive.periodic_callback is not None:
        raise ClusterError(
            "the cluster scales adaptively, which would end workers that hold regions; "
            "write cluster.scale(n) instead of cluster.adapt()"
        )
    opened: tuple[Client, ...] = ()
    if not client.direct_to_workers:
        with dask.config.set({"distributed.comm.timeouts.connect": "5s"}):
            client = Client(
                _address(client),
                direct_to_workers=True,
                set_as_default=False,
                security=client.security,
            )
        opened = (client,)
    _LOG.info("waiting for the workers at %s", _address(client))
    try:
        _wait_for_workers(client, n_workers or 1, timeout_s)
        cluster = Cluster(client, opened, n_workers)
        check_versions(client, list(cluster.threads), timeout_s)
    except BaseException:
        _release(client, [], opened)
        raise
    return cluster


def _runs_here(client: Client) -> bool:
    try:
        return asyncio.get_running_loop() is getattr(client.loop, "asyncio_loop", None)
    except RuntimeError:  # no loop runs in this thread
        return False


def _address(client: Client) -> str:
    return str(client.scheduler_info(n_workers=0)["address"])


def _release(client: Client, futures: list[Future[Any]], opened: tuple[Closable, ...]) -> None:
    with silence_logging_cmgr(logging.CRITICAL):  # a cluster that closes first ends the silence of all others
        if futures and client.status == "running":
            client.cancel(futures, force=True)  # a handle that was called survives in a cycle until it is collected
        for item in opened:
            item.close()


def _wait_for_workers(client: Client, n_workers: int, timeout_s: float) -> None:
    try:
        client.wait_for_workers(n_workers, timeout=timeout_s)
    except TimeoutError:
        present = len(client.scheduler_info(n_workers=-1)["workers"])
        raise ClusterError(
            f"{n_workers} workers are needed at {_address(client)}, but {present} were there after "
            f"{timeout_s:g} s; start more, ask for fewer (execution.n_workers), or raise execution.start_timeout_s"
        ) from None


@contextmanager
def _environment_restored() -> Iterator[None]:
    """Undo what a nanny leaves in this process: it sets its workers' OMP_NUM_THREADS and the like here first."""
    names = [*dask.config.get("distributed.nanny.pre-spawn-environ"), "PYTHONHASHSEED"]
    before = {name: os.environ.get(name) for name in names}
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
