"""The workers that hold the regions: a LocalCluster of our own, or whatever a user's client is connected to."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from multiprocessing import current_process
from typing import Any, Protocol

import dask
from distributed import Client, Future, LocalCluster, SpecCluster, Status
from distributed.comm.addressing import get_address_host
from distributed.deploy.cluster import Cluster as DaskCluster
from distributed.utils import silence_logging_cmgr

from thalia_dask.distributed.placement import local_shape
from thalia_dask.distributed.settings import SETTINGS, dashboard_options
from thalia_dask.distributed.uninterrupted import deaf_to_interrupts
from thalia_dask.distributed.versions import check_versions
from thalia_dask.errors import ClusterError
from thalia_dask.interrupts import interrupts_wait

_LOG = logging.getLogger(__name__)


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
    memory_bytes : worker address -> what it may take; without those that have no limit.
    futures : of what lives on the workers; released by :meth:`close`.
    """

    def __init__(self, client: Client, opened: tuple[Closable, ...], n_workers: int | None) -> None:
        self.client = client
        self._process = os.getpid()
        self.futures: list[Future[Any]] = []
        self._opened = opened
        workers = sorted(workers_of(client).items(), key=lambda item: (str(item[1]["name"]), item[0]))[:n_workers]
        self.threads: dict[str, int] = {address: info["nthreads"] for address, info in workers}
        self.memory_bytes: dict[str, int] = {
            address: info["memory_limit"] for address, info in workers if info["memory_limit"]
        }

    @property
    def hosts(self) -> dict[str, list[str]]:
        """Host -> its workers."""
        hosts: dict[str, list[str]] = {}
        for worker in self.threads:
            hosts.setdefault(get_address_host(worker), []).append(worker)
        return hosts

    def let_go(self, futures: Sequence[Future[Any]]) -> None:
        """Release what lives on workers, wherever it still lives."""
        gone = {future.key for future in futures}
        self.futures = [future for future in self.futures if future.key not in gone]
        _release(self.client, list(futures), ())

    def close_first(self, item: Closable) -> None:
        """Close something before the rest, for which it needs the client."""
        self._opened = (item, *self._opened)

    def close(self) -> None:
        """Release the actors and close what was opened; the user's own stays. May be called more than once.

        In a fork of this process it does nothing: no thread of the client is there that could answer.
        """
        if os.getpid() != self._process:
            return
        release = partial(_release, self.client, self.futures, self._opened)
        self.futures, self._opened = [], ()
        if _runs_here(self.client):
            # the garbage collector may run anywhere, and closing waits for this very loop
            threading.Thread(target=release).start()
        else:
            release()


class PatientCluster(LocalCluster):
    """A LocalCluster whose nannies may take their time to start another worker.

    Dask's closes a nanny whose worker is not back within ``distributed.deploy.lost-worker-timeout``, for good.
    """

    def _update_worker_status(self, op: str, msg: Any) -> None:
        update: Callable[[str, Any], None] = super()._update_worker_status
        if op == "remove" and self._starts_another(self.scheduler_info["workers"][msg]["name"]):
            update = super(SpecCluster, self)._update_worker_status  # which takes note, and closes nothing
        update(op, msg)

    def _starts_another(self, name: Any) -> bool:
        """Whether a nanny is there that nobody has asked to end."""
        return name in self.workers and self.workers[name].status == Status.running


def open_local(
    n_workers: int | None,
    threads_per_worker: int | None,
    timeout_s: float,
    *,
    processes: bool = True,
    dashboard_address: str | None = "127.0.0.1:0",
    memory_limit: str | None = None,
    n_regions: int | None = None,
) -> Cluster:
    """Start worker processes on this machine.

    Parameters
    ----------
    n_workers, threads_per_worker : None for what fits the machine, see :func:`local_shape`.
    timeout_s : seconds that the start may take.
    processes, dashboard_address, memory_limit : as for :class:`distributed.LocalCluster`.
    n_regions : that they are to hold, if that is known.

    Raises
    ------
    ClusterError : if they do not start in time.
    """
    if getattr(current_process(), "_inheriting", False):  # as multiprocessing itself finds it out, much later
        raise ClusterError(f"a worker that starts would start workers; {_mend()}")
    n_workers, threads_per_worker = local_shape(n_workers, threads_per_worker, n_regions)
    _LOG.info("starting local workers: %d, threads of each: %d", n_workers, threads_per_worker)
    start = partial(
        PatientCluster,
        n_workers=n_workers,
        threads_per_worker=threads_per_worker,
        processes=processes,
        scheduler_kwargs=dashboard_options(dashboard_address),
        # workers in threads have no host of their own, and would answer HTTP on every interface
        worker_dashboard_address=None if processes else "127.0.0.1:0",
        silence_logs=logging.CRITICAL,
        memory_limit=memory_limit,
        death_timeout=timeout_s,
    )
    with ExitStack() as on_failure, dask.config.set(SETTINGS), _environment_restored():
        try:
            with interrupts_wait(), deaf_to_interrupts():  # Dask cannot close a cluster of which a half has started
                cluster = on_failure.enter_context(closing(start()))
        except RuntimeError as error:
            raise ClusterError(f"{n_workers} local workers could not be started ({error}); {_mend()}") from error
        client = on_failure.enter_context(closing(Client(cluster, direct_to_workers=True, set_as_default=False)))
        opened = Cluster(client, (client, cluster), n_workers)
        on_failure.pop_all()
    return opened


def _mend() -> str:
    """What lets workers start that could not import the main script."""
    script = getattr(sys.modules["__main__"], "__file__", None)
    if script is not None and not os.path.exists(script):  # "<stdin>"
        return (
            f"workers import the main script first, and '{script}' is no file; write the script to one and run that"
        )
    return "workers import the main script first, so what starts a brain must stand under if __name__ == '__main__':"


def join(
    user: Client | DaskCluster, n_workers: int | None, threads_per_worker: int | None, timeout_s: float
) -> Cluster:
    """Use the workers of a user's client or cluster: the first ``n_workers`` of them, or all that are there.

    Parameters
    ----------
    threads_per_worker : how many each must have; None for any number.

    Raises
    ------
    ClusterError : if it is asynchronous or closed, its cluster scales adaptively, it has too few workers when the
        time is up, or they have too few threads, or another version of what results depend on.
    """
    if not isinstance(user, Client | DaskCluster):
        raise ClusterError(
            f"the client is {user!r}, which is no Dask client or cluster; pass one, such as "
            "distributed.Client('tcp://10.0.0.5:8786')"
        )
    what = "client" if isinstance(user, Client) else "cluster"
    if user.asynchronous:
        raise ClusterError(f"the {what} is asynchronous; pass one made without asynchronous=True")
    if not _is_usable(user):
        raise ClusterError(f"the {what} is {_status(user)}; pass one that is connected to a scheduler")
    adaptive = getattr(user.cluster if isinstance(user, Client) else user, "_adaptive", None)
    if adaptive is not None and adaptive.periodic_callback is not None:
        raise ClusterError(
            "the cluster scales adaptively, which would end workers that hold regions; "
            "write cluster.scale(n) instead of cluster.adapt()"
        )
    client, opened = _direct(user)
    _LOG.info("waiting for the workers at %s", _address(client))
    try:
        wait_for_workers(client, n_workers or 1, timeout_s)
        cluster = Cluster(client, opened, n_workers)
        _check_threads(cluster, threads_per_worker)
        check_versions(client, list(cluster.threads), timeout_s)
    except BaseException:
        _release(client, [], opened)
        raise
    return cluster


def _is_usable(user: Client | DaskCluster) -> bool:
    """Whether calls may go to a user's client or cluster."""
    return isinstance(user, Client | DaskCluster) and not user.asynchronous and _status(user) == "running"


def workers_of(client: Client) -> dict[str, dict[str, Any]]:
    """Worker address -> what the scheduler knows of it.

    ``client.scheduler_info`` may return the answer to a question that the client asks now and then by itself, which
    has no workers.
    """
    scheduler: Any = client.scheduler
    workers: dict[str, dict[str, Any]] = client.sync(scheduler.identity, n_workers=-1)["workers"]
    return workers


def _status(user: Client | DaskCluster) -> str:
    return str(getattr(user.status, "name", user.status))


def _direct(user: Client | DaskCluster) -> tuple[Client, tuple[Client, ...]]:
    """A client that reaches workers directly, and what was opened for it."""
    if isinstance(user, Client) and user.direct_to_workers:
        return user, ()
    with dask.config.set({"distributed.comm.timeouts.connect": "5s"}):
        if isinstance(user, Client):
            # in the user's loop: workers in threads of this process answer into that of their own cluster
            client = Client(
                _address(user),
                direct_to_workers=True,
                set_as_default=False,
                security=user.security,
                loop=user.loop,
            )
        else:
            client = Client(user, direct_to_workers=True, set_as_default=False)
    return client, (client,)


def _check_threads(cluster: Cluster, threads_per_worker: int | None) -> None:
    for worker, n_threads in cluster.threads.items():
        if n_threads < (threads_per_worker or 1):
            raise ClusterError(
                f"worker {worker} has {n_threads} thread{'s' * (n_threads > 1)}, but execution.threads_per_worker is "
                f"{threads_per_worker}; start workers with --nthreads {threads_per_worker}, or write null"
            )


def _runs_here(client: Client) -> bool:
    try:
        return asyncio.get_running_loop() is getattr(client.loop, "asyncio_loop", None)
    except RuntimeError:  # no loop runs in this thread
        return False


def _address(client: Client) -> str:
    return str(client.scheduler_info(n_workers=0)["address"])


def leave(client: Client) -> None:
    """Close a client, and take back the subscriptions that every client makes and Dask's scheduler would keep."""
    if client.status == "running":
        for topic in ("print", "warn"):
            client.unsubscribe_topic(topic)
    client.close()


def _release(client: Client, futures: list[Future[Any]], opened: tuple[Closable, ...]) -> None:
    with silence_logging_cmgr(logging.CRITICAL):  # a cluster that closes first ends the silence of all others
        if futures and client.status == "running":
            client.cancel(futures, force=True)  # a handle that was called survives in a cycle until it is collected
        for item in opened:
            if isinstance(item, Client):
                leave(item)
            else:
                item.close()


def wait_for_workers(client: Client, n_workers: int, timeout_s: float) -> None:
    """Wait until there are ``n_workers``.

    Raises
    ------
    ClusterError : if there are fewer when the time is up.
    """
    try:
        client.wait_for_workers(n_workers, timeout=timeout_s)
    except TimeoutError:
        present = len(workers_of(client))
        raise ClusterError(
            f"{_counted_workers(n_workers)} needed at {_address(client)}, but {present} were there after "
            f"{timeout_s:g} s; start more, ask for fewer (execution.n_workers), or raise execution.start_timeout_s"
        ) from None


def _counted_workers(n_workers: int) -> str:
    return "1 worker is" if n_workers == 1 else f"{n_workers} workers are"


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
