"""Future Enhancements: what is here already. 3. Distributed Mode (Multi-Machine)."""

from __future__ import annotations

import pytest
import torch
from distributed import Client

from tests.seed.conftest import config_of
from thalia_dask.core.dynamic_brain import DynamicBrain

pytestmark = pytest.mark.cluster


def test_tcp_instead_of_queues(three_workers: Client, input_pattern: torch.Tensor) -> None:
    """Any client of any scheduler will do: it is reached by its address alone, as from another machine."""
    with (
        Client(three_workers.scheduler.address, set_as_default=False) as client,
        DynamicBrain.from_thalia_config(config_of(parallel=True), client=client) as brain,
    ):
        assert all(address.startswith("tcp://") for address in brain._parallel_executor.placement.values())
        assert brain.forward(input_pattern)["spike_counts"]["cortex"] > 0
