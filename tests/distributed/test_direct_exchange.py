"""Workers that exchange spikes: what happens to one ends the span on all, and brains do not disturb each other.

a ──3──> b ──3──> c ──3──> a, each on a worker of its own
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from distributed import Client, LocalCluster

from tests.mortals import mortal_workers
from tests.toy_brains import Diary, plan, run, toys
from tests.toy_regions import failing
from thalia_dask.config import RecoveryConfig
from thalia_dask.distributed.cluster import Cluster
from thalia_dask.distributed.executor import DaskExecutor
from thalia_dask.engine.executor import Executor
from thalia_dask.engine.orchestrator import Orchestrator
from thalia_dask.engine.sequential import SequentialExecutor
from thalia_dask.errors import ClusterError, StateError, WorkerLostError

pytestmark = pytest.mark.cluster

BRAIN = plan({"a": 8, "b": 8, "c": 8}, [("a", "b", 3), ("b", "c", 3), ("c", "a", 3)])
PATIENCE_S = 20


@pytest.fixture
def mortal() -> Iterator[Cluster]:
    """Three workers that the test may kill."""
    with mortal_workers(3) as cluster:
        yield cluster


def begin(executor: DaskExecutor, **creators: partial) -> Orchestrator:
    executor.start(toys(BRAIN) | creators, BRAIN.projections)
    assert len(set(executor.placement.values())) == 3
    return Orchestrator(BRAIN, executor)


def test_worker_killed_in_a_span_is_told_by_name(mortal: Cluster) -> None:
    with DaskExecutor(mortal.client, recovery=RecoveryConfig(max_failures=0)) as executor:
        brain = begin(executor)
        brain.run(30)
        victim = executor.placement["b"]
        pid = mortal.client.run(os.getpid, workers=[victim])[victim]
        threading.Timer(0.5, os.kill, (pid, signal.SIGKILL)).start()
        began = time.monotonic()
        with pytest.raises(
            WorkerLostError, match=rf"worker {victim} was lost, .*the state of region 'b', before step"
        ):
            brain.run(10_000_000)
        assert time.monotonic() - began < PATIENCE_S
        with pytest.raises(StateError, match="was interrupted"):
            brain.run(1)


def test_region_that_never_returns_is_told_although_others_wait_for_it(mortal: Cluster) -> None:
    with DaskExecutor(mortal.client, call_timeout_s=1.0) as executor:
        brain = begin(executor, b=partial(failing, "sleep", at_step=7))
        began = time.monotonic()
        with pytest.raises(
            ClusterError, match=r"^region 'b' on worker tcp://.* did not finish a window .* 1 s; if it"
        ):
            brain.run(100)
        assert time.monotonic() - began < PATIENCE_S
        for name in ("a", "c"):  # their workers stopped waiting
            assert executor.snapshot(name)["step"] <= 15


def test_two_brains_on_the_same_workers(three_workers: Client) -> None:
    executors = [DaskExecutor(three_workers) for _ in range(2)]
    diaries = [Diary(), Diary()]
    brains = []
    for executor, diary in zip(executors, diaries, strict=True):
        executor.start(toys(BRAIN), BRAIN.projections)
        brains.append(Orchestrator(BRAIN, executor, [diary]))
    for _ in range(5):
        for brain in brains:
            brain.run(8)
    for executor in executors:
        executor.close()
    with SequentialExecutor() as executor:
        executor.start(toys(BRAIN), BRAIN.projections)
        Orchestrator(BRAIN, executor, [alone := Diary()]).run(40)
    assert diaries == [alone, alone]


def test_two_brains_at_a_time_on_the_same_workers(three_workers: Client) -> None:
    """Orders of the two reach workers in any order; each worker waits for packets of the others."""

    def alone(executor: Executor) -> Diary:
        with executor:
            executor.start(toys(BRAIN), BRAIN.projections)
            brain = Orchestrator(BRAIN, executor, [diary := Diary()])
            for _ in range(100):
                brain.run(8)
        return diary

    def shared(address: str) -> Diary:
        with Client(address, direct_to_workers=True, set_as_default=False) as client:
            return alone(DaskExecutor(client, call_timeout_s=10.0))

    with ThreadPoolExecutor(2) as users:
        diaries = list(users.map(shared, 2 * [three_workers.scheduler.address]))
    assert diaries == 2 * [alone(SequentialExecutor())]


def test_workers_that_are_threads_of_this_process() -> None:
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None) as cluster,
        Client(cluster, direct_to_workers=True, set_as_default=False) as client,
        DaskExecutor(client) as executor,
    ):
        actual = run(executor, BRAIN, 20)
    assert actual == run(SequentialExecutor(), BRAIN, 20)
