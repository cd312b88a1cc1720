"""Best Practices: 3. Monitor IPC Overhead."""

from __future__ import annotations

import pytest
import torch

from thalia_dask.config import BrainConfig, ProjectionConfig, RegionConfig, ThaliaConfig
from thalia_dask.core.dynamic_brain import DynamicBrain


def monitor(brain: DynamicBrain, input_pattern: torch.Tensor) -> float:
    n_timesteps = 100
    regions = brain.adapters

    result = brain.forward(input_pattern, n_timesteps=100)

    # Check if IPC overhead is acceptable
    overhead_ratio = result["events_processed"] / (n_timesteps * len(regions))
    if overhead_ratio > 10:
        print("Warning: High IPC overhead, consider sequential mode")
    return overhead_ratio


def test_standard_brain_is_acceptable(
    brain: DynamicBrain, input_pattern: torch.Tensor, capsys: pytest.CaptureFixture[str]
) -> None:
    """Events are packets: each of its 12 bundles of axons has at most one a step."""
    assert 0.5 < monitor(brain, input_pattern) <= 12 / 6
    assert capsys.readouterr().out == ""


def test_dense_connectivity_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    names = [f"r{i}" for i in range(14)]
    config = ThaliaConfig(
        brain=BrainConfig(
            regions={
                name: RegionConfig(kind="thalamus", size=20, input_size=20 if name == "r0" else None)
                for name in names
            },
            projections=[ProjectionConfig(source=a, target=b, delay_ms=1.0) for a in names for b in names if a != b],
        )
    )
    with DynamicBrain.from_thalia_config(config) as brain:
        monitor(brain, torch.ones(20))
        assert 10 < monitor(brain, torch.ones(20)) <= 13 + 1
    assert "Warning: High IPC overhead, consider sequential mode" in capsys.readouterr().out
