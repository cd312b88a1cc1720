"""What is asked of a cluster that others ask, too."""

from __future__ import annotations

import dask
import pytest
from distributed import Client, LocalCluster

from thalia_dask.distributed.cluster import workers_of


@pytest.mark.cluster
def test_workers_are_all_there_while_the_client_asks_for_itself() -> None:
    """``Client`` refreshes what it knows of the scheduler from time to time, without the workers."""
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None) as cluster,
        dask.config.set({"distributed.client.scheduler-info-interval": "1ms"}),
        Client(cluster) as client,
    ):
        assert {len(workers_of(client)) for _ in range(300)} == {2}
