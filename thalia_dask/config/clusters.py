"""Where workers live: what a cluster file may say, one model for each kind of cluster."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from thalia_dask.config.base import Config, Count, PositiveFloat

BYTES_PER_WORKER = 400 * 1024**2
"""What a process takes before it holds a region: Python, torch, numba, Dask and the compiled kernels."""
_MEMORY = re.compile(r"(\d+(?:\.\d+)?) ?([kKMGT]i?)?B")
_NO_LINE_BREAK = re.compile(r"[^\r\n]*")


def _memory(value: str) -> str:
    amount = _MEMORY.fullmatch(value)
    if not amount:
        raise ValueError("is no amount of memory")
    number, prefix = amount.groups(default="")
    thousand = 1024 if prefix.endswith("i") else 1000
    if float(number) * thousand ** "BKMGT".index(prefix[:1].upper() or "B") < BYTES_PER_WORKER:
        raise ValueError(f"is too little, as a worker takes {BYTES_PER_WORKER // 1024**2} MiB of its own")
    return value


def _memory_or_auto(value: str) -> str:
    return value if value == "auto" else _memory(value)


def _one_line(value: str) -> str:
    if not _NO_LINE_BREAK.fullmatch(value):
        raise ValueError("should be one line")
    return value


Memory = Annotated[str, AfterValidator(_memory)]
Line = Annotated[str, AfterValidator(_one_line)]


class ClusterConfig(Config):
    """What is asked of every cluster."""

    kind: str
    dashboard_address: str | None = Field(
        default="127.0.0.1:0",
        description="the 'host:port' of the Dask dashboard (port 0 takes a free one), or null for none; it has no "
        "password",
    )

    @property
    def shape(self) -> tuple[int | None, int | None]:
        """Number of workers, and of threads of each; None for what is chosen when it starts."""
        raise NotImplementedError

    @property
    def memory_of_worker(self) -> str | None:
        """The memory of each worker, such as ``"4GiB"``; None where only the machine knows."""
        return None


class LocalClusterConfig(ClusterConfig):
    """Processes on this machine, reachable from nowhere else."""

    kind: Literal["local"] = Field(default="local", description="'local', for processes on this machine")
    n_workers: Count | None = Field(default=None, description="the number of workers, or null to choose")
    threads_per_worker: Count | None = Field(
        default=None, description="the number of threads of each worker, or null to choose"
    )
    processes: bool = Field(default=True, description="true for processes, false for threads of this one")
    memory_limit: Annotated[str, AfterValidator(_memory_or_auto)] = Field(
        default="auto", description="the memory of one worker, such as '2GiB', or 'auto'"
    )

    @property
    def shape(self) -> tuple[int | None, int | None]:
        """As given."""
        return self.n_workers, self.threads_per_worker

    @property
    def memory_of_worker(self) -> str | None:
        """As given."""
        return None if self.memory_limit == "auto" else self.memory_limit


class RemoteClusterConfig(ClusterConfig):
    """Workers on other machines: always with TLS."""

    security: str = Field(
        default="temporary",
        description="'temporary' for a certificate that is made for this cluster and goes with it, or the path of a "
        "folder that holds ca.pem, cert.pem and key.pem on every machine",
    )
    shared_folder: str = Field(
        default=".", description="a folder that all machines see under this path, for what goes with the cluster"
    )
    interface: Line | None = Field(
        default=None, description="the network interface to listen on, such as 'ib0', or null for all"
    )


class QueuedClusterConfig(RemoteClusterConfig):
    """Workers that a batch system starts, one in each job."""

    n_workers: Count = Field(description="the number of workers, each a job of its own")
    threads_per_worker: Count = Field(default=1, description="the number of threads of each worker, each on a core")
    memory: Memory = Field(description="the memory of each job, such as '4GiB'")
    walltime: Line = Field(
        default="01:00:00", description="how long a job may run, 'HH:MM:SS': longer than the simulation will take"
    )
    queue: Line | None = Field(default=None, description="the queue or partition, or null for the default one")
    account: Line | None = Field(default=None, description="the account to charge, or null for yours")
    queue_timeout_s: PositiveFloat = Field(
        default=600.0, description="how many seconds the jobs may wait in the queue"
    )
    python: Line | None = Field(
        default=None, description="the path of Python on the nodes, or null for that of this process"
    )
    prologue: list[str] = Field(
        default_factory=list, description="a list of shell lines to run before a worker, such as 'module load gcc'"
    )
    directives: list[Line] = Field(
        default_factory=list, description="a list of further options of the batch system, such as '--constraint=ib'"
    )
    skip_directives: list[Line] = Field(
        default_factory=list, description="a list of options to leave out, such as '--mem'"
    )

    @property
    def shape(self) -> tuple[int | None, int | None]:
        """As given."""
        return self.n_workers, self.threads_per_worker

    @property
    def memory_of_worker(self) -> str | None:
        """As given."""
        return self.memory


class SlurmClusterConfig(QueuedClusterConfig):
    """Workers in jobs of Slurm, submitted by sbatch."""

    kind: Literal["slurm"] = Field(default="slurm", description="'slurm', for a job of Slurm for each worker")


class PbsClusterConfig(QueuedClusterConfig):
    """Workers in jobs of PBS, submitted by qsub."""

    kind: Literal["pbs"] = Field(default="pbs", description="'pbs', for a job of PBS for each worker")


class SlurmRunnerConfig(RemoteClusterConfig):
    """The tasks of one ``srun``: the first is the scheduler, the second this program, all others workers."""

    kind: Literal["slurm_runner"] = Field(
        default="slurm_runner", description="'slurm_runner', for the tasks of the srun that this runs in"
    )
    threads_per_worker: Count | None = Field(
        default=None, description="the number of threads of each worker, or null for srun's --cpus-per-task"
    )

    @property
    def shape(self) -> tuple[int | None, int | None]:
        """As many workers as srun has tasks to spare, which it says when this runs there."""
        return None, self.threads_per_worker


class SshClusterConfig(RemoteClusterConfig):
    """Workers on machines that are reached by ssh without a password; the first one has the scheduler, too."""

    kind: Literal["ssh"] = Field(default="ssh", description="'ssh', for machines that are reached by ssh")
    hosts: list[Line] = Field(min_length=1, description="a list of hosts, as in ~/.ssh/config")
    threads_per_worker: Count = Field(default=1, description="the number of threads of each worker")
    python: Line | None = Field(
        default=None, description="the path of Python on the hosts, or null for that of this process"
    )

    @property
    def shape(self) -> tuple[int | None, int | None]:
        """One worker for each host."""
        return len(self.hosts), self.threads_per_worker


CLUSTERS: dict[str, type[ClusterConfig]] = {
    "local": LocalClusterConfig,
    "pbs": PbsClusterConfig,
    "slurm": SlurmClusterConfig,
    "slurm_runner": SlurmRunnerConfig,
    "ssh": SshClusterConfig,
}
"""What ``kind`` in a cluster file may be."""
