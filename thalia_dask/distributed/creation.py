"""Creating actors on chosen workers, without ever waiting for a worker that will not come."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import cloudpickle
from distributed import Actor, Client, Future

from thalia_dask.distributed.cluster import Cluster
from thalia_dask.distributed.crew import known_workers
from thalia_dask.distributed.versions import has_versions
from thalia_dask.engine.executor import RegionCreator
from thalia_dask.errors import ClusterError, ConfigError, WorkerLostError

_LOOK_EVERY_S = 0.1


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
    """An actor to create: what errors call it, its class, the worker to create it on and what to build it from."""

    what: str
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
    client.sync(_all_built, client, orders, futures, timeout_s, hung_s)
    return {name: _living(orders[name], future) for name, future in futures.items()}


def _living(order: ActorOrder, future: Future[Any]) -> Living:
    try:
        return Living(order.worker, future, future.result())
    except CancelledError as error:  # of Dask when the client or its scheduler is cut off
        raise _lost(order, "was cut off") from error
    except RuntimeError as error:  # "Worker holding Actor was lost": since it was built
        raise _lost(order, "was lost") from error


async def _all_built(
    client: Client,
    orders: Mapping[str, ActorOrder],
    futures: Mapping[str, Future[Any]],
    timeout_s: float,
    hung_s: float,
) -> None:
    deadline = time.monotonic() + timeout_s
    signs: dict[str, asyncio.Task[bool]] = {}
    try:
        while not await _built_soon(futures):
            unbuilt = [order for name, order in orders.items() if not futures[name].done()]
            present = await known_workers(client)
            for order in unbuilt:
                if order.worker not in present:
                    raise _lost(order, "was lost")
            for order in unbuilt if hung_s < math.inf else ():
                sign = signs.get(order.worker)
                if sign is None or sign.done():
                    if sign is not None and not sign.result():
                        raise _lost(order, f"gave no sign of life for {hung_s:g} s")
                    signs[order.worker] = asyncio.create_task(_sign_of_life(client, order.worker, hung_s))
            if time.monotonic() > deadline:
                what = " and ".join(order.what for order in unbuilt)
                raise ClusterError(
                    f"{what} {'was' if len(unbuilt) == 1 else 'were'} not built within {timeout_s:g} s; "
                    "if building takes longer, raise execution.start_timeout_s"
                )
    finally:
        for sign in signs.values():
            sign.cancel()


async def _sign_of_life(client: Client, worker: str, hung_s: float) -> bool:
    await asyncio.sleep(hung_s / 2)
    return await has_versions(client, worker, hung_s / 2)


async def _built_soon(futures: Mapping[str, Future[Any]]) -> bool:
    """Whether all are built before it is time to look after the workers again."""
    for _ in range(10):
        if all(future.done() for future in futures.values()):
            return True
        await asyncio.sleep(_LOOK_EVERY_S / 10)
    return False


def _lost(order: ActorOrder, how: str) -> WorkerLostError:
    error = WorkerLostError(
        f"worker {order.worker} {how} while it was building {order.what}; "
        "look into its log for the cause, for example too little memory"
    )
    error.workers = (order.worker,)
    return error
