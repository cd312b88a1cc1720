"""The shipped brains are alive: with a stimulus no population is silent, and none runs away."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from thalia_dask import DynamicBrain, load_config
from thalia_dask.seeds import generator

CONFIGS = Path(__file__).parents[2] / "configs"
HIGHEST_MEAN_HZ = 100.0
DURATION_MS = 1000


def rates_hz(name: str) -> dict[str, float]:
    """Mean rate of every population while patterns are shown for 100 ms each."""
    config = load_config(CONFIGS / f"{name}.yaml", ["brain.parallel=false"])
    rng = generator(1, "alive", name)
    rates = {}
    with DynamicBrain.from_thalia_config(config) as brain:
        n_steps = round(100 / brain.plan.dt_ms)
        for _ in range(DURATION_MS // 100):
            pattern = {p.region: (rng.random(p.size) < 0.4).astype(np.float32) for p in brain.plan.stimuli}
            brain.forward(pattern, n_steps)
        tree = brain.recording
        for region, populations in brain.plan.populations:
            group = tree[region]
            counts = np.bincount(group["spike_neuron"].values, minlength=sum(size for _, size in populations))
            first = 0
            for population, size in populations:
                spikes = counts[first : first + size].sum()
                rates[f"{region}.{population}"] = float(spikes / size / (DURATION_MS / 1000))
                first += size
    return rates


@pytest.mark.parametrize("name", ["two_regions", "sensorimotor", "digits", "thalamocortical_loop", "bandit"])
def test_no_population_is_silent_and_none_runs_away(name: str) -> None:
    rates = rates_hz(name)
    wrong = {population: f"{hz:.1f} Hz" for population, hz in rates.items() if not 0.0 < hz <= HIGHEST_MEAN_HZ}
    assert not wrong
