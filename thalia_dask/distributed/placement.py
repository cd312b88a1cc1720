"""Which worker holds which region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dask.system import CPU_COUNT

_MOST_THREADS = 4
"""Threads of a process share Python's lock. A region holds it for about a tenth of a millisecond a window, and a
small region computes for less than one without it: many more threads would mostly wait for the lock."""


def local_cores() -> int:
    """How many cores of this machine may be used."""
    return int(CPU_COUNT)


def local_shape(n_workers: int | None, threads_per_worker: int | None, n_cores: int = CPU_COUNT) -> tuple[int, int]:
    """How many worker processes to start on this machine, and how many threads in each, where nobody says.

    Threads of one process exchange spikes in memory, and were faster on two cores than two processes; so there are as
    few processes as may be, and together as many threads as cores.
    """
    if threads_per_worker is None:
        threads_per_worker = min(_MOST_THREADS, n_cores) if n_workers is None else max(1, n_cores // n_workers)
    if n_workers is None:
        n_workers = max(1, n_cores // threads_per_worker)
    return n_workers, threads_per_worker


def assign(costs: Mapping[str, float], workers: Sequence[str]) -> dict[str, str]:
    """Spread regions over workers: the costliest first, each to the worker with the least to do.

    Parameters
    ----------
    costs : region -> cost of one step, in any unit.
    workers : at least one; ties go to the one that is named first.

    Returns
    -------
    region -> worker, in the order of ``costs``. A function of the arguments' content alone.
    """
    load = dict.fromkeys(workers, 0.0)
    home = {}
    for region in sorted(costs, key=lambda name: (-costs[name], name)):
        home[region] = min(workers, key=load.__getitem__)
        load[home[region]] += costs[region]
    return {region: home[region] for region in costs}
