"""Workers that die, regions that do not return, clusters that are too small: always an error, never a hang."""

from __future__ import annotations

import asyncio
import os
import platform
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from importlib import metadata
from pathlib import Path

import pytest
from distributed import Client, LocalCluster

from tests.mortals import mortal_workers
from tests.toy_regions import failing, failing_to_build, silent
from thalia_dask.config import RecoveryConfig
from thalia_dask.distributed.actor import RegionActor
from thalia_dask.distributed.cluster import Cluster, workers_of
from thalia_dask.distributed.creation import ActorOrder, create_actors, pickle_creator
from thalia_dask.distributed.executor import DaskExecutor
from thalia_dask.errors import ClusterError, ConfigError, StateError, WorkerLostError
from thalia_dask.ticks import Window

pytestmark = pytest.mark.cluster

NO_RECOVERY = RecoveryConfig(max_failures=0)


@pytest.fixture
def mortal() -> Iterator[Cluster]:
    """Two workers that the test may kill."""
    with mortal_workers(2) as cluster:
        yield cluster


def worker_pid(client: Client, address: str) -> int:
    return client.run(os.getpid, workers=[address])[address]


def advance_for_ever(executor: DaskExecutor) -> None:
    for step in range(2, 10_000):
        executor.advance(Window(step, step + 1), {})


def test_worker_killed_between_windows_and_in_one(mortal: Cluster) -> None:
    creators = {"a": silent, "b": partial(failing, "sleep", at_step=1)}
    with DaskExecutor(mortal.client, recovery=NO_RECOVERY) as executor:
        executor.start(creators, ())
        executor.advance(Window(0, 1), {})
        killed = executor.placement["a"]
        os.kill(worker_pid(mortal.client, killed), signal.SIGKILL)
        began = time.monotonic()
        with pytest.raises(
            WorkerLostError,
            match=r"worker tcp://.* was lost, .*region 'a', before step \d+ was complete; close this brain and build",
        ):
            advance_for_ever(executor)
        assert time.monotonic() - began < 10
        with pytest.raises(StateError, match=r"was interrupted.*build or load it again"):
            executor.advance(Window(2, 3), {})

    while killed in workers_of(mortal.client):
        time.sleep(0.05)
    with DaskExecutor(mortal.client, n_workers=1, recovery=NO_RECOVERY) as executor:
        executor.start(creators, ())
        pid = worker_pid(mortal.client, executor.placement["b"])
        threading.Timer(0.5, os.kill, (pid, signal.SIGKILL)).start()
        began = time.monotonic()
        with pytest.raises(WorkerLostError, match=r"region.*'b'") as caught:
            executor.advance(Window(1, 2), {})
        assert time.monotonic() - began < 10
        assert isinstance(caught.value, BrokenPipeError)


def test_worker_that_dies_while_it_builds() -> None:
    with pytest.raises(WorkerLostError, match="was lost while it was building region 'b'; look into its log"):
        DaskExecutor(n_workers=1, recovery=NO_RECOVERY).start({"b": partial(failing_to_build, "kill")}, ())


def test_worker_that_dies_while_it_builds_and_another_says_nothing(mortal: Cluster) -> None:
    silent_one, dying = sorted(workers_of(mortal.client))
    creator = pickle_creator("b", partial(failing_to_build, "sleep"))
    orders = {
        name: ActorOrder(f"region '{name}'", RegionActor, worker, (name, creator))
        for name, worker in (("a", silent_one), ("b", dying))
    }
    stopped, killed = (worker_pid(mortal.client, worker) for worker in (silent_one, dying))
    os.kill(stopped, signal.SIGSTOP)
    threading.Timer(0.5, os.kill, (killed, signal.SIGKILL)).start()
    try:
        with pytest.raises(WorkerLostError, match="was lost while it was building region 'b'"):
            create_actors(mortal, orders, timeout_s=60.0, hung_s=5.0)
    finally:
        os.kill(stopped, signal.SIGCONT)


def test_regions_that_never_return() -> None:
    with DaskExecutor(n_workers=1, call_timeout_s=1.0) as executor:
        executor.start({"a": silent, "b": partial(failing, "sleep"), "c": silent}, ())
        executor.advance(Window(0, 3), {})
        with pytest.raises(
            ClusterError,
            match=r"region 'b' on worker tcp://.* did not finish a window of the span that starts at step 3 "
            r"within 1 s; if it needs longer, raise execution.call_timeout_s",
        ):
            executor.advance(Window(3, 4), {})
        began = time.monotonic()
    assert time.monotonic() - began < 10


def test_building_that_takes_too_long(mortal: Cluster) -> None:
    executor = DaskExecutor(mortal.client, start_timeout_s=1.0)
    with pytest.raises(ClusterError, match=r"region 'b' was not built within 1 s; .*execution.start_timeout_s"):
        executor.start({"b": partial(failing_to_build, "sleep")}, ())


def test_too_few_workers(three_workers: Client) -> None:
    executor = DaskExecutor(three_workers, n_workers=4, start_timeout_s=0.5)
    with pytest.raises(
        ClusterError, match=r"4 workers are needed at tcp://.*, but 3 were there after 0.5 s; start more"
    ):
        executor.start({"a": silent}, ())


def test_creator_that_cannot_be_pickled(three_workers: Client) -> None:
    lock = threading.Lock()

    def creator():
        return silent() if lock else None

    with pytest.raises(
        ConfigError, match=r"creator of region 'b' cannot be sent to a worker: cannot pickle '_thread.lock'"
    ):
        DaskExecutor(three_workers).start({"a": silent, "b": creator}, ())


def test_adaptive_cluster_is_refused(three_workers: Client) -> None:
    adaptive = three_workers.cluster.adapt(minimum=3, maximum=3)
    try:
        with pytest.raises(ClusterError, match=r"scales adaptively.*write cluster.scale\(n\)"):
            DaskExecutor(three_workers).start({"a": silent}, ())
    finally:
        adaptive.stop()


def test_closed_client_is_refused(three_workers: Client) -> None:
    client = Client(three_workers.scheduler.address, set_as_default=False)
    client.close()
    with pytest.raises(ClusterError, match="the client is closed; pass one that is connected"):
        DaskExecutor(client).start({"a": silent}, ())


def test_closed_cluster_is_refused() -> None:
    with LocalCluster(n_workers=0, processes=False, dashboard_address="127.0.0.1:0") as cluster:
        pass
    with pytest.raises(ClusterError, match="the cluster is closed; pass one that is connected"):
        DaskExecutor(cluster).start({"a": silent}, ())


def test_asynchronous_client_is_refused(three_workers: Client) -> None:
    async def start() -> None:
        async with Client(three_workers.scheduler.address, asynchronous=True, set_as_default=False) as client:
            DaskExecutor(client).start({"a": silent}, ())

    with pytest.raises(
        ClusterError, match=r"the client is 'tcp://.*', which is no Dask client or cluster; pass one, such"
    ):
        DaskExecutor("tcp://10.0.0.5:8786").start({"a": silent}, ())
    with pytest.raises(ClusterError, match="the client is asynchronous; pass one made without asynchronous=True"):
        asyncio.run(start())


STARTS_UNGUARDED = (
    "from thalia_dask.distributed.executor import DaskExecutor\nDaskExecutor(n_workers=1).start({'a': list}, ())\n"
)


def ended(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, input=script, capture_output=True, text=True, timeout=60, check=False)


def test_script_that_workers_cannot_import(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(STARTS_UNGUARDED)
    done = ended("", script)
    assert done.returncode == 1
    assert "ClusterError: 1 local workers could not be started" in done.stderr
    assert "what starts a brain must stand under if __name__ == '__main__':" in done.stderr
    assert "ClusterError: a worker that starts would start workers; workers import the main script" in done.stderr
    assert "freeze_support" not in done.stderr, "nor what multiprocessing has to say about that"


def test_script_that_is_no_file() -> None:
    done = ended(STARTS_UNGUARDED, "-")
    assert done.returncode == 1
    assert "ClusterError: 1 local workers could not be started" in done.stderr
    told = "; workers import the main script first, and '<stdin>' is no file; write the script to one and run that"
    assert done.stderr.rstrip().endswith(told)


def test_a_kind_that_only_the_main_script_has(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from thalia_dask import DynamicBrain, load_config\n"
        "from thalia_dask.regions import REGIONS\n"
        "if __name__ == '__main__':\n"
        "    REGIONS['mine'] = REGIONS['cortex']\n"
        "    regions = {'a': {'kind': 'mine', 'size': 10, 'input_size': 2}}\n"
        "    brain = {'regions': regions, 'parallel': True}\n"
        "    DynamicBrain.from_thalia_config(load_config({'brain': brain, 'execution': {'n_workers': 1}}))\n"
    )
    done = ended("", script)
    assert done.returncode == 1
    assert "ConfigError: there is no region kind 'mine'; write one of: cerebellum, " in done.stderr
    assert done.stderr.rstrip().endswith(
        "; a kind of a script must be registered at the top level of its module, which workers import, not under if "
        "__name__ == '__main__'"
    )


def test_client_closed_under_a_running_brain(three_workers: Client) -> None:
    client = Client(three_workers.scheduler.address, direct_to_workers=True, set_as_default=False)
    with DaskExecutor(client, n_workers=1) as executor:
        executor.start({"a": silent}, ())
        client.close()
        for call in (lambda: executor.advance(Window(0, 1), {}), lambda: executor.snapshot("a")):
            with pytest.raises(
                ClusterError, match=r"the client was closed with its regions; build this brain again, and close it"
            ):
                call()


def pretend(there: str | None) -> None:
    """Let a worker have another version of the package, or none; runs on workers."""
    metadata.really = getattr(metadata, "really", metadata.version)

    def version(name: str) -> str:
        if there is None:
            raise metadata.PackageNotFoundError(name)
        return there

    metadata.version = version


def stop_pretending() -> None:
    metadata.version = metadata.really


def test_workers_of_another_python_are_refused(three_workers: Client) -> None:
    three_workers.run(pretend_python, "3.99.0")
    try:
        with pytest.raises(
            ClusterError,
            match=r"worker tcp://.* runs Python 3.99, but this process Python 3.\d+; start both from the",
        ):
            DaskExecutor(three_workers).start({"a": silent}, ())
    finally:
        three_workers.run(stop_pretending_python)


def pretend_python(there: str) -> None:
    platform.really = platform.python_version
    platform.python_version = lambda: there


def stop_pretending_python() -> None:
    platform.python_version = platform.really


@pytest.mark.parametrize(("there", "told"), [("0.0.9", "thalia_dask 0.0.9"), (None, "no thalia_dask")])
def test_workers_of_another_version_are_refused(three_workers: Client, there: str | None, told: str) -> None:
    three_workers.run(pretend, there)
    try:
        with pytest.raises(
            ClusterError, match=rf"worker tcp://.* has {told}, but results are those of one version: install thalia_d"
        ):
            DaskExecutor(three_workers).start({"a": silent}, ())
    finally:
        three_workers.run(stop_pretending)


def until_there(path: Path) -> None:
    while not path.exists():
        time.sleep(0.01)


def test_busy_workers_are_not_waited_for_without_end(three_workers: Client, tmp_path: Path) -> None:
    address = sorted(workers_of(three_workers))[0]
    busy = three_workers.submit(until_there, tmp_path / "done", workers=[address])
    with pytest.raises(
        ClusterError, match=rf"worker {address} did not answer within 0.3 s; free it from other tasks"
    ):
        DaskExecutor(three_workers, start_timeout_s=0.3).start({"a": silent}, ())
    (tmp_path / "done").touch()
    busy.result()


def test_use_before_start_and_after_close(three_workers: Client) -> None:
    executor = DaskExecutor(three_workers)
    with pytest.raises(StateError, match="not running"):
        executor.advance(Window(0, 1), {})
    executor.start({"a": silent}, ())
    with pytest.raises(StateError, match=r"already running: call close\(\)"):
        executor.start({"a": silent}, ())
    executor.close()
    executor.close()
    with pytest.raises(StateError, match="not running"):
        executor.snapshot("a")
