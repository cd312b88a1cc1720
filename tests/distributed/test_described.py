"""Clusters that a file describes: what is started, what listens, and what is told where it cannot be started."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import psutil
import pytest

from tests.toy_brains import plan, run
from thalia_dask import open_cluster
from thalia_dask.config import load_cluster_config
from thalia_dask.distributed.described.queued import job_script
from thalia_dask.distributed.executor import DaskExecutor
from thalia_dask.distributed.room import check_room
from thalia_dask.engine.sequential import SequentialExecutor
from thalia_dask.errors import ClusterError, ConfigError, InputError

CLUSTERS = Path(__file__).parents[2] / "configs" / "clusters"
BRAIN = plan(dict.fromkeys("abc", 3), [("a", "b", 2), ("b", "c", 2), ("c", "a", 3)])


def listening() -> set[str]:
    """Addresses at which this process and its children accept connections."""
    processes = [psutil.Process(), *psutil.Process().children(recursive=True)]
    return {
        connection.laddr.ip
        for process in processes
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }


@pytest.mark.cluster
def test_a_local_cluster_listens_on_loopback_alone() -> None:
    assert listening() <= {"127.0.0.1"}
    with open_cluster(CLUSTERS / "local.yaml") as client, DaskExecutor(client) as executor:
        assert run(executor, BRAIN, 10) == run(SequentialExecutor(), BRAIN, 10)
        assert client.dashboard_link.startswith("http://127.0.0.1:")
        assert listening() == {"127.0.0.1"}


@pytest.mark.cluster
def test_a_local_cluster_without_a_dashboard_listens_on_loopback_alone() -> None:
    threads = {"kind": "local", "n_workers": 1, "processes": False}
    with open_cluster({**threads, "dashboard_address": None}) as client:
        port = client.scheduler_info()["services"]["dashboard"]
        assert port != 8787
        assert listening() == {"127.0.0.1"}
        with pytest.raises(HTTPError, match="404"):
            urlopen(f"http://127.0.0.1:{port}/status")
    with open_cluster(threads) as client:
        assert listening() == {"127.0.0.1"}


@pytest.mark.parametrize("path", sorted(CLUSTERS.glob("*.yaml")), ids=lambda path: path.stem)
def test_shipped_clusters(path: Path) -> None:
    config = load_cluster_config(path)
    assert config.kind == path.stem
    assert config.dashboard_address == "127.0.0.1:0"
    if config.kind != "local":
        assert config.security == "temporary"


def test_the_job_script_of_slurm(tmp_path: Path) -> None:
    config = load_cluster_config(
        {
            "kind": "slurm",
            "n_workers": 3,
            "threads_per_worker": 2,
            "memory": "2GiB",
            "walltime": "00:30:00",
            "queue": "short",
            "account": "mine",
            "interface": "ib0",
            "prologue": ["module load gcc"],
            "directives": ["--constraint=ib"],
            "skip_directives": ["--mem"],
            "shared_folder": str(tmp_path),
        }
    )
    script = job_script(config, 90.0)
    for line in (
        "#SBATCH -p short",
        "#SBATCH -A mine",
        "#SBATCH --cpus-per-task=2",
        "#SBATCH -t 00:30:00",
        "#SBATCH --constraint=ib",
        "export OMP_NUM_THREADS=1",
        "export DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION=true",
        "export DASK_DISTRIBUTED__WORKER__MEMORY__TERMINATE=false",
        "export DASK_DISTRIBUTED__WORKER__PRELOAD="
        '\'["thalia_dask.preload", "thalia_dask.distributed.uninterrupted"]\'',
        "module load gcc",
    ):
        assert line in script.splitlines()
    assert "--mem" not in script.replace("--memory-limit", "")
    worker = next(line for line in script.splitlines() if "dask_worker" in line)
    assert worker.startswith(f"{sys.executable} -m distributed.cli.dask_worker tls://SCHEDULER:PORT ")
    for option in (
        "--nthreads 2",
        "--memory-limit 2.00GiB",
        "--death-timeout 90.0",
        "--interface ib0",
        "--dashboard-address 127.0.0.1:0",
        f"--tls-key {tmp_path}/.thalia-tls-NAME/key.pem",
    ):
        assert option in worker
    assert list(tmp_path.iterdir()) == []


def test_the_job_script_of_pbs_and_an_interrupt_that_stays_as_it_was() -> None:
    before = signal.getsignal(signal.SIGINT)
    script = job_script(load_cluster_config(CLUSTERS / "pbs.yaml"), 90.0)
    assert "#PBS -l select=1:ncpus=1:mem=4096MB" in script
    assert signal.getsignal(signal.SIGINT) is before


def test_dask_jobqueue_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dask_jobqueue", None)
    with pytest.raises(ClusterError, match=r"needs the package dask-jobqueue; run: pip install 'thalia_dask\[hpc\]'"):
        job_script(load_cluster_config(CLUSTERS / "slurm.yaml"), 90.0)


def test_no_batch_system_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    slurm = {"kind": "slurm", "n_workers": 1, "memory": "1GiB", "interface": "lo", "shared_folder": str(tmp_path)}
    with pytest.raises(ClusterError, match=r"a job was refused: .*No such file or directory: 'sbatch'"):
        open_cluster(slurm).__enter__()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ({}, r"is made of the tasks of one srun, but this is none of them; write: srun --ntasks=N thalia-dask"),
        ({"PROCID": "0", "NTASKS": "4"}, r"but this is none of them"),
        ({"PROCID": "1", "NTASKS": "2", "STEP_ID": "0"}, r"srun has started 2 tasks, but one is the scheduler, one"),
        (
            {"PROCID": "2", "NTASKS": "3", "STEP_ID": "0"},
            r"the scheduler, task 0 of srun, has not written '.*scheduler.json' within 0.2 s",
        ),
    ],
    ids=["no srun", "the script of sbatch", "too few tasks", "no scheduler"],
)
def test_no_place_for_the_slurm_runner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: dict[str, str], told: str
) -> None:
    for name in [name for name in os.environ if name.startswith("SLURM_")]:
        monkeypatch.delenv(name)
    for name, value in place.items():
        monkeypatch.setenv(f"SLURM_{name}", value)
    runner = {"kind": "slurm_runner", "shared_folder": str(tmp_path)}
    with pytest.raises(ClusterError, match=told):
        open_cluster(runner, start_timeout_s=0.2).__enter__()


def test_hosts_that_do_not_answer(tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match=r"no Dask cluster could be started on 127.0.0.1 .*must work with"):
        open_cluster({"kind": "ssh", "hosts": ["127.0.0.1"], "shared_folder": str(tmp_path)}).__enter__()
    assert list(tmp_path.iterdir()) == []


def test_a_cluster_file_is_checked() -> None:
    with pytest.raises(ConfigError, match="hosts is missing; write a list of hosts"):
        open_cluster({"kind": "ssh"})


@pytest.mark.parametrize("wrong", [-1, 0, "x", None, True, float("inf")], ids=repr)
def test_a_time_to_start_is_checked_at_the_call(wrong) -> None:
    with pytest.raises(InputError) as caught:
        open_cluster({"kind": "local", "n_workers": 1}, start_timeout_s=wrong)
    assert str(caught.value) == f"start_timeout_s is {wrong!r}; write a number of seconds greater than 0"


def test_room() -> None:
    homes = {"a": "worker 1", "b": "worker 1", "c": "worker 2"}
    needs = {"a": 2**30, "b": 2**29, "c": 2**20}
    check_room(needs, homes, {"worker 1": 2 * 2**30, "worker 2": 2**29})
    with pytest.raises(
        ClusterError,
        match=r"worker 1 may take 1.50 GiB, but would need about 1.89 GiB: 400.00 MiB of its own, and what a, b take",
    ):
        check_room(needs, homes, {"worker 1": 3 * 2**29, "worker 2": 2**29})
    crowd = {f"r{i}": 2**30 for i in range(512)}
    with pytest.raises(ClusterError, match=r"and what r0, r1, r2, r3, r4, r5, r6, r7 and 504 others take; give"):
        check_room(crowd, dict.fromkeys(crowd, "worker 1"), {"worker 1": 2**30})


@pytest.mark.cluster
def test_workers_without_room_or_threads_are_refused() -> None:
    small = {"n_workers": 1, "processes": False, "threads_per_worker": 1, "memory_limit": "1GiB"}
    with open_cluster(small) as client:
        executor = DaskExecutor(client, memory_bytes={"a": 2**30})
        with pytest.raises(ClusterError, match=r"may take 1.00 GiB, but would need about 1.39 GiB"):
            run(executor, BRAIN, 1)
        with pytest.raises(
            ClusterError,
            match=r"has 1 thread, but execution.threads_per_worker is 2; start workers with --nthreads 2",
        ):
            run(DaskExecutor(client, threads_per_worker=2), BRAIN, 1)
