"""Workers in jobs of a batch system, Slurm or PBS, by dask-jobqueue; the scheduler is in this process."""

from __future__ import annotations

import logging
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dask
from distributed import Client, Security, Status
from distributed.utils import silence_logging_cmgr

from thalia_dask.config.clusters import QueuedClusterConfig
from thalia_dask.distributed.certificates import certificates, load_security, security_of
from thalia_dask.distributed.cluster import workers_of
from thalia_dask.distributed.settings import SETTINGS, dashboard_options, worker_environment
from thalia_dask.errors import ClusterError

_STATE = {"slurm": ("squeue", "--noheader", "--format=%i %T %r", "--jobs={}"), "pbs": ("qstat", "{}")}
"""What tells how jobs are, which stand in it separated by commas."""


def job_script(config: QueuedClusterConfig, timeout_s: float) -> str:
    """The script of one job, with capitals for what is known when the scheduler runs; starts nothing."""
    temporary = Path(config.shared_folder) / ".thalia-tls-NAME"
    folder = temporary if config.security == "temporary" else Path(config.security)
    options = _job_options(config, security_of(folder), timeout_s)
    job = _classes(config.kind)[0]("tls://SCHEDULER:PORT", "NUMBER", protocol="tls://", **options)
    return str(job.job_script())


@contextmanager
def start(config: QueuedClusterConfig, timeout_s: float) -> Iterator[Client]:
    """Submit a job for each worker and wait until all of them run; they end with the context.

    Raises
    ------
    ClusterError : if jobs are refused, or do not run before ``config.queue_timeout_s`` is over.
    """
    cluster_class = _classes(config.kind)[1]
    with (
        certificates(config.security, Path(config.shared_folder)) as folder,
        dask.config.set(SETTINGS),
        silence_logging_cmgr(logging.CRITICAL, root="tornado"),  # what a refused job raises is raised below
        cluster_class(
            **_job_options(config, load_security(folder), timeout_s),
            scheduler_options={**dashboard_options(config.dashboard_address), "interface": config.interface},
            silence_logs=logging.CRITICAL,
        ) as cluster,
    ):
        _submit(cluster, config)
        with Client(cluster, direct_to_workers=True, set_as_default=False) as client:
            _wait(client, cluster, config)
            yield client


def _classes(kind: str) -> tuple[Any, Any]:
    handler = signal.getsignal(signal.SIGINT)
    try:
        import dask_jobqueue
        from dask_jobqueue.pbs import PBSJob
        from dask_jobqueue.slurm import SLURMJob
    except ImportError as error:
        raise ClusterError(
            f"a cluster of kind '{kind}' needs the package dask-jobqueue; run: pip install 'thalia_dask[hpc]'"
        ) from error
    finally:
        signal.signal(signal.SIGINT, handler)  # which that import takes for itself
    return {"slurm": (SLURMJob, dask_jobqueue.SLURMCluster), "pbs": (PBSJob, dask_jobqueue.PBSCluster)}[kind]


def _job_options(config: QueuedClusterConfig, security: Security, timeout_s: float) -> dict[str, Any]:
    exports = [f"export {name}={shlex.quote(value)}" for name, value in worker_environment().items()]
    return {
        "queue": config.queue,
        "account": config.account,
        "walltime": config.walltime,
        "cores": config.threads_per_worker,
        "processes": 1,
        "memory": config.memory,
        "interface": config.interface,
        "python": config.python or sys.executable,
        "job_name": "thalia-dask",
        "job_script_prologue": [*exports, *config.prologue],
        "job_extra_directives": config.directives,
        "job_directives_skip": config.skip_directives,
        "worker_extra_args": ["--dashboard-address", "127.0.0.1:0"],
        "death_timeout": timeout_s,
        "security": security,
    }


def _submit(cluster: Any, config: QueuedClusterConfig) -> None:
    async def submit() -> None:
        cluster.scale(jobs=config.n_workers)
        try:
            await cluster
        finally:
            for job in cluster.workers.values():
                if job.job_id is None:
                    job.status = Status.failed  # else the cluster would not close

    try:
        cluster.sync(submit)
    except (OSError, RuntimeError) as error:
        told = " ".join(str(error).rpartition("stderr:")[2].split())
        raise ClusterError(
            f"a job was refused: {told}. 'thalia-dask describe CONFIG --cluster CLUSTER.yaml' shows the script; "
            "correct what is refused there"
        ) from error


def _wait(client: Client, cluster: Any, config: QueuedClusterConfig) -> None:
    try:
        client.wait_for_workers(config.n_workers, timeout=config.queue_timeout_s)
    except TimeoutError:
        present = len(workers_of(client))
        jobs = ",".join(str(job.job_id) for job in cluster.workers.values())
        raise ClusterError(
            f"{present} of {config.n_workers} workers were there after {config.queue_timeout_s:g} s. "
            f"{_state_of(jobs, config.kind)}. Jobs that wait: ask for less (walltime, memory, n_workers), another "
            "queue, or raise queue_timeout_s. Jobs that ended: the last lines of their output, in this folder, say "
            "why. Jobs that run: their nodes must reach this machine (interface)"
        ) from None


def _state_of(jobs: str, kind: str) -> str:
    command = [part.format(jobs) for part in _STATE[kind]]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"'{shlex.join(command)}' does not tell how they are: {error}"
    told = "; ".join(line.strip() for line in (done.stdout + done.stderr).splitlines())
    return f"'{shlex.join(command)}' tells: {told or 'nothing, so all of them have ended'}"
