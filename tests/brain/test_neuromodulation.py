"""Expectations survive a checkpoint, and are read from what is there."""

from __future__ import annotations

import numpy as np
import pytest

from tests.behaviour.neuromodulators import level
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
