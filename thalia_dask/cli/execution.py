"""From CONFIG, --set, --cluster and --scheduler to a config and the client that it is to run on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from distributed import Client

    from thalia_dask.config import ClusterConfig, ThaliaConfig
    from thalia_dask.config.loading import ConfigSource


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be run, and where.

    Attributes
    ----------
    config : with what ``cluster`` and ``scheduler`` imply.
    source : where the config came from, as it was given.
    cluster, scheduler : at most one of them; without either the config decides.
    """

    config: ThaliaConfig
    source: str
    cluster: ClusterConfig | None
    scheduler: str | None

    @contextmanager
    def client(self) -> Iterator[Client | None]:
        """The Dask client to run on, or None where the brain is to see to that itself."""
        timeout_s = self.config.execution.start_timeout_s
        if self.cluster is not None:
            from thalia_dask.distributed.connect import start_described

            with start_described(self.cluster, timeout_s) as client:
                yield _announced(client)
        elif self.scheduler is not None:
            from thalia_dask.distributed.connect import connect

            with connect(self.scheduler, timeout_s) as client:
                yield _announced(client)
        else:
            yield None


def load_job(
    config: ConfigSource,
    overrides: Sequence[str],
    cluster: Path | None,
    scheduler: str | None,
    source: str | None = None,
) -> Job:
    """Load config and cluster description; ``source`` says where a config came from that is no path.

    Raises
    ------
    ConfigError : for what is wrong in either file, or in an override.
    click.UsageError : if both a cluster and a scheduler are given.
    """
    from thalia_dask.config import load_cluster_config, load_config

    if cluster is not None and scheduler is not None:
        raise click.UsageError("--cluster and --scheduler exclude each other; write one of them")
    described = None if cluster is None else load_cluster_config(cluster)
    implied: list[str] = []
    if described is not None or scheduler is not None:
        implied.append("brain.parallel=true")
    if described is not None:
        implied.append(f"execution.threads_per_worker={described.threads_per_worker or 'null'}")
        implied.append(f"execution.n_workers={described.n_workers or 'null'}")
    return Job(load_config(config, [*overrides, *implied]), source or str(config), described, scheduler)


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
        raise InputError(f"--duration-ms is {duration_ms:g}; write a duration of at least {dt_ms:g} ms, one step")
    return to_steps(duration_ms, dt_ms, "--duration-ms")


def _announced(client: Client) -> Client:
    if client.dashboard_link:
        click.echo(f"Dask dashboard: {client.dashboard_link}", err=True)
    return client
