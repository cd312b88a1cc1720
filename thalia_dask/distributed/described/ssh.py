"""Workers on machines that are reached by ssh; the scheduler is on the first of them."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dask
from distributed import Client, SSHCluster

from thalia_dask.config.clusters import SshClusterConfig
from thalia_dask.distributed.certificates import certificates, load_security, tls_settings
from thalia_dask.distributed.cluster import wait_for_workers
from thalia_dask.distributed.settings import SETTINGS, dashboard_options
from thalia_dask.errors import ClusterError


@contextmanager
def start(config: SshClusterConfig, timeout_s: float) -> Iterator[Client]:
    """Start scheduler and workers; they end with the context.

    Raises
    ------
    ClusterError : if a host cannot be reached, or a worker does not start.
    """
    with certificates(config.security, Path(config.shared_folder)) as folder:
        security = load_security(folder)
        python = config.python or sys.executable
        with dask.config.set({**SETTINGS, **tls_settings(folder)}):  # all of which ssh carries over
            try:
                cluster = SSHCluster(
                    [config.hosts[0], *config.hosts],
                    worker_options={
                        "nthreads": config.threads_per_worker,
                        "interface": config.interface,
                        "dashboard_address": "127.0.0.1:0",
                        "death_timeout": timeout_s,
                    },
                    scheduler_options={
                        "protocol": "tls://",
                        "interface": config.interface,
                        **dashboard_options(config.dashboard_address),
                    },
                    remote_python=python,
                    security=security,
                    silence_logs=logging.CRITICAL,
                )
            except Exception as error:  # asyncssh's own, or a bare one where a worker does not start
                raise ClusterError(
                    f"no Dask cluster could be started on {', '.join(config.hosts)} ({error}); for each of them, "
                    f"'ssh {config.hosts[0]} {python} -m thalia_dask.preload' must work without a password"
                ) from error
        with cluster, Client(cluster, direct_to_workers=True, set_as_default=False) as client:
            wait_for_workers(client, len(config.hosts), timeout_s)
            yield client
