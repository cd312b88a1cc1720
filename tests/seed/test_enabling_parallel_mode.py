"""Usage: Enabling Parallel Mode."""

from __future__ import annotations

import gc
import os
import time

import psutil
import pytest
import torch

from thalia_dask.config import BrainConfig, GlobalConfig, RegionSizes, ThaliaConfig
from thalia_dask.core.dynamic_brain import DynamicBrain

pytestmark = pytest.mark.cluster


def test_enabling_parallel_mode() -> None:
    # Create config with parallel=True
    config = ThaliaConfig(
        global_=GlobalConfig(
            device="cpu",  # REQUIRED for parallel mode
            dt_ms=1.0,
        ),
        brain=BrainConfig(
            sizes=RegionSizes(
                input_size=784,
                cortex_size=256,
                hippocampus_size=200,
                pfc_size=128,
                n_actions=10,
            ),
            parallel=True,  # Enable parallel execution
            encoding_timesteps=15,
        ),
    )

    # Create brain (automatically initializes parallel executor)
    brain = DynamicBrain.from_thalia_config(config)
    workers = brain._parallel_executor.placement
    pids = set(brain._parallel_executor._cluster.client.run(os.getpid).values())

    # Use normally - parallel execution is transparent
    input_pattern = torch.rand(784) > 0.5
    result = brain.forward(input_pattern.float(), n_timesteps=15)

    # Select action
    action, confidence = brain.select_action()

    # Deliver reward
    brain.deliver_reward(external_reward=1.0)

    # Cleanup (automatically called on del, but can be explicit)
    del brain
    gc.collect()

    assert set(workers) == {"thalamus", "cortex", "hippocampus", "pfc", "striatum", "cerebellum"}
    assert len(pids) == len(set(workers.values()))
    assert os.getpid() not in pids
    assert result["n_timesteps"] == 15
    assert result["spike_counts"]["cortex"] > 0
    assert 0 <= action < 10
    assert 0.0 < confidence <= 1.0
    assert_gone(pids)

    config_seq = config.model_copy(update={"brain": config.brain.model_copy(update={"parallel": False})})
    with DynamicBrain.from_thalia_config(config_seq) as sequential:
        assert sequential._parallel_executor is None
        assert sequential.forward(input_pattern.float(), n_timesteps=15) == result
        assert sequential.select_action() == (action, confidence)


def assert_gone(pids: set[int]) -> None:
    deadline = time.monotonic() + 5
    while left := [pid for pid in pids if psutil.pid_exists(pid)]:
        assert time.monotonic() < deadline, f"workers {left} were left behind"
        time.sleep(0.05)
