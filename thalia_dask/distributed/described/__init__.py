"""Clusters that a file describes: one module for each way of starting them."""

from __future__ import annotations

from contextlib import AbstractContextManager

from distributed import Client

from thalia_dask.arguments import check_positive
from thalia_dask.config.clusters import (
    ClusterConfig,
    LocalClusterConfig,
    QueuedClusterConfig,
    SlurmRunnerConfig,
    SshClusterConfig,
)
from thalia_dask.config.loading import ConfigSource, load_cluster_config
from thalia_dask.distributed.described import local, queued, slurm_runner, ssh


def open_cluster(
    cluster: ClusterConfig | ConfigSource, *, start_timeout_s: float = 180.0
) -> AbstractContextManager[Client]:
    """Start the workers that a cluster file describes; the context gives a client of all of them, and ends them.

    Parameters
    ----------
    cluster : the path of a cluster file, or what it would hold.
    start_timeout_s : seconds that processes may take to start, once the batch system, if any, has let them.

    Raises
    ------
    InputError : if ``start_timeout_s`` is no number greater than 0.
    ConfigError : for what is wrong in the file.
    ClusterError : if they do not start in time; on entering the context.
    """
    check_positive(start_timeout_s, "start_timeout_s", "seconds")
    config = cluster if isinstance(cluster, ClusterConfig) else load_cluster_config(cluster)
    match config:
        case LocalClusterConfig():
            return local.start(config, start_timeout_s)
        case QueuedClusterConfig():
            return queued.start(config, start_timeout_s)
        case SlurmRunnerConfig():
            return slurm_runner.start(config, start_timeout_s)
        case SshClusterConfig():
            return ssh.start(config, start_timeout_s)
    raise TypeError(f"no such cluster: {config!r}")
