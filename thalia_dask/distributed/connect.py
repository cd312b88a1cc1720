"""Clients of a scheduler that runs already, by its address."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dask
from distributed import Client
from distributed.comm.addressing import get_address_host_port

from thalia_dask.distributed.certificates import load_security
from thalia_dask.distributed.cluster import leave
from thalia_dask.errors import ClusterError, InputError

_LONGEST_S = 10.0
"""How long a scheduler that runs may take to answer: who mistyped its address is told soon."""


@contextmanager
def connect(address: str, timeout_s: float, tls: Path | None = None) -> Iterator[Client]:
    """Connect to the scheduler at an address such as ``"tls://10.0.0.5:8786"``; it stays when the context ends.

    Parameters
    ----------
    tls : the folder with the certificate of its cluster; None for what Dask's own configuration says.

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
    if address.startswith("tls://") and tls is None and not dask.config.get("distributed.comm.tls.client.cert"):
        raise InputError(
            f"the scheduler at '{address}' asks for a certificate; write --tls FOLDER, where FOLDER holds ca.pem, "
            "cert.pem and key.pem of its cluster"
        )
    security = None if tls is None else load_security(tls)
    timeout_s = min(timeout_s, _LONGEST_S)
    try:
        client = Client(address, direct_to_workers=True, set_as_default=False, timeout=timeout_s, security=security)
    except OSError as error:
        raise ClusterError(
            f"no Dask scheduler answers at '{address}' within {timeout_s:g} s; start one with 'dask scheduler', "
            "or write the address of one that runs"
        ) from error
    try:
        yield client
    finally:
        leave(client)
