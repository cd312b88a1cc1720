"""Processes on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from distributed import Client

from thalia_dask.config.clusters import LocalClusterConfig
from thalia_dask.distributed.cluster import open_local


@contextmanager
def start(config: LocalClusterConfig, timeout_s: float) -> Iterator[Client]:
    """Start the processes; they end with the context.

    Raises
    ------
    ClusterError : if they do not start in time.
    """
    opened = open_local(
        config.n_workers,
        config.threads_per_worker,
        timeout_s,
        processes=config.processes,
        dashboard_address=config.dashboard_address,
        memory_limit=config.memory_limit,
    )
    with closing(opened):
        yield opened.client
