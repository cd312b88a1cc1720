"""A cluster that the user brought is left as it was found."""

from __future__ import annotations

import gc
import time
from typing import Any

import pytest
from distributed import Client
from distributed.deploy.cluster import Cluster
from distributed.scheduler import Scheduler

from tests.cli.conftest import CONFIGS
from thalia_dask import DynamicBrain, load_config

pytestmark = pytest.mark.cluster


def of_scheduler(dask_scheduler: Scheduler) -> dict[str, Any]:
    """All that somebody might have added to a scheduler."""
    return {
        "plugins": sorted(dask_scheduler.plugins),
        "worker plugins": sorted(dask_scheduler.worker_plugins),
        "handlers": sorted(dask_scheduler.handlers),
        "stream handlers": sorted(dask_scheduler.stream_handlers),
        "extensions": sorted(dask_scheduler.extensions),
        "pages": [len(application.wildcard_router.rules) for application in _applications(dask_scheduler)],
        "clients": len(dask_scheduler.clients),
        "tasks": len(dask_scheduler.tasks),
        "subscribers": {
            name: len(topic.subscribers)
            for name, topic in dask_scheduler._broker._topics.items()
            if topic.subscribers
        },
    }


def _applications(dask_scheduler: Scheduler) -> list[Any]:
    return [dask_scheduler.http_application, *dask_scheduler.http_application.applications]


def of_worker(dask_worker: Any) -> dict[str, Any]:
    return {
        "actors": len(dask_worker.state.actors),
        "plugins": sorted(dask_worker.plugins),
        "handlers": sorted(dask_worker.handlers),
        "stream handlers": sorted(dask_worker.stream_handlers),
        "metrics": sorted(dask_worker.metrics),
        "executors": sorted(dask_worker.executors),
    }


def found(client: Client) -> dict[str, Any]:
    workers = client.run(of_worker)
    return {
        **client.run_on_scheduler(of_scheduler),
        **{f"{key} of workers": {w: of[key] for w, of in workers.items()} for key in next(iter(workers.values()))},
    }


def changed(before: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    return {key: (before[key], now[key]) for key in before if now[key] != before[key]}


@pytest.mark.parametrize("brought", ["a client", "a client that goes through the scheduler", "a cluster"])
def test_left_as_found(three_workers: Client, brought: str) -> None:
    user: Client | Cluster = three_workers.cluster if brought == "a cluster" else three_workers
    if brought == "a client that goes through the scheduler":
        user = Client(three_workers.scheduler.address, set_as_default=False)
    config = load_config(CONFIGS / "digits.yaml", ["brain.parallel=true"])
    three_workers.run(gc.collect)  # what other tests left
    before = found(three_workers)
    with DynamicBrain.from_thalia_config(config, client=user) as brain:
        brain.forward(None, 20)
        assert len(set(brain.executor.placement.values())) == 3
        assert {"tasks", "actors of workers", "handlers of workers"} <= changed(before, found(three_workers)).keys()
    deadline = time.monotonic() + 20
    while (left := changed(before, found(three_workers))) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left == {}
    assert getattr(user.status, "name", user.status) == "running"
    if user not in (three_workers, three_workers.cluster):
        user.close()
