"""Best Practices: 4. Development Workflow."""

from __future__ import annotations

import pytest
import torch
from distributed import Client

from thalia_dask.config import BrainConfig, ThaliaConfig
from thalia_dask.core.dynamic_brain import DynamicBrain


@pytest.mark.cluster
def test_workflow(three_workers: Client, input_pattern: torch.Tensor) -> None:
    # 1. Develop in sequential mode (easier debugging)
    config_dev = ThaliaConfig(
        brain=BrainConfig(parallel=False),
    )

    # 2. Validate in parallel mode (check for equivalence)
    config_test = ThaliaConfig(
        brain=BrainConfig(parallel=True),
    )

    results, seconds = [], []
    for config, client in ((config_dev, None), (config_test, three_workers)):
        with DynamicBrain.from_thalia_config(config, client=client) as brain:
            results.append([brain.forward(input_pattern), brain.select_action(), brain.deliver_reward(1.0)])
            seconds.append(float(brain.recording["engine"]["wall_seconds"].sum()))
    assert results[0] == results[1]

    # 3. Benchmark and decide
    # If speedup < 1.5x, use sequential mode
    # If speedup > 2x, use parallel mode for production
    speedup = seconds[0] / seconds[1]
    assert speedup > 0
