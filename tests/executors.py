"""Every executor that the specification must hold on. A pytest plugin: see ``pytest_plugins`` in conftest.py.

Two clusters serve the whole session: a client's first n workers stand for a cluster of n workers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from distributed import Client

from thalia_dask.distributed.cluster import open_local
from thalia_dask.distributed.executor import DaskExecutor
from thalia_dask.engine.ahead import RunAheadExecutor
from thalia_dask.engine.executor import Executor
from thalia_dask.engine.sequential import SequentialExecutor

NewExecutor = Callable[..., Executor]

SHAPES = ["dask-1", "dask-2", "dask-3", "dask-1-two-threads", "dask-2-two-threads"]
DASK = [f"{shape}-{exchange}" for exchange in ("direct", "orchestrated") for shape in SHAPES]
SEQUENTIAL = [f"sequential-{exchange}" for exchange in ("direct", "orchestrated")]
EVERY = [*SEQUENTIAL, *DASK]


@pytest.fixture(scope="session")
def three_workers() -> Iterator[Client]:
    """A client of three worker processes of one thread each."""
    cluster = open_local(3, 1, 120)
    yield cluster.client
    cluster.close()


@pytest.fixture(scope="session")
def two_workers_of_two_threads() -> Iterator[Client]:
    cluster = open_local(2, 2, 120)
    yield cluster.client
    cluster.close()


@pytest.fixture(params=[pytest.param(name, marks=[pytest.mark.cluster] * (name not in SEQUENTIAL)) for name in EVERY])
def new_executor(request: pytest.FixtureRequest) -> Iterator[NewExecutor]:
    """Makes executors of one kind, and closes them at the end; options go to the Dask executor."""
    yield from _makers(request, request.param)


@pytest.fixture(params=[pytest.param(name, marks=pytest.mark.cluster) for name in DASK])
def new_dask_executor(request: pytest.FixtureRequest) -> Iterator[NewExecutor]:
    """Like ``new_executor``, for Dask alone."""
    yield from _makers(request, request.param)


def _makers(request: pytest.FixtureRequest, name: str) -> Iterator[NewExecutor]:
    made: list[Executor] = []

    def make(**options: float) -> Executor:
        made.append(_make(request, name, options))
        return made[-1]

    yield make
    for executor in made:
        executor.close()


def _make(request: pytest.FixtureRequest, name: str, options: dict[str, float]) -> Executor:
    shape, _, exchange = name.rpartition("-")
    if shape == "sequential":
        return RunAheadExecutor() if exchange == "direct" else SequentialExecutor()
    fixture = "two_workers_of_two_threads" if shape.endswith("two-threads") else "three_workers"
    client = request.getfixturevalue(fixture)
    return DaskExecutor(client, n_workers=int(shape.split("-")[1]), exchange=exchange, **options)
