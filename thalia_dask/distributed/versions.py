"""Workers run the versions that the orchestrator runs: results are a function of them."""

from __future__ import annotations

import asyncio
import pickle
import platform
from collections.abc import Sequence
from importlib.metadata import version

from distributed import Client, Future
from distributed import wait as wait_for_futures

from thalia_dask.errors import ClusterError

_PACKAGES = ("thalia_dask", "numba", "numpy", "torch")
"""What computes: another version of any of them may give other bits."""


async def has_versions(client: Client, worker: str, patience_s: float) -> bool:
    """Whether a worker answers, and with the versions that run here; runs on the event loop of the client."""
    rpc = client.rpc(worker)
    try:
        async with asyncio.timeout(patience_s):
            replies = [await rpc.run(function=pickle.dumps(version), args=pickle.dumps((p,))) for p in _PACKAGES]
    except (TimeoutError, OSError):
        return False
    return [reply.get("result") for reply in replies] == [version(package) for package in _PACKAGES]


def check_versions(client: Client, workers: Sequence[str], timeout_s: float) -> None:
    """Ask each worker for its versions, by functions that every Python has.

    A worker without the package could not even read the request for an actor, and would end.

    Raises
    ------
    ClusterError : if a worker lacks a package, has another version of one or of Python, or does not answer in time.
    """
    pythons: dict[str, Future[str]] = {
        worker: client.submit(platform.python_version, workers=[worker], allow_other_workers=False, pure=False)
        for worker in workers
    }
    packages: dict[tuple[str, str], Future[str]] = {
        (worker, package): client.submit(version, package, workers=[worker], allow_other_workers=False, pure=False)
        for worker in workers
        for package in _PACKAGES
    }
    _wait(client, {**{(worker, "Python"): future for worker, future in pythons.items()}, **packages}, timeout_s)
    for worker, python in pythons.items():
        here, there = (_minor(text) for text in (platform.python_version(), python.result()))
        if there != here:
            raise ClusterError(
                f"worker {worker} runs Python {there}, but this process Python {here}; start both from the same "
                "environment"
            )
    for (worker, package), future in packages.items():
        known = future.result() if future.status == "finished" else None
        if known != version(package):
            raise ClusterError(
                f"worker {worker} has {f'{package} {known}' if known else f'no {package}'}, but results are those "
                f"of one version: install {package}=={version(package)} where it runs, as here"
            )


def _wait(client: Client, futures: dict[tuple[str, str], Future[str]], timeout_s: float) -> None:
    try:
        with client.as_current():  # or the wait looks for another one
            wait_for_futures(list(futures.values()), timeout=timeout_s)
    except TimeoutError:
        silent = ", ".join(dict.fromkeys(worker for (worker, _), future in futures.items() if not future.done()))
        raise ClusterError(
            f"worker {silent} did not answer within {timeout_s:g} s; free it from other tasks or leave it out "
            "(execution.n_workers), or raise execution.start_timeout_s"
        ) from None


def _minor(python: str) -> str:
    """``3.11.7`` -> ``3.11``: what is pickled here can be read there."""
    return ".".join(python.split(".")[:2])
