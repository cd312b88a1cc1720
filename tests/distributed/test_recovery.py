"""Lost workers cost time, not results; and what no rebuilding can mend ends with an error that says what can.

a ──3──> b ──3──> c ──3──> a
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from distributed import Client

from tests.mortals import mortal_cluster
from tests.toy_brains import Diary, plan, toys
from tests.toy_regions import LargeRegion, failing, failing_once_to_build, silent
from thalia_dask.config import RecoveryConfig
from thalia_dask.distributed.cluster import workers_of
from thalia_dask.distributed.executor import DaskExecutor
from thalia_dask.engine.executor import Executor, RecoveryReport
from thalia_dask.engine.observer import WindowReport
from thalia_dask.engine.orchestrator import Orchestrator
from thalia_dask.engine.sequential import SequentialExecutor
from thalia_dask.errors import ClusterError, RecoveryError, RegionError
from thalia_dask.ticks import Window

pytestmark = pytest.mark.cluster

BRAIN = plan({"a": 8, "b": 8, "c": 8}, [("a", "b", 3), ("b", "c", 3), ("c", "a", 3)])
N_STEPS = 60
AT_ONCE = RecoveryConfig(max_failures=20, hung_after_s=1.0, replacement_s=0.0)


@pytest.fixture(scope="module")
def mortal() -> Iterator[Client]:
    """Three workers that may be killed; their nannies start others."""
    with mortal_cluster(3) as client:
        yield client


class Witness(Diary):
    """A diary that strikes once, after the window that ends at a step or later."""

    def __init__(self, at_step: int, strike: Callable[[], object]) -> None:
        super().__init__()
        self.recoveries: list[RecoveryReport] = []
        self._at_step, self._strike = at_step, strike

    def on_recovery(self, report: RecoveryReport) -> None:
        self.recoveries.append(report)

    def on_window(self, report: WindowReport) -> None:
        super().on_window(report)
        if report.window.stop >= self._at_step:
            self._at_step = 10**9
            self._strike()


def live(executor: Executor, strike: Callable[[], object] = int) -> tuple[Witness, dict[str, dict[str, bytes]]]:
    """Two stretches of a brain, hit in the first; with a stimulus and a signal in each."""
    witness = Witness(N_STEPS // 3, strike)
    executor.start(toys(BRAIN), BRAIN.projections)
    brain = Orchestrator(BRAIN, executor, [witness])
    for n_steps in (N_STEPS // 3, N_STEPS, N_STEPS):
        brain.stimulate("a", 0, np.arange(brain.now, brain.now + 3, dtype=np.int32), np.zeros(3, np.int32))
        brain.broadcast("dopamine", 0.1 * n_steps)
        brain.run(n_steps)
    states = executor.snapshots()
    return witness, {name: {k: np.asarray(v).tobytes() for k, v in state.items()} for name, state in states.items()}


def check_same(disturbed: tuple[Witness, object], n_recoveries: int = 1) -> list[RecoveryReport]:
    """Compare with an undisturbed, sequential life."""
    witness, states = disturbed
    specification, wanted = live(SequentialExecutor())
    assert (witness.spikes, witness.observed) == (specification.spikes, specification.observed)
    assert states == wanted
    assert len(witness.recoveries) >= n_recoveries
    return witness.recoveries


def pid_of(client: Client, worker: str) -> int:
    return client.run(os.getpid, workers=[worker])[worker]


def hit(executor: DaskExecutor, client: Client, region: str, number: signal.Signals = signal.SIGKILL) -> int:
    pid = pid_of(client, executor.placement[region])
    os.kill(pid, number)
    return pid


@pytest.mark.parametrize("exchange", ["direct", "orchestrated"])
def test_two_workers_killed_at_once(mortal: Client, exchange: str) -> None:
    def strike() -> None:
        pids = [pid_of(mortal, executor.placement[region]) for region in ("a", "b")]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)

    said: list[str] = []
    listener = logging.Handler()
    listener.emit = lambda record: said.append(record.getMessage())
    logger = logging.getLogger("thalia_dask.distributed.recovery")
    logger.addHandler(listener)
    with DaskExecutor(mortal, n_workers=3, exchange=exchange, recovery=AT_ONCE) as executor:
        reports = check_same(live(executor, strike))
    logger.removeHandler(listener)
    assert {"a", "b"} <= {region for report in reports for region in report.regions}
    assert any(report.steps_replayed for report in reports)
    first, *_, last = said
    assert "the state of region" in first
    assert f"going back from step {N_STEPS // 3} to step 0" in first
    assert "regions rebuilt" in last


def test_stopped_worker_that_goes_on_is_not_heard(mortal: Client) -> None:
    pids = []
    with DaskExecutor(mortal, n_workers=2, recovery=AT_ONCE) as executor:
        try:
            (first, *_) = check_same(live(executor, lambda: pids.append(hit(executor, mortal, "b", signal.SIGSTOP))))
            stopped = first.workers[0]
            assert "gave no sign of life for 1 s" in first.reason
            assert stopped not in executor.placement.values()
        finally:
            os.kill(pids[0], signal.SIGCONT)
        before = executor.snapshots()
        assert _soon(lambda: mortal.run(n_actors, workers=[stopped])[stopped] == 0)
        assert str(executor.snapshots()) == str(before)


def n_actors(dask_worker) -> int:
    return len(dask_worker.state.actors)


def test_actors_released_by_somebody_else(mortal: Client) -> None:
    with DaskExecutor(mortal, n_workers=2, recovery=AT_ONCE) as executor:
        check_same(live(executor, lambda: mortal.cancel(executor._cluster.futures, force=True)))


def test_state_that_was_given_from_outside_is_the_one_that_is_rebuilt(mortal: Client) -> None:
    with DaskExecutor(mortal, n_workers=2, recovery=AT_ONCE) as executor:
        executor.start(toys(BRAIN), BRAIN.projections)
        Orchestrator(BRAIN, executor).run(30)
        taken = executor.snapshot("b")
        executor.restore("b", taken | {"modulation": 7.0})
        hit(executor, mortal, "b")
        assert executor.snapshot("b")["modulation"] == 7.0
        assert executor.snapshot("a")["step"] == 30
        assert len(executor.recoveries) >= 1


def test_region_that_raises_is_no_lost_worker(mortal: Client) -> None:
    with DaskExecutor(mortal, recovery=AT_ONCE) as executor:
        executor.start({"a": silent, "b": partial(failing, "exit")}, ())
        with pytest.raises(RegionError, match="SystemExit: the membrane burst"):
            executor.advance(Window(0, 10), {})
        assert executor.recoveries == []


def test_worker_that_dies_while_it_builds_is_replaced(mortal: Client, tmp_path: Path) -> None:
    with DaskExecutor(mortal, n_workers=2, recovery=RecoveryConfig(replacement_s=0.0)) as executor:
        executor.start({"a": silent, "b": partial(failing_once_to_build, "kill", tmp_path / "mark")}, ())
        (report,) = executor.recoveries
        assert "was lost while it was building region 'b'" in report.reason
        assert set(report.regions) == {"a", "b"}
        executor.advance(Window(0, 5), {})
        assert executor.snapshots().keys() == {"a", "b"}
        assert len(executor.recoveries) == 1


def test_region_that_ends_its_process_again_and_again(mortal: Client) -> None:
    again = AT_ONCE.model_copy(update={"max_failures": 2})
    with DaskExecutor(mortal, n_workers=1, recovery=again) as executor:
        executor.start({"a": silent, "b": partial(failing, "kill", at_step=7)}, ())
        executor.advance(Window(0, 5), {})
        with pytest.raises(
            RecoveryError,
            match=r"workers were lost 3 times in a row before step 5 was complete, the last time because worker .*; "
            r"look into their logs for the cause, such as a region that ends its process .*go on from the last "
            r"checkpoint on disk \(thalia-dask resume.*raise recovery.max_failures",
        ) as caught:
            executor.advance(Window(5, 10), {})
        assert caught.value.step == 5
        with pytest.raises(ClusterError, match="the regions were lost with their workers"):
            executor.snapshot("a")


@contextmanager
def cluster_of_processes(n_workers: int, folder: Path) -> Iterator[tuple[Client, subprocess.Popen[bytes]]]:
    """A client, and its scheduler's process; the workers have no nannies, so that nobody replaces what is killed."""
    file = folder / "scheduler.json"
    command = [sys.executable, "-m", "distributed.cli.dask_{}", "--scheduler-file", str(file), "--no-dashboard"]
    every = [[part.format("scheduler") for part in command] + ["--host", "127.0.0.1", "--port", "0"]]
    every += [[part.format("worker") for part in command] + ["--no-nanny", "--nthreads", "1"]] * n_workers
    processes = [subprocess.Popen(one, stderr=subprocess.DEVNULL) for one in every]
    try:
        assert _soon(file.exists)
        with Client(scheduler_file=str(file), direct_to_workers=True, set_as_default=False, timeout=3) as client:
            client.wait_for_workers(n_workers, timeout=120)
            yield client, processes[0]
    finally:
        for process in processes:
            process.kill()
            process.wait()


def test_no_worker_left(tmp_path: Path) -> None:
    config = RecoveryConfig(replacement_s=0.0, timeout_s=1.0)
    with (
        cluster_of_processes(2, tmp_path) as (client, _),
        DaskExecutor(client, n_workers=1, recovery=config) as executor,
    ):
        executor.start({"a": silent}, ())
        executor.advance(Window(0, 5), {})
        for worker in workers_of(client):
            os.kill(pid_of(client, worker), signal.SIGKILL)
        with pytest.raises(
            RecoveryError,
            match=r"no worker is left at tcp://.*, and none came within 1 s \(recovery.timeout_s\); step 5 and "
            r"what follows could not be computed: start workers, then go on from the last checkpoint on disk",
        ):
            executor.advance(Window(5, 10), {})


def test_scheduler_that_is_killed(tmp_path: Path) -> None:
    with (
        cluster_of_processes(1, tmp_path) as (client, scheduler),
        DaskExecutor(client, recovery=AT_ONCE) as executor,
    ):
        executor.start({"a": silent}, ())
        executor.advance(Window(0, 5), {})
        threading.Timer(0.3, scheduler.kill).start()
        began = time.monotonic()
        with pytest.raises(ClusterError, match=r"scheduler.*go on from the last checkpoint on disk"):
            advance_for_ever(executor)
        assert time.monotonic() - began < 60


def advance_for_ever(executor: DaskExecutor) -> None:
    for step in range(5, 10**6):
        executor.advance(Window(step, step + 1), {})


def _soon(happened: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 60
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.parametrize(("megabytes", "taken"), [(0, True), (16, False)])
def test_states_that_would_take_long_are_put_off(mortal, megabytes, taken) -> None:
    """Two regions run for 1.8 s; 32 MB are expected to take 0.32 s, which may be had after 11 s."""
    with DaskExecutor(mortal, n_workers=2, recovery=AT_ONCE) as executor:
        executor.start(dict.fromkeys("ab", partial(LargeRegion, megabytes * 1_000_000)), ())
        for start in range(3):
            executor.advance(Window(start, start + 1), {})
        journal = executor._population._journal
        assert journal.knows_costs
        assert bool(journal.states) == taken
