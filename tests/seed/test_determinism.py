"""Limitations: 5. Non-Determinism."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from distributed import Client

from tests.seed.conftest import config_of, states
from thalia_dask.core.dynamic_brain import DynamicBrain

pytestmark = pytest.mark.cluster


def two_results(brain: DynamicBrain, input_pattern: torch.Tensor) -> tuple:
    torch.manual_seed(42)
    result1 = brain.forward(input_pattern, n_timesteps=10)

    torch.manual_seed(42)
    result2 = brain.forward(input_pattern, n_timesteps=10)

    return result1, result2, states(brain)


def test_runs_and_modes_agree(three_workers: Client, input_pattern: torch.Tensor) -> None:
    """The second of two results is later in the brain's life; the same life is lived again to the bit."""
    lives = []
    for parallel in (False, True, True):
        client = three_workers if parallel else None
        with DynamicBrain.from_thalia_config(config_of(parallel=parallel), client=client) as brain:
            lives.append(two_results(brain, input_pattern))
    assert lives[0] == lives[1] == lives[2]


def test_the_same_moment_gives_the_same_result(
    brain: DynamicBrain, input_pattern: torch.Tensor, tmp_path: Path
) -> None:
    """``result1 == result2`` where both begin in the same state."""
    brain.forward(input_pattern, n_timesteps=5)
    brain.save(tmp_path / "moment")
    result1 = brain.forward(input_pattern, n_timesteps=10)
    with DynamicBrain.load(tmp_path / "moment", parallel=False) as again:
        result2 = again.forward(input_pattern, n_timesteps=10)
    assert result1 == result2


def test_no_random_numbers_but_the_brains_own(brain: DynamicBrain, input_pattern: torch.Tensor) -> None:
    """Its seed is in the config; what the rest of a program draws from torch and when changes nothing."""
    torch.manual_seed(42)
    untouched = torch.get_rng_state()
    brain.forward(input_pattern, n_timesteps=10)
    brain.select_action()
    assert torch.equal(torch.get_rng_state(), untouched)
