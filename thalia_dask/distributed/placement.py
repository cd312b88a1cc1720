"""Which worker holds which region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dask.system import CPU_COUNT

_MOST_LOCAL_WORKERS = 2


def local_cores() -> int:
    """How many cores of this machine may be used."""
    return int(CPU_COUNT)


def default_workers() -> int:
    """How many worker processes to start on this machine where nobody says: two, or one on a single core."""
    return min(_MOST_LOCAL_WORKERS, CPU_COUNT)


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
