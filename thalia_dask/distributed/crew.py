"""Which workers are there after some were lost: survivors, spare ones, and what a nanny has restarted."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any

from distributed import Client

from thalia_dask.distributed.versions import has_versions
from thalia_dask.errors import ClusterError

_LOOK_EVERY_S = 0.1
_ANSWER_WITHIN_S = 0.5
_SCHEDULER_ANSWERS_WITHIN_S = 10.0


class NoWorkersError(ClusterError):
    """No worker is left, or no scheduler that knows one."""


async def find_crew(
    client: Client,
    survivors: Collection[str],
    n_wanted: int,
    replacement_s: float,
    timeout_s: float,
) -> dict[str, int]:
    """Wait for workers, but not for long; runs on the event loop of the client.

    Parameters
    ----------
    survivors : addresses of workers that hold regions still; they come first.
    n_wanted : how many are wanted.
    replacement_s, timeout_s : how long to wait for that many, and for one.

    Returns
    -------
    worker -> number of its threads, in a stable order.

    Raises
    ------
    NoWorkersError : if the scheduler does not answer, or there is no worker when the time is up.
    """
    loop = asyncio.get_running_loop()
    began = loop.time()
    fit: set[str] = set(survivors)
    while True:
        await asyncio.sleep(_LOOK_EVERY_S)  # by then the scheduler, too, knows who has ended
        present = await known_workers(client)
        strangers = [address for address in present if address not in fit]
        answers = await asyncio.gather(*(has_versions(client, address, _ANSWER_WITHIN_S) for address in strangers))
        fit.update(address for address, right in zip(strangers, answers, strict=True) if right)
        crew = sorted(
            (address for address in present if address in fit),
            key=lambda address: (address not in survivors, str(present[address]["name"]), address),
        )[:n_wanted]
        waited_s = loop.time() - began
        if len(crew) == n_wanted or (crew and waited_s >= replacement_s):
            return {address: int(present[address]["nthreads"]) for address in crew}
        if waited_s >= timeout_s:
            raise NoWorkersError(
                f"no worker is left at {_address(client)}, and none came within {timeout_s:g} s (recovery.timeout_s)"
            )


async def known_workers(client: Client) -> dict[str, dict[str, Any]]:
    """What the scheduler knows of its workers now; ``client.scheduler_info`` is what it knew once, if it is silent.

    Raises
    ------
    NoWorkersError : if it does not answer.
    """
    scheduler = client.scheduler
    try:
        if scheduler is None:
            raise OSError("the client is closed")
        async with asyncio.timeout(_SCHEDULER_ANSWERS_WITHIN_S):
            identity = await scheduler.identity(n_workers=-1)
    except (TimeoutError, OSError) as error:
        raise NoWorkersError(
            f"the scheduler at {_address(client)} does not answer any more, and without it there are no workers"
        ) from error
    workers: dict[str, dict[str, Any]] = identity["workers"]
    return workers


def _address(client: Client) -> str:
    return "?" if client.scheduler is None else str(client.scheduler.address)
