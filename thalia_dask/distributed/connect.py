"""Clients of a cluster that a user describes in a file, or names by the address of its scheduler."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from distributed import Client
from distributed.comm.addressing import get_address_host_port

from thalia_dask.config.models import ClusterConfig
from thalia_dask.distributed.cluster import open_local
from thalia_dask.errors import ClusterError, InputError


@contextmanager
def start_described(cluster: ClusterConfig, timeout_s: float) -> Iterator[Client]:
    """Start the workers of a described cluster; they end with the context.

    Raises
    ------
    ClusterError : if they do not start in time.
    """
    opened = open_local(
        cluster.n_workers,
        cluster.threads_per_worker,
        timeout_s,
        processes=cluster.processes,
        dashboard_address=cluster.dashboard_address,
        memory_limit=cluster.memory_limit,
    )
    try:
        yield opened.client
    finally:
        opened.close()


@contextmanager
def connect(address: str, timeout_s: float) -> Iterator[Client]:
    """Connect to the scheduler at an address such as ``"tcp://10.0.0.5:8786"``; it stays when the context ends.

    Raises
    ------
    InputError : if that is no address.
    ClusterError : if no scheduler answers there in time.
    """
    try:
        get_address_host_port(address)
    except ValueError as error:
        raise InputError(
            f"the scheduler's address is '{address}' ({error}); write the one that 'dask scheduler' printed, such as "
            "tcp://10.0.0.5:8786"
        ) from error
    try:
        client = Client(address, direct_to_workers=True, set_as_default=False, timeout=timeout_s)
    except OSError as error:
        raise ClusterError(
            f"no Dask scheduler answers at '{address}' within {timeout_s:g} s; start one with 'dask scheduler', "
            "or write the address of one that runs"
        ) from error
    with client:
        yield client
