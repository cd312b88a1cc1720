"""From CONFIG, --set, --cluster and --scheduler to a config and the client that it is to run on."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf, isfinite
from pathlib import Path
from typing import TYPE_CHECKING

import click

from thalia_dask.cli.logs import TOLD
from thalia_dask.cli.options import options_to_go_on

if TYPE_CHECKING:
    from distributed import Client

    from thalia_dask.config import ClusterConfig, ThaliaConfig
    from thalia_dask.config.loading import ConfigSource
    from thalia_dask.topology.plan import BrainPlan


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be run, and where.

    Attributes
    ----------
    config : with what ``cluster`` and ``scheduler`` imply.
    source : where the config came from, as it was given.
    cluster, scheduler : at most one of them; without either the config decides.
    tls : the folder with the certificate of the scheduler's cluster.
    options : those that ``resume`` needs to go on in the same way.
    """

    config: ThaliaConfig
    source: str
    cluster: ClusterConfig | None
    scheduler: str | None
    tls: Path | None
    options: tuple[str, ...]

    def to_go_on(self, recording: Path) -> str:
        """The command that goes on with the run if it ends early."""
        return shlex.join(["thalia-dask", "resume", str(recording), *self.options])

    def check_room(self, plan: BrainPlan) -> None:
        """Refuse a cluster that is described as too small, before it is started."""
        if self.cluster is not None:
            check_room(self.config, plan, self.cluster)

    @contextmanager
    def client(self) -> Iterator[Client | None]:
        """The Dask client to run on, or None where the brain is to see to that itself."""
        timeout_s = self.config.execution.start_timeout_s
        if self.cluster is not None:
            from thalia_dask.distributed.described import open_cluster

            with open_cluster(self.cluster, start_timeout_s=timeout_s) as client:
                self._announce(client)
                yield client
        elif self.scheduler is not None:
            from thalia_dask.distributed.connect import connect

            with connect(self.scheduler, timeout_s, self.tls) as client:
                self._announce(client)
                yield client
        else:
            yield None

    def _announce(self, client: Client) -> None:
        """Say where the dashboard of the scheduler is, if it has one."""
        from thalia_dask.config.clusters import RemoteClusterConfig
        from thalia_dask.distributed.dashboard_link import dashboard_link, scheduler_host

        address = ":" if self.cluster is None else self.cluster.dashboard_address
        if address is None:
            return
        link = dashboard_link(client, address.rpartition(":")[0])
        node = f", on {scheduler_host(client)}" if isinstance(self.cluster, RemoteClusterConfig) else ""
        TOLD.info("Dask dashboard: %s%s", link, node)


def load_job(
    config: ConfigSource,
    overrides: Sequence[str],
    cluster: Path | None,
    scheduler: str | None,
    tls: Path | None,
    source: str | None = None,
) -> Job:
    """Load config and cluster description; ``source`` says where a config came from that is no path.

    Raises
    ------
    ConfigError : for what is wrong in either file, or in an override.
    click.UsageError : if both a cluster and a scheduler are given, or a certificate without a scheduler.
    """
    if cluster is not None and scheduler is not None:
        raise click.UsageError("--cluster and --scheduler exclude each other; write one of them")
    if tls is not None and scheduler is None:
        raise click.UsageError("--tls goes with --scheduler; a cluster file says its own (security)")
    from thalia_dask.brain.opening import check_given_client

    resolved, described = load_placed(config, overrides, cluster, implied=["brain.parallel=true"] * bool(scheduler))
    if cluster is not None or scheduler is not None:
        check_given_client(resolved)
    options = options_to_go_on(cluster, scheduler, tls)
    return Job(resolved, source or str(config), described, scheduler, tls, options)


def load_placed(
    config: ConfigSource, overrides: Sequence[str], cluster: Path | None, implied: Sequence[str] = ()
) -> tuple[ThaliaConfig, ClusterConfig | None]:
    """Load a config, with what a cluster file implies, and the latter.

    Raises
    ------
    ConfigError : for what is wrong in either file, or in an override.
    """
    from thalia_dask.config import load_cluster_config, load_config

    if cluster is None:
        return load_config(config, [*overrides, *implied]), None
    described = load_cluster_config(cluster)
    n_workers, n_threads = described.shape
    shape = [f"execution.n_workers={n_workers or 'null'}", f"execution.threads_per_worker={n_threads or 'null'}"]
    return load_config(config, [*overrides, "brain.parallel=true", *shape]), described


def planned(config: ThaliaConfig) -> BrainPlan:
    """The plan of a brain, if it can be simulated and recorded.

    Raises
    ------
    ConfigError : if not.
    """
    from thalia_dask.recording.layout import check_names
    from thalia_dask.topology.build import build_plan

    plan = build_plan(config)
    check_names(plan)
    return plan


def planned_homes(config: ThaliaConfig, plan: BrainPlan) -> dict[str, str]:
    """Region -> the worker that would hold it: "worker 1", "worker 2" and so on."""
    from thalia_dask.distributed.placement import assign, local_shape
    from thalia_dask.performance.costs import step_costs

    n_workers, _ = local_shape(config.execution.n_workers, config.execution.threads_per_worker, len(plan.regions))
    return assign(step_costs(plan), [f"worker {i + 1}" for i in range(n_workers)], plan.projections)


def check_room(config: ThaliaConfig, plan: BrainPlan, cluster: ClusterConfig) -> None:
    """Refuse a cluster whose workers, as far as its file says, have too little memory for what they would hold.

    Raises
    ------
    ClusterError : if they have.
    """
    from thalia_dask.distributed.room import check_room_of_each
    from thalia_dask.topology.summary import summarize

    if cluster.memory_of_worker is not None:
        needs = {region.name: region.memory_bytes for region in summarize(plan).regions}
        check_room_of_each(needs, planned_homes(config, plan), cluster.memory_of_worker)


def count_steps(duration_ms: float, dt_ms: float) -> int:
    """The steps of ``--duration-ms``.

    Raises
    ------
    InputError : if it is shorter than a step, or endless.
    ConfigError : if it is not a whole number of steps.
    """
    from thalia_dask.errors import InputError
    from thalia_dask.ticks import to_steps

    if not dt_ms <= duration_ms < inf:
        finite = "" if isfinite(duration_ms) else "finite "
        told = f"write a {finite}duration of at least {dt_ms:g} ms, one step"
        raise InputError(f"--duration-ms is {duration_ms:g}; {told}")
    return to_steps(duration_ms, dt_ms, "--duration-ms")
