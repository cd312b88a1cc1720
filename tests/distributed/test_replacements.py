"""What becomes of the nannies of our own LocalCluster when their workers are lost."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import dask
import pytest
from distributed import Client, Nanny

from tests.toy_regions import silent
from thalia_dask.config import RecoveryConfig
from thalia_dask.distributed.cluster import open_local
from thalia_dask.distributed.executor import DaskExecutor
from thalia_dask.ticks import Window

pytestmark = pytest.mark.cluster


@pytest.fixture
def client() -> Iterator[Client]:
    """Of two workers, whose nannies Dask would give up after a second."""
    with dask.config.set({"distributed.deploy.lost-worker-timeout": "1s"}):
        cluster = open_local(2, 1, 120)
        yield cluster.client
        cluster.close()


def nanny_of(client: Client, worker: str) -> Nanny:
    return next(nanny for nanny in client.cluster.workers.values() if nanny.worker_address == worker)


def wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_worker_that_takes_long_to_start_is_used_and_stays(client: Client, tmp_path: Path) -> None:
    slow = tmp_path / "slow.py"
    slow.write_text("import time; time.sleep(4)\n")
    patient = RecoveryConfig(replacement_s=60.0)
    with DaskExecutor(client, recovery=patient) as executor:
        executor.start(dict.fromkeys("ab", silent), ())
        executor.advance(Window(0, 5), {})
        lost = executor.placement["a"]
        nanny = nanny_of(client, lost)
        nanny.preload = [*nanny.preload, str(slow)]
        began = time.monotonic()
        os.kill(nanny.pid, signal.SIGKILL)
        executor.advance(Window(5, 10), {})
        assert 4 < time.monotonic() - began < 60
        assert executor.n_workers == 2
        assert nanny.worker_address in executor.placement.values()
        time.sleep(1.5)
        executor.advance(Window(10, 15), {})
        assert len(executor.recoveries) == 1


def test_nanny_that_is_gone_is_not_waited_for_and_scaling_brings_another(client: Client) -> None:
    with DaskExecutor(client, recovery=RecoveryConfig(replacement_s=0.5)) as executor:
        executor.start(dict.fromkeys("ab", silent), ())
        executor.advance(Window(0, 5), {})
        client.cluster.sync(nanny_of(client, executor.placement["a"]).close)
        executor.advance(Window(5, 10), {})
        assert executor.n_workers == 1
        wait_until(lambda: len(client.cluster.workers) == 1)
        client.cluster.scale(2)
        client.wait_for_workers(2, timeout=60)
