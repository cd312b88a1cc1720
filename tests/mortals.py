"""Clusters whose workers are killed many times."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager

import dask
from distributed import Client
from distributed.utils import get_mp_context

from thalia_dask.distributed.cluster import Cluster, open_local

_STUCK_AFTER_S = 120.0
_IMPORTED_ONCE = ["distributed", "numba", "torch", "thalia_dask.distributed.actor", "tests.toy_regions"]


@contextmanager
def mortal_cluster(n_workers: int) -> Iterator[Client]:
    """A client of :func:`mortal_workers`."""
    with mortal_workers(n_workers) as cluster:
        yield cluster.client


@contextmanager
def mortal_workers(n_workers: int) -> Iterator[Cluster]:
    """Workers of one thread whose nannies start others.

    They are forked from a process that has imported what they need, so that a new one is there in no time.
    """
    with dask.config.set({"distributed.worker.multiprocessing-method": "forkserver"}):
        get_mp_context()  # sets what is imported, once
        multiprocessing.get_context("forkserver").set_forkserver_preload(_IMPORTED_ONCE)
        cluster = open_local(n_workers, 1, _STUCK_AFTER_S)
        try:
            yield cluster
        finally:
            cluster.close()
