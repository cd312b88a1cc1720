"""TLS: the same bits, and nobody without the cluster's certificate."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from distributed import Client, LocalCluster

from tests.toy_brains import plan, run
from thalia_dask.distributed.certificates import certificates, load_security, make_certificates
from thalia_dask.distributed.connect import connect
from thalia_dask.distributed.executor import DaskExecutor
from thalia_dask.engine.sequential import SequentialExecutor
from thalia_dask.errors import ClusterError, InputError

BRAIN = plan(dict.fromkeys("abc", 3), [("a", "b", 2), ("b", "c", 2), ("c", "a", 3)])


def new(folder: Path) -> Path:
    folder.mkdir()
    make_certificates(folder)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return new(tmp_path_factory.mktemp("tls") / "ours")


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """Of the scheduler of two workers that speak TLS only."""
    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        protocol="tls://",
        security=load_security(folder),
        dashboard_address="127.0.0.1:0",
        processes=False,
    ) as cluster:
        yield cluster.scheduler_address


@pytest.mark.cluster
def test_the_same_bits_over_tls(folder: Path, address: str) -> None:
    assert address.startswith("tls://")
    with connect(address, 30, folder) as client, DaskExecutor(client) as executor:
        assert run(executor, BRAIN, 20) == run(SequentialExecutor(), BRAIN, 20)
        assert len(set(executor.placement.values())) == 2


@pytest.mark.cluster
def test_a_foreign_certificate_is_refused(address: str, tmp_path: Path) -> None:
    foreign = new(tmp_path / "foreign")
    with pytest.raises(ClusterError, match=r"no Dask scheduler answers at 'tls://"), connect(address, 2, foreign):
        pass


@pytest.mark.cluster
def test_the_scheduler_itself_refuses_a_foreign_certificate(address: str, folder: Path, tmp_path: Path) -> None:
    """Also from one who would trust anybody."""
    foreign = new(tmp_path / "foreign")
    security = load_security(foreign)
    security.tls_ca_file = str(folder / "ca.pem")
    with pytest.raises(OSError, match=r"alert|Timed out|closed|reset"):
        Client(address, security=security, timeout=2, set_as_default=False)


@pytest.mark.cluster
def test_plain_text_is_refused(address: str) -> None:
    with (
        pytest.raises(ClusterError, match="no Dask scheduler answers"),
        connect(address.replace("tls://", "tcp://"), 2),
    ):
        pass


@pytest.mark.cluster
def test_a_certificate_is_asked_for(address: str) -> None:
    with pytest.raises(InputError, match=r"asks for a certificate; write --tls FOLDER"), connect(address, 2):
        pass


def test_certificates_are_private_and_go_with_the_cluster(tmp_path: Path) -> None:
    with certificates("temporary", tmp_path) as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == {
            "ca.pem": 0o600,
            "cert.pem": 0o600,
            "key.pem": 0o600,
        }
        ssl.create_default_context(cafile=str(folder / "ca.pem")).load_cert_chain(
            folder / "cert.pem", folder / "key.pem"
        )
    assert list(tmp_path.iterdir()) == []


def test_certificates_of_the_user_stay(tmp_path: Path) -> None:
    mine = new(tmp_path / "mine")
    with certificates(str(mine), tmp_path) as folder:
        assert folder == mine
    assert len(list(mine.iterdir())) == 3


def test_what_is_wrong_with_certificates(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there is no ca.pem in '.*', where TLS certificates should be; write"):
        load_security(tmp_path)
    mine = new(tmp_path / "mine")
    os.chmod(mine / "key.pem", 0o640)
    with pytest.raises(InputError, match=r"key.pem' can be read by others than you; run: chmod 600 '"):
        load_security(mine)
    with (
        pytest.raises(ClusterError, match=r"no certificate can be written to '.*none' \(No such file or directory\)"),
        certificates("temporary", tmp_path / "none"),
    ):
        pass
