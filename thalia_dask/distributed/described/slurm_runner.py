"""The tasks of one ``srun``, which all run this program: one becomes the scheduler, one goes on, the rest work."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dask
from distributed import Client, Security
from distributed.core import rpc

from thalia_dask.config.clusters import SlurmRunnerConfig
from thalia_dask.distributed.certificates import load_security, make_certificates
from thalia_dask.distributed.cluster import workers_of
from thalia_dask.distributed.settings import SETTINGS, dashboard_options
from thalia_dask.errors import ClusterError

_SCHEDULER, _CLIENT = 0, 1
"""Numbers of the tasks that do not work, as dask-jobqueue's runner has them."""


@contextmanager
def start(config: SlurmRunnerConfig, timeout_s: float) -> Iterator[Client]:
    """Go on in the second task of srun, as a client of all others, which end with the context.

    The first task and the workers serve until then, and exit in here.

    Raises
    ------
    ClusterError : if this runs in no srun of at least three tasks, or a task does not start in time.
    """
    task, n_tasks = _place()
    folder = _folder(config)
    scheduler_file = folder / "scheduler.json"
    try:
        if task == _SCHEDULER:
            _prepare(folder, config)
        else:
            _wait_for(scheduler_file, timeout_s)
        security = load_security(folder if config.security == "temporary" else Path(config.security))
        with dask.config.set(SETTINGS):
            runner = _run(config, security, scheduler_file, timeout_s)
            with runner, Client(runner, direct_to_workers=True, set_as_default=False, security=security) as client:
                _wait_for_workers(client, n_tasks - 2, timeout_s)
                yield client
    finally:
        if task == _CLIENT:
            shutil.rmtree(folder, ignore_errors=True)  # the scheduler may be removing its own file


def _run(config: SlurmRunnerConfig, security: Security, scheduler_file: Path, timeout_s: float) -> Any:
    """The runner, in the client; in other tasks serve, then exit."""
    handler = signal.getsignal(signal.SIGINT)
    try:
        from dask_jobqueue.slurm import SLURMRunner
    except ImportError as error:
        raise ClusterError(
            "a cluster of kind 'slurm_runner' needs the package dask-jobqueue; run: pip install 'thalia_dask[hpc]'"
        ) from error

    class Runner(SLURMRunner):  # type: ignore[misc]
        async def before_client_start(self) -> None:
            self.scheduler_comm = rpc(self.scheduler_address, connection_args=security.get_connection_args("client"))

    listen = {"interface": config.interface, "security": security}
    n_threads = config.threads_per_worker or int(os.environ.get("SLURM_CPUS_PER_TASK", "1"))
    runner = Runner(
        scheduler_file=str(scheduler_file),
        scheduler_options={**listen, "protocol": "tls://", **dashboard_options(config.dashboard_address)},
        worker_options={
            **listen,
            "nthreads": n_threads,
            "dashboard_address": "127.0.0.1:0",
            "death_timeout": timeout_s,
        },
    )
    signal.signal(signal.SIGINT, handler)  # the client's, which the import took; the others end by it
    return runner


def _place() -> tuple[int, int]:
    """The number of this task, and how many there are."""
    if "SLURM_STEP_ID" not in os.environ:  # the script that sbatch runs has a task number, too
        raise ClusterError(
            "a cluster of kind 'slurm_runner' is made of the tasks of one srun, but this is none of them; "
            "write: srun --ntasks=N thalia-dask ..., in a job"
        )
    task, n_tasks = int(os.environ["SLURM_PROCID"]), int(os.environ["SLURM_NTASKS"])
    if n_tasks < 3:
        raise ClusterError(
            f"srun has started {n_tasks} task{'s' * (n_tasks > 1)}, but one is the scheduler, one the client, and at "
            "least one must be a worker; write srun --ntasks=3 or more"
        )
    return task, n_tasks


def _folder(config: SlurmRunnerConfig) -> Path:
    """What all tasks of this srun, and of no other, know each other by."""
    names = ("SLURM_JOB_ID", "SLURM_STEP_ID", "SLURM_RESTART_COUNT")
    return Path(config.shared_folder) / ("." + "-".join(["thalia-srun", *(os.environ.get(n, "0") for n in names)]))


def _prepare(folder: Path, config: SlurmRunnerConfig) -> None:
    try:
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise ClusterError(
            f"the folder '{folder}' cannot be made ({error.strerror}); write as shared_folder one that all nodes can "
            "write, and remove what a run that was killed has left there"
        ) from error
    if config.security == "temporary":
        make_certificates(folder)


def _wait_for(scheduler_file: Path, timeout_s: float) -> None:
    """Wait until the scheduler has written all of its address."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            json.loads(scheduler_file.read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            if time.monotonic() > deadline:
                raise ClusterError(
                    f"the scheduler, task 0 of srun, has not written '{scheduler_file}' within {timeout_s:g} s; see "
                    "what it printed, and whether shared_folder is a folder that all nodes see"
                ) from None
            time.sleep(0.1)
        else:
            return


def _wait_for_workers(client: Client, n_workers: int, timeout_s: float) -> None:
    try:
        client.wait_for_workers(n_workers, timeout=timeout_s)
    except TimeoutError:
        present = len(workers_of(client))
        raise ClusterError(
            f"{present} of {n_workers} workers were there after {timeout_s:g} s; see what the other tasks of srun "
            "printed, and whether their nodes reach each other (interface)"
        ) from None
