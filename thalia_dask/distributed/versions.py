"""Workers run the same version of this package as the orchestrator: results are a function of it."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Sequence
from importlib.metadata import version

from distributed import Client, Future
from distributed import wait as wait_for_futures

from thalia_dask.errors import ClusterError

_PACKAGE = "thalia_dask"


async def has_version(client: Client, worker: str, patience_s: float) -> bool:
    """Whether a worker answers, and with the version that runs here; runs on the event loop of the client."""
    try:
        async with asyncio.timeout(patience_s):
            reply = await client.rpc(worker).run(function=pickle.dumps(version), args=pickle.dumps((_PACKAGE,)))
    except (TimeoutError, OSError):
        return False
    return bool(reply.get("result") == version(_PACKAGE))


def check_versions(client: Client, workers: Sequence[str], timeout_s: float) -> None:
    """Ask each worker for its version, by a function that every Python has.

    A worker without the package could not even read the request for an actor, and would end.

    Raises
    ------
    ClusterError : if a worker has no or another version, or does not answer in time.
    """
    here = version(_PACKAGE)
    futures: dict[str, Future[str]] = {
        worker: client.submit(version, _PACKAGE, workers=[worker], allow_other_workers=False, pure=False)
        for worker in workers
    }
    try:
        with client.as_current():  # or the wait looks for another one
            wait_for_futures(list(futures.values()), timeout=timeout_s)
    except TimeoutError:
        silent = ", ".join(worker for worker, future in futures.items() if not future.done())
        raise ClusterError(
            f"worker {silent} did not answer within {timeout_s:g} s; free it from other tasks or leave it out "
            "(execution.n_workers), or raise execution.start_timeout_s"
        ) from None
    for worker, future in futures.items():
        there = future.result() if future.status == "finished" else None
        if there != here:
            raise ClusterError(
                f"worker {worker} has {f'{_PACKAGE} {there}' if there else f'no {_PACKAGE}'}, but results are those "
                f"of one version: install {_PACKAGE}=={here} where it runs, as here"
            )
