"""TLS: who has no certificate of the cluster can neither join it nor read along."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

import dask
from distributed import Security

from thalia_dask.errors import ClusterError, InputError

CA, CERTIFICATE, KEY = "ca.pem", "cert.pem", "key.pem"


def load_security(folder: Path) -> Security:
    """The certificate in a folder, for scheduler, workers and clients alike.

    Parameters
    ----------
    folder : holds ``ca.pem`` (who may take part), ``cert.pem`` and ``key.pem``.

    Raises
    ------
    InputError : if one is missing, or the key can be read by others.
    """
    for name in (CA, CERTIFICATE, KEY):
        if not (folder / name).is_file():
            raise InputError(
                f"there is no {name} in '{folder}', where TLS certificates should be; write a folder with {CA}, "
                f"{CERTIFICATE} and {KEY}"
            )
    if (folder / KEY).stat().st_mode & 0o077:
        raise InputError(f"'{folder / KEY}' can be read by others than you; run: chmod 600 '{folder / KEY}'")
    return security_of(folder)


def security_of(folder: Path) -> Security:
    """As :func:`load_security`, of a folder that need not exist yet."""
    with dask.config.set(tls_settings(folder)):
        return Security()


def tls_settings(folder: Path) -> dict[str, object]:
    """Dask's settings for the certificate in a folder: paths, so that the key itself does not travel with them."""
    settings: dict[str, object] = {
        "distributed.comm.require-encryption": True,
        "distributed.comm.tls.ca-file": str((folder / CA).absolute()),
    }
    for role in ("scheduler", "worker", "client"):
        settings[f"distributed.comm.tls.{role}.cert"] = str((folder / CERTIFICATE).absolute())
        settings[f"distributed.comm.tls.{role}.key"] = str((folder / KEY).absolute())
    return settings


def make_certificates(folder: Path) -> None:
    """Write a new certificate, which is its own authority, into a folder that only its owner can read.

    Raises
    ------
    ClusterError : if the package that makes certificates is not installed.
    """
    try:
        made = Security.temporary()
    except ImportError as error:
        raise ClusterError(
            "security: temporary needs the package cryptography; run: pip install 'thalia_dask[hpc]'"
        ) from error
    texts = {CA: made.tls_ca_file, CERTIFICATE: made.tls_client_cert, KEY: made.tls_client_key}
    for name, text in texts.items():
        with open(folder / name, "w", encoding="ascii", opener=_private) as file:
            file.write(text)


@contextmanager
def certificates(security: str, shared_folder: Path) -> Iterator[Path]:
    """The folder of a cluster's certificate: a new one in ``shared_folder`` that goes with the context, or as told.

    Parameters
    ----------
    security : ``"temporary"``, or the path of a folder.

    Raises
    ------
    ClusterError : if ``shared_folder`` cannot be written.
    """
    if security != "temporary":
        yield Path(security)
        return
    try:
        folder = Path(mkdtemp(prefix=".thalia-tls-", dir=shared_folder)).absolute()
    except OSError as error:
        raise ClusterError(
            f"no certificate can be written to '{shared_folder}' ({error.strerror}); write as shared_folder one that "
            "all machines of the cluster see"
        ) from error
    try:
        make_certificates(folder)
        yield folder
    finally:
        shutil.rmtree(folder)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
