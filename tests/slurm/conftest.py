"""These tests need a Slurm of three nodes, with the queues "debug" and "closed": ``make test-slurm`` starts one."""

from __future__ import annotations

import os

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if "THALIA_DASK_SLURM" in os.environ:
        return
    for item in items:
        if item.get_closest_marker("slurm"):
            item.add_marker(pytest.mark.skip(reason="no Slurm here; run: make test-slurm"))
