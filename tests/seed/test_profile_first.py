"""Best Practices: 1. Profile Before Parallelizing."""

from __future__ import annotations

import cProfile
import pstats

import pytest
import torch

from tests.seed.conftest import config_of
from thalia_dask.core.dynamic_brain import DynamicBrain


def test_profile(input_pattern: torch.Tensor, capsys: pytest.CaptureFixture[str]) -> None:
    config = config_of(parallel=False)

    # Profile sequential mode first
    pr = cProfile.Profile()
    pr.enable()

    brain = DynamicBrain.from_thalia_config(config)
    for _ in range(100):
        brain.forward(input_pattern, n_timesteps=10)

    pr.disable()
    stats = pstats.Stats(pr)
    stats.sort_stats("cumtime")
    stats.print_stats(20)

    # If region computation dominates (>80%), parallel mode may help
    # If IPC/overhead dominates, parallel mode won't help
    seconds = {
        (place.rsplit("/")[-1], function): cumulative
        for (place, _, function), (_, _, _, cumulative, _) in stats.stats.items()
    }
    assert 0.0 < seconds["layout_region.py", "advance"] < seconds["dynamic_brain.py", "forward"]
    assert "dynamic_brain.py" in capsys.readouterr().out

    engine = brain.recording["engine"]
    assert float(engine["compute_seconds"].sum()) < float(engine["wall_seconds"].sum()), "the same without a profiler"
    assert int(engine["window_steps"].sum()) == 1000
    brain.close()
