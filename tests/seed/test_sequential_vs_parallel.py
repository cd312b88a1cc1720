"""Usage: Sequential vs Parallel Comparison; Troubleshooting: Different results in parallel vs sequential."""

from __future__ import annotations

import time

import pytest
import torch

from tests.seed.conftest import SIZES, states
from thalia_dask.config import BrainConfig, GlobalConfig, ThaliaConfig
from thalia_dask.core.dynamic_brain import DynamicBrain

pytestmark = pytest.mark.cluster


def test_comparison(input_pattern: torch.Tensor, capsys: pytest.CaptureFixture[str]) -> None:
    # Sequential mode
    config_seq = ThaliaConfig(
        global_=GlobalConfig(device="cpu"),
        brain=BrainConfig(
            sizes=SIZES,
            parallel=False,
        ),
    )

    # Sequential execution (single process)
    brain_seq = DynamicBrain.from_thalia_config(config_seq)

    start = time.time()
    for _ in range(100):
        brain_seq.forward(input_pattern, n_timesteps=10)
    seq_time = time.time() - start

    # Parallel mode
    config_par = ThaliaConfig(
        global_=GlobalConfig(device="cpu"),
        brain=BrainConfig(
            sizes=SIZES,
            parallel=True,
        ),
    )

    # Parallel execution (multi-process)
    brain_par = DynamicBrain.from_thalia_config(config_par)

    start = time.time()
    for _ in range(100):
        brain_par.forward(input_pattern, n_timesteps=10)
    par_time = time.time() - start

    print(f"Sequential: {seq_time:.2f}s")
    print(f"Parallel:   {par_time:.2f}s")
    print(f"Speedup:    {seq_time / par_time:.2f}x")

    with brain_seq, brain_par:
        assert brain_seq.now == brain_par.now == 1000
        assert states(brain_seq) == states(brain_par)
        assert brain_seq.recording["spike_count"].equals(brain_par.recording["spike_count"])
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == [
        "Sequential",
        "Parallel",
        "Speedup",
    ]


def test_different_results(brain_seq: DynamicBrain, brain_par: DynamicBrain, input_pattern: torch.Tensor) -> None:
    # Use statistical comparison instead
    def compare_results(result_seq, result_par, tolerance=0.5):
        for region in ["cortex", "hippocampus", "pfc"]:
            seq_count = result_seq["spike_counts"][region]
            par_count = result_par["spike_counts"][region]

            if seq_count > 0:
                ratio = par_count / seq_count
                assert tolerance < ratio < (1 / tolerance), f"{region} results too different"

    result_seq, result_par = (brain.forward(input_pattern, n_timesteps=50) for brain in (brain_seq, brain_par))
    compare_results(result_seq, result_par)
    compare_results(result_seq, result_par, tolerance=0.999)
    assert all(result_seq["spike_counts"][region] > 0 for region in ["cortex", "hippocampus", "pfc"])
    assert result_seq == result_par, "the document's limitation: here the modes agree to the bit"


def test_sequences_of_input_in_both_modes(brain_seq: DynamicBrain, brain_par: DynamicBrain) -> None:
    """Thalia refused them in parallel mode."""
    rows = torch.rand(12, 784, generator=torch.Generator().manual_seed(2))
    results = [brain.forward(given) for brain in (brain_seq, brain_par) for given in (rows, list(rows), rows > 0.9)]
    assert all(result["n_timesteps"] == 12 for result in results)
    assert results[:3] == results[3:]
    assert states(brain_seq) == states(brain_par)
