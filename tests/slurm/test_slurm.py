"""Real Slurm, three nodes: the bits of the sequential brain, TLS on, and nothing left in the queue."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import xarray as xr
import yaml

from tests.slurm.digits import ROOT, learn
from thalia_dask import open_cluster
from thalia_dask.errors import ClusterError

pytestmark = [pytest.mark.slurm, pytest.mark.timeout(600)]

SLURM = {"kind": "slurm", "n_workers": 3, "memory": "1GiB", "walltime": "00:10:00", "interface": "lo"}
RUNNER = {"kind": "slurm_runner", "interface": "lo"}
SRUN = ("srun", "--kill-on-bad-exit=1", "--nodes=3", "--ntasks=5")


@pytest.fixture(autouse=True)
def at_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Output of jobs and certificates go to the test's folder, which is the shared one."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def alone() -> list[Any]:
    return learn("brain.parallel=false")[0]


def run(cluster: dict[str, Any], *command: str) -> dict[str, Any]:
    Path("cluster.yaml").write_text(yaml.safe_dump(cluster))
    done = subprocess.run(
        [*command, sys.executable, "-m", "tests.slurm.digits", "cluster.yaml", "told.json"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])},
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(Path("told.json").read_text())
    return told


def queue() -> str:
    return subprocess.run(["squeue", "--noheader"], capture_output=True, text=True, check=True).stdout  # noqa: S607


def left_behind() -> set[str]:
    return {path.name for path in Path().iterdir() if path.name.startswith(".thalia")}


def test_a_job_for_each_worker(alone: list[Any]) -> None:
    told = run(SLURM)
    assert told["came"] == alone
    assert len(told["homes"]) == 6
    assert len({job for job, _ in told["homes"].values()}) == 3
    assert {node for _, node in told["homes"].values()} == {"n1", "n2", "n3"}
    assert left_behind() == set()


def test_the_tasks_of_one_srun(alone: list[Any]) -> None:
    told = run(RUNNER, *SRUN)
    assert told["came"] == alone
    assert len(told["homes"]) == 6
    assert len({job for job, _ in told["homes"].values()}) == 1
    assert {node for _, node in told["homes"].values()} == {"n1", "n2", "n3"}
    assert left_behind() == set()


def test_everything_is_encrypted_and_listens_on_the_interface_that_was_named() -> None:
    with open_cluster({**SLURM, "n_workers": 1}) as client:
        assert client.scheduler.address.startswith("tls://127.0.0.1:")
        (worker,) = client.scheduler_info(n_workers=-1)["workers"]
        assert worker.startswith("tls://127.0.0.1:")
        assert client.dashboard_link.startswith("http://127.0.0.1:")
        assert client.run(lambda dask_worker: dask_worker.http_server.address) == {worker: "127.0.0.1"}
        (folder,) = left_behind()
        assert {f"{path.stat().st_mode:o}"[-3:] for path in Path(folder).iterdir()} == {"600"}
        assert f"{Path(folder).stat().st_mode:o}"[-3:] == "700"
    assert left_behind() == set()
    assert "RUNNING" not in queue()


def test_a_queue_that_starts_nothing() -> None:
    with (
        pytest.raises(
            ClusterError,
            match=r"0 of 3 workers were there after 2 s. 'squeue .*' tells: (\d+ PENDING PartitionDown(; )?){3}. "
            r"Jobs that wait: ask for less .*, or raise queue_timeout_s. Jobs that ended: the last lines of their",
        ),
        open_cluster({**SLURM, "queue": "closed", "queue_timeout_s": 2.0}),
    ):
        pass
    assert "PENDING" not in queue()
    assert " PD " not in queue()
    assert left_behind() == set()


def test_a_job_that_is_refused() -> None:
    with (
        pytest.raises(ClusterError, match=r"a job was refused: sbatch: error: invalid partition specified: none"),
        open_cluster({**SLURM, "queue": "none"}),
    ):
        pass
    assert left_behind() == set()


def test_the_sbatch_file_of_the_documentation() -> None:
    shutil.copytree(ROOT / "configs", "configs")
    shutil.copy(ROOT / "docs" / "how-to" / "code" / "two_regions.sbatch", "two_regions.sbatch")
    Path(".venv/bin").mkdir(parents=True)
    Path(".venv/bin/activate").write_text(f'PATH="{Path(sys.executable).parent}:$PATH"\n')
    done = subprocess.run(
        ["sbatch", "--wait", "two_regions.sbatch"],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    printed = "\n".join(path.read_text() for path in Path().glob("slurm-*.out"))
    assert done.returncode == 0, printed
    assert "(dask), recorded in runs/two.zarr" in printed
    command = ["run", "configs/two_regions.yaml", "--duration-ms", "1000", "--out", "runs/alone.zarr"]
    subprocess.run([Path(sys.executable).parent / "thalia-dask", *command], check=True, capture_output=True)
    recorded = [
        xr.open_dataset(f"runs/{name}.zarr", engine="zarr", consolidated=False).drop_attrs()
        for name in ("two", "alone")
    ]
    assert recorded[0].equals(recorded[1])
    assert left_behind() == set()
