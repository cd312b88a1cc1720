"""How many cores are free where the workers of a given cluster are."""

from __future__ import annotations

from thalia_dask.distributed.cluster import Cluster
from thalia_dask.distributed.placement import local_cores
from thalia_dask.performance.calibration import free_cores


def worker_cores(cluster: Cluster) -> float:
    """The free cores of all its hosts: of each no more than its workers have threads, measured on one of them."""
    tried: dict[int, list[str]] = {}
    for workers in cluster.hosts.values():
        tried.setdefault(sum(cluster.threads[worker] for worker in workers), []).append(workers[0])
    found = (cluster.client.run(_free_here, n_threads, workers=workers) for n_threads, workers in tried.items())
    return float(sum(sum(cores.values()) for cores in found))


def _free_here(n_threads: int) -> float:
    return free_cores(min(n_threads, local_cores()))
