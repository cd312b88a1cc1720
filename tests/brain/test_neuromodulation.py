"""Acetylcholine answers to novelty, noradrenaline to uncertainty; expectations survive a checkpoint."""

from __future__ import annotations

import numpy as np
import pytest

from tests.brain.conftest import ACTING
from thalia_dask import DynamicBrain
from thalia_dask.config import ThaliaConfig
from thalia_dask.config.models import NeuromodulationConfig
from thalia_dask.errors import ConfigError

ONE, OTHER = np.repeat([[1, 0]], 5, axis=0).ravel(), np.repeat([[0, 1]], 5, axis=0).ravel()
"""Patterns of 10 axons without a common one."""


def modulated(**neuromodulation: object) -> ThaliaConfig:
    settings = NeuromodulationConfig(**neuromodulation)
    return ACTING.model_copy(update={"brain": ACTING.brain.model_copy(update={"neuromodulation": settings})})


def level(brain: DynamicBrain, modulator: str) -> float:
    """The level in the next step."""
    return float(brain.forward(None, 1).dataset["neuromodulator"].sel(modulator=modulator).values[0])


def test_acetylcholine_by_novelty() -> None:
    levels = []
    with DynamicBrain.from_thalia_config(modulated(novelty_source="thalamus.relay")) as brain:
        for pattern in (*[ONE] * 8, OTHER):
            before = level(brain, "acetylcholine")
            brain.reset_episode()
            brain.forward(pattern.astype(np.float32), 100)
            levels.append(level(brain, "acetylcholine") - (0.5 + (before - 0.5) * np.exp(-101 / 500)))
    first, familiar, novel = levels[0], np.mean(levels[5:8]), levels[8]
    assert first > 0.8
    assert familiar < 0.65 * first
    assert novel > 1.5 * familiar


def test_noradrenaline_by_uncertainty() -> None:
    rises, confidences = [], []
    for temperature in (1.0, 100.0):
        config = modulated(uncertainty=0.5)
        brain_config = config.brain.model_copy(update={"vote_temperature": temperature})
        with DynamicBrain.from_thalia_config(config.model_copy(update={"brain": brain_config})) as brain:
            brain.forward(np.ones(10, np.float32), 40)
            confidences.append(brain.select_action(explore=False)[1])
            rises.append(level(brain, "noradrenaline") - 0.5)
    np.testing.assert_allclose(rises, 0.5 * (1 - np.array(confidences)), atol=1e-6)
    assert rises[1] > rises[0]


def test_expectations_go_on_after_a_checkpoint(tmp_path) -> None:
    config = modulated(value_source="thalamus.relay", novelty_source="thalamus.relay", value_rate=0.3)

    def go_on(brain: DynamicBrain) -> list[float]:
        errors = []
        for pattern in (ONE, OTHER, ONE):
            brain.forward(pattern.astype(np.float32), 20)
            errors.append(brain.deliver_reward(1.0))
            brain.select_action()
            errors.append(level(brain, "acetylcholine"))
        return errors

    with DynamicBrain.from_thalia_config(config) as brain:
        go_on(brain)
        brain.save(tmp_path / "brain.zarr")
        expected = go_on(brain)
    with DynamicBrain.load(tmp_path / "brain.zarr") as brain:
        assert go_on(brain) == expected


@pytest.mark.parametrize("key", ["value_source", "novelty_source"])
def test_a_source_that_is_not_there(key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        DynamicBrain.from_thalia_config(modulated(**{key: "thalamus.relais"}))
    assert str(caught.value) == (
        f"brain.neuromodulation.{key}: there is no population of region 'thalamus' called 'relais'; "
        "did you mean 'relay'? write one of: relay, reticular"
    )
