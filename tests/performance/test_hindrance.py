"""Reasons are true: each is told where it is what leaves little to gain."""

from __future__ import annotations

import pytest

from tests.toy_brains import plan
from thalia_dask.performance.costs import RegionCost
from thalia_dask.performance.forecast import SEQUENTIAL, Setting, Work, step_seconds
from thalia_dask.performance.hindrance import hindrance
from thalia_dask.performance.machine import REFERENCE

TWO = Setting(2, n_cores=2)


def work(delay: int = 4, python: bool = False, **seconds: float) -> Work:
    """Regions in a ring, of so many seconds a step."""
    names = list(seconds)
    ring = plan(dict.fromkeys(names, 4), [(a, b, delay) for a, b in zip(names, names[1:] + names[:1], strict=True)])
    costs = {n: RegionCost(0.0, s, 0.0) if python else RegionCost(0.0, 0.0, s) for n, s in seconds.items()}
    return Work(ring, costs, REFERENCE)


@pytest.mark.parametrize(
    ("work", "setting", "why"),
    [
        (work(a=2.8e-3), TWO, "there is one region, so nothing could be done side by side"),
        (work(a=1e-3, b=1e-3), Setting(1, 1, n_cores=2), "1 worker of 1 thread would do one thing at a time, too"),
        (work(a=1e-3, b=1e-3), Setting(2), "there is one free core, which workers would have to share"),
        (work(a=1e-3, b=1e-3), Setting(2, n_cores=1.1), "only 1.1 cores are free"),
        (work(a=9e-3, b=1e-3), TWO, "region 'a' alone takes 90% of what there is to compute"),
        (
            work(a=1e-5, b=1e-5),
            TWO,
            "a step of all regions takes 20 µs to compute, too little for what exchanging its spikes takes",
        ),
        (
            work(python=True, a=1e-3, b=1e-3),
            Setting(1, 2, n_cores=2),
            "its regions mostly wait: for each other, or for Python's lock",
        ),
    ],
)
def test_why_workers_gain_nothing(work: Work, setting: Setting, why: str) -> None:
    assert step_seconds(work, setting) > 0.8 * step_seconds(work, SEQUENTIAL)
    assert hindrance(work, setting) == why
