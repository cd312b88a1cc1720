"""Which worker holds which region."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import combinations
from math import ceil

from dask.system import CPU_COUNT

from thalia_dask.topology.plan import AxonalProjection

_MOST_THREADS = 4
"""Threads of a process share Python's lock. A region holds it for about a tenth of a millisecond a window, and a
small region computes for less than one without it: many more threads would mostly wait for the lock."""


_MOST_PASSES = 10
_SLACK, _LEAST_GAIN = 1.0 + 1e-9, 1e-9
"""Rounding, which must not decide."""


def local_cores() -> int:
    """How many cores of this machine may be used."""
    return int(CPU_COUNT)


def local_shape(
    n_workers: int | None, threads_per_worker: int | None, n_regions: int | None = None, n_cores: int = CPU_COUNT
) -> tuple[int, int]:
    """How many worker processes to start on this machine, and how many threads in each, where nobody says.

    Threads of one process exchange spikes in memory, and were faster on two cores than two processes; so there are as
    few processes as may be, of equally many threads, and together a thread for each core, or for each region if those
    are fewer (None if that is not known).
    """
    n_busy = n_cores if n_regions is None else min(n_cores, n_regions)
    if n_workers is None:
        n_workers = ceil(n_busy / (threads_per_worker or _MOST_THREADS))
    return n_workers, threads_per_worker or ceil(n_busy / n_workers)


def assign(
    costs: Mapping[str, float],
    workers: Sequence[str],
    projections: Sequence[AxonalProjection] = (),
    settled: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Spread regions over workers: alike in cost, and such that few short axons lead from one to another.

    The costliest region first, each to the worker with the least to do; then regions change places as long as that
    brings together what is joined by short delays, for which workers would wait for each other, and leaves the loads
    as even as they were.

    Parameters
    ----------
    costs : region -> cost of one step, in any unit.
    workers : at least one; ties go to the one that is named first.
    projections : between these regions.
    settled : region -> worker, for those that live on one already and stay there.

    Returns
    -------
    region -> worker, in the order of ``costs``. A function of the arguments' content alone.
    """
    load = dict.fromkeys(workers, 0.0)
    home = dict(settled or {})
    for region, worker in home.items():
        load[worker] += costs[region]
    homeless = costs.keys() - home.keys()
    for region in sorted(homeless, key=lambda name: (-costs[name], name)):
        home[region] = min(workers, key=load.__getitem__)
        load[home[region]] += costs[region]
    _draw_together(home, homeless, costs, load, _couplings(projections))
    return {region: home[region] for region in costs}


def _couplings(projections: Sequence[AxonalProjection]) -> dict[str, dict[str, float]]:
    """Region -> region -> how closely they are joined: the sum of 1 / delay, in both directions."""
    couplings: dict[str, dict[str, float]] = {}
    for p in sorted(projections, key=str):
        if p.source != p.target:
            for one, other in ((p.source, p.target), (p.target, p.source)):
                near = couplings.setdefault(one, {})
                near[other] = near.get(other, 0.0) + 1.0 / p.delay_steps
    return couplings


def _draw_together(
    home: dict[str, str],
    movable: Collection[str],
    costs: Mapping[str, float],
    load: dict[str, float],
    couplings: dict[str, dict[str, float]],
) -> None:
    """Exchange movable regions between workers while that shortens nothing but the axons between them."""
    pulls = {region: dict.fromkeys(load, 0.0) for region in sorted(couplings)}
    for region, near in couplings.items():
        for neighbour, coupling in near.items():
            pulls[region][home[neighbour]] += coupling
    movers = [region for region in pulls if region in movable]
    heaviest = max(load.values()) * _SLACK
    for _ in range(_MOST_PASSES):
        changed = False
        for one, other in combinations(movers, 2):
            here, there = home[one], home[other]
            gain = pulls[one][there] - pulls[one][here] + pulls[other][here] - pulls[other][there]
            if gain <= _LEAST_GAIN or gain - 2.0 * couplings[one].get(other, 0.0) <= _LEAST_GAIN:
                continue
            heavier = costs[one] - costs[other]
            if max(load[here] - heavier, load[there] + heavier) > heaviest:
                continue
            for region, now, then in ((one, here, there), (other, there, here)):
                home[region] = then
                for neighbour, coupling in couplings[region].items():
                    pulls[neighbour][now] -= coupling
                    pulls[neighbour][then] += coupling
            load[here] -= heavier
            load[there] += heavier
            changed = True
        if not changed:
            return
