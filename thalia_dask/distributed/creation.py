"""Creating actors on chosen workers, without ever waiting for a worker that will not come."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import cloudpickle
from distributed import Actor, Client, Future
from distributed import wait as wait_for_futures

from thalia_dask.distributed.cluster import Cluster
from thalia_dask.distributed.crew import known_workers
from thalia_dask.distributed.versions import has_versions
from thalia_dask.engine.executor import RegionCreator
from thalia_dask.errors import ClusterError, ConfigError, WorkerLostError

_LOOK_FOR_LOST_WORKERS_EVERY_S = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Living:
    """An actor on its worker. The future keeps the actor alive and knows when its worker is gone."""

    worker: str
    future: Future[Any]
    actor: Actor

    @property
    def key(self) -> str:
        return str(self.future.key)

    def lost(self) -> bool:
        return str(self.future.status) != "finished"


@dataclass(frozen=True, slots=True)
class ActorOrder:
    """An actor to create: its class, the worker to create it on and what to build it from."""

    actor_class: type
    worker: str
    arguments: Sequence[Any]


def pickle_creator(region: str, creator: RegionCreator) -> bytes:
    """The creator as bytes that any worker can read.

    Raises
    ------
    ConfigError : if it cannot be pickled; found here, because Dask would wait for ever.
    """
    try:
        return bytes(cloudpickle.dumps(creator))
    except Exception as error:
        raise ConfigError(
            f"the creator of region '{region}' cannot be sent to a worker: {error}; use a function at module level, "
            "and give it plain values instead of open files, locks, generators or live regions"
        ) from error


def create_actors(
    cluster: Cluster, orders: Mapping[str, ActorOrder], timeout_s: float, hung_s: float = math.inf
) -> dict[str, Living]:
    """Create one actor for each order; all workers build at the same time.

    Parameters
    ----------
    timeout_s : how long that may take.
    hung_s : how long a worker may give no sign of life meanwhile.

    Raises
    ------
    WorkerLostError : if a worker disappeared while it was building, or hangs.
    ClusterError : if the actors are not there in time.
    """
    run, client = uuid4().hex[:8], cluster.client
    futures = {
        name: client.submit(
            order.actor_class,
            *order.arguments,
            actor=True,
            workers=[order.worker],
            allow_other_workers=False,
            key=f"{order.actor_class.__name__}-{run}-{name}",
        )
        for name, order in orders.items()
    }
    cluster.futures += futures.values()
    _await(client, orders, futures, timeout_s, hung_s)
    return {name: _living(name, orders[name].worker, future) for name, future in futures.items()}


def _living(name: str, worker: str, future: Future[Any]) -> Living:
    try:
        return Living(worker, future, future.result())
    except CancelledError as error:  # of Dask when the client or its scheduler is cut off
        raise _lost(worker, "was cut off", name) from error
    except RuntimeError as error:  # "Worker holding Actor was lost": since it was built
        raise _lost(worker, "was lost", name) from error


def _await(
    client: Client,
    orders: Mapping[str, ActorOrder],
    futures: Mapping[str, Future[Any]],
    timeout_s: float,
    hung_s: float,
) -> None:
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            wait_for_futures(list(futures.values()), timeout=_LOOK_FOR_LOST_WORKERS_EVERY_S)
        except TimeoutError:
            pass
        else:
            return
        unbuilt = [name for name, future in futures.items() if not future.done()]
        present = client.sync(known_workers, client)
        for name in unbuilt:
            worker = orders[name].worker
            if worker not in present:
                raise _lost(worker, "was lost", name)
            if hung_s < math.inf and not client.sync(has_versions, client, worker, hung_s):
                raise _lost(worker, f"gave no sign of life for {hung_s:g} s", name)
        if time.monotonic() > deadline:
            names = ", ".join(f"'{name}'" for name in unbuilt)
            raise ClusterError(
                f"region {names} was not built within {timeout_s:g} s; "
                "if building takes longer, raise execution.start_timeout_s"
            )


def _lost(worker: str, how: str, region: str) -> WorkerLostError:
    error = WorkerLostError(
        f"worker {worker} {how} while it was building region '{region}'; "
        "look into its log for the cause, for example too little memory"
    )
    error.workers = (worker,)
    return error
