"""Workers end with the executor, however that ends: no hang, no traceback, no process left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from distributed import Client

from tests.toy_brains import plan
from tests.toy_regions import silent
from thalia_dask.distributed.actor import THREADS
from thalia_dask.distributed.executor import DaskExecutor
from thalia_dask.ticks import Window

pytestmark = pytest.mark.cluster

ROOT = Path(__file__).parents[2]
SCRIPT = """
import gc, os, sys, time
from functools import partial
import psutil
from tests.toy_regions import failing, silent
from thalia_dask.distributed.executor import DaskExecutor
from thalia_dask.ticks import Window

def brain():
    executor = DaskExecutor(n_workers=1)
    executor.start({{"a": silent, "b": partial(failing, "sleep", at_step=1)}}, ())
    executor.advance(Window(0, 1), {{}})
    pids = [child.pid for child in psutil.Process().children(recursive=True)]
    print(*pids, flush=True)
    return executor

def workers():
    return [c for c in psutil.Process().children(recursive=True) if "resource_tracker" not in " ".join(c.cmdline())]

if __name__ == "__main__":
    {body}
"""
BODIES = {
    "with and del": """with brain():
        assert workers()
    assert not workers()
    executor = brain()
    del executor
    gc.collect()
    assert not workers()""",
    "two clusters at a time": """one, other = brain(), brain()
    one.close()
    other.close()""",
    "exit without close": "executor = brain()\n    executor.itself = executor",
}


def start_script(tmp_path: Path, body: str) -> subprocess.Popen[str]:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(body=body))
    return subprocess.Popen(
        [sys.executable, str(script)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def assert_all_gone(stdout: str) -> None:
    pids = [int(pid) for pid in stdout.split()]
    assert pids
    deadline = time.monotonic() + 30
    while any(psutil.pid_exists(pid) for pid in pids):
        assert time.monotonic() < deadline, f"left behind: {[pid for pid in pids if psutil.pid_exists(pid)]}"
        time.sleep(0.05)


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_released(tmp_path: Path, body: str) -> None:
    process = start_script(tmp_path, body)
    stdout, stderr = process.communicate(timeout=120)
    assert stderr == ""
    assert process.returncode == 0
    assert_all_gone(stdout)


def test_released_after_an_uncaught_error(tmp_path: Path) -> None:
    process = start_script(tmp_path, "executor = brain()\n    raise KeyError('mine')")
    stdout, stderr = process.communicate(timeout=120)
    assert stderr.endswith("KeyError: 'mine'\n")
    assert stderr.count("Traceback") == 1
    assert process.returncode == 1
    assert_all_gone(stdout)


def test_released_after_interrupt_in_a_window(tmp_path: Path) -> None:
    process = start_script(tmp_path, "executor = brain()\n    executor.advance(Window(1, 2), {})")
    line = process.stdout.readline()
    time.sleep(0.5)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the workers, too
    _, stderr = process.communicate(timeout=120)
    assert stderr.rstrip().endswith("KeyboardInterrupt")
    assert stderr.count("Traceback") == 1
    assert_all_gone(line)


@pytest.mark.parametrize("wait_s", [0.1, 1.5])
def test_interrupted_while_workers_start(tmp_path: Path, wait_s: float) -> None:
    process = start_script(tmp_path, "executor = brain()")
    started: list[psutil.Process] = []
    while len(started) < 2 and process.poll() is None:  # one only follows the resources of the others
        started = psutil.Process(process.pid).children(recursive=True)
        time.sleep(0.02)
    time.sleep(wait_s)
    os.killpg(process.pid, signal.SIGINT)
    _, stderr = process.communicate(timeout=120)
    assert stderr.rstrip().endswith("KeyboardInterrupt")
    assert stderr.count("Traceback") == 1
    assert_all_gone(" ".join(str(child.pid) for child in started))


def test_released_by_a_garbage_collection_on_the_event_loop() -> None:
    executors = [DaskExecutor(n_workers=1)]
    executors[0].start({"a": silent}, ())
    client = executors[0]._cluster.client
    client.loop.add_callback(executors.clear)
    deadline = time.monotonic() + 30
    while client.status != "closed" or client.cluster.status.name != "closed":
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_users_client_and_cluster_stay_and_actors_go(three_workers: Client) -> None:
    executor = DaskExecutor(three_workers)
    executor.start(dict.fromkeys("abcd", silent), ())
    executor.advance(Window(0, 1), {})
    assert sum(three_workers.run(count_actors).values()) == 4 + 3
    executor.close()
    deadline = time.monotonic() + 30
    while sum(three_workers.run(count_actors).values()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert three_workers.submit(sum, [1, 2]).result() == 3


def count_actors(dask_worker) -> int:
    return len(dask_worker.state.actors)


def test_links_between_workers_and_threads_go_with_the_brain(three_workers: Client) -> None:
    brain = plan(dict.fromkeys("abc", 1), [("a", "b", 2), ("b", "c", 2), ("c", "a", 2)])
    wait_until_all(three_workers, count_links, (0, 0))  # those of a test before
    wait_until_all(three_workers, count_threads, 0)
    with DaskExecutor(three_workers) as executor:
        executor.start(dict.fromkeys("abc", silent), brain.projections)
        executor.advance(Window(0, 10), {})
        assert all(handlers == 1 and comms >= 1 for handlers, comms in three_workers.run(count_links).values())
        assert min(three_workers.run(count_threads).values()) >= 1
    wait_until_all(three_workers, count_links, (0, 0))
    wait_until_all(three_workers, count_threads, 0)


def wait_until_all(client: Client, count: Callable[..., object], expected: object) -> None:
    deadline = time.monotonic() + 30
    while set(client.run(count).values()) != {expected}:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def count_threads() -> int:
    return sum(thread.name.startswith(THREADS) for thread in threading.enumerate())


def count_links(dask_worker) -> tuple[int, int]:
    """Handlers of this package, and connections that they keep."""
    handlers = sum(name.startswith("thalia_dask") for name in dask_worker.handlers)
    return handlers, sum(str(operation).startswith("thalia_dask") for operation in dask_worker._comms.values())


def test_client_that_goes_through_the_scheduler_is_not_used_for_calls(three_workers: Client) -> None:
    with Client(three_workers.scheduler.address, set_as_default=False) as proxied:
        with DaskExecutor(proxied, n_workers=2) as executor:
            executor.start(dict.fromkeys("abc", silent), ())
            assert executor.n_workers == 2
            executor.advance(Window(0, 1), {})
            assert executor._cluster.client is not proxied
            assert executor._cluster.client.direct_to_workers
            assert executor._cluster.client.loop is proxied.loop, "else workers in threads answer after 0.1 s"
        assert proxied.status == "running"


def test_environment_is_left_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)
    monkeypatch.setenv("MKL_NUM_THREADS", "3")
    with DaskExecutor(n_workers=1) as executor:
        executor.start({"a": silent}, ())
        assert "OMP_NUM_THREADS" not in os.environ
        assert os.environ["MKL_NUM_THREADS"] == "3"
        assert "PYTHONHASHSEED" not in os.environ
