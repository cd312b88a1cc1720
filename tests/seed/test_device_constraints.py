"""Limitations: 1. Device Constraints."""

from __future__ import annotations

import warnings

import pytest
import torch
from distributed import Client

from thalia_dask.config import BrainConfig, GlobalConfig, ThaliaConfig
from thalia_dask.core.dynamic_brain import DynamicBrain
from thalia_dask.errors import DeviceWarning


@pytest.mark.cluster
def test_parallel_mode_runs_on_the_cpu(three_workers: Client, input_pattern: torch.Tensor) -> None:
    # ✅ Correct
    config = ThaliaConfig(
        global_=GlobalConfig(device="cpu"),
        brain=BrainConfig(parallel=True),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with DynamicBrain.from_thalia_config(config, client=three_workers) as brain:
            on_cpu = brain.forward(input_pattern, n_timesteps=10)

    # ❌ Wrong (will auto-convert to CPU with warning)
    config = ThaliaConfig(
        global_=GlobalConfig(device="cuda"),
        brain=BrainConfig(parallel=True),
    )
    with pytest.warns(DeviceWarning) as warned:
        brain = DynamicBrain.from_thalia_config(config, client=three_workers)
    with brain:
        assert brain.forward(input_pattern, n_timesteps=10) == on_cpu
    assert [str(warning.message) for warning in warned] == [
        "device 'cuda' was asked for, but regions in other processes exchange spikes through host memory: using "
        "'cpu'. Write device: cpu to silence this"
    ]


def test_sequential_mode_without_a_gpu(monkeypatch: pytest.MonkeyPatch, input_pattern: torch.Tensor) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    config = ThaliaConfig(global_=GlobalConfig(device="cuda"), brain=BrainConfig(parallel=False))
    with pytest.warns(DeviceWarning, match="^device 'cuda' was asked for, but torch finds no CUDA device on this"):
        brain = DynamicBrain.from_thalia_config(config)
    with brain:
        assert brain.forward(input_pattern, n_timesteps=10)["spike_counts"]["thalamus"] > 0
