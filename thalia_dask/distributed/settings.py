"""Dask's settings, as regions that live in actors need them, and how they reach the workers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

SETTINGS: Mapping[str, Any] = {
    "distributed.comm.timeouts.connect": "5s",  # else a call to a worker that is gone blocks for 30 s
    "distributed.comm.timeouts.tcp": "15s",
    "distributed.scheduler.worker-ttl": "30s",
    "distributed.scheduler.work-stealing": False,
    "distributed.scheduler.idle-timeout": None,  # a cluster that only serves actors looks idle
    "distributed.worker.preload": ["thalia_dask.preload", "thalia_dask.distributed.uninterrupted"],
    "distributed.worker.profile.enabled": False,
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.terminate": False,  # it would end the worker with its actors
    "distributed.admin.low-level-log-length": 50,
    "distributed.admin.tick.interval": "1s",  # 50 times a second, five processes took 4 % of two cores to do nothing
}

ONE_THREAD: Mapping[str, str] = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
"""The order of a sum must not depend on the number of a node's cores."""


def worker_environment() -> dict[str, str]:
    """Environment variables that give a worker on another machine the settings that concern it."""
    concerned = {
        name: value
        for name, value in SETTINGS.items()
        if not name.startswith(("distributed.scheduler.", "distributed.deploy."))
    }
    settings = {**concerned, "distributed.comm.require-encryption": True}
    return {**ONE_THREAD, **{_variable(name): _text(value) for name, value in settings.items()}}


def dashboard_options(address: str | None) -> dict[str, Any]:
    """What a scheduler is told for a dashboard at an address, or for none.

    Without an address it would still listen to questions over HTTP, at port 8787 and perhaps on every interface.
    """
    return {"dashboard": address is not None, "dashboard_address": address or "127.0.0.1:0"}


def _variable(name: str) -> str:
    return "DASK_" + name.upper().replace(".", "__").replace("-", "_")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
