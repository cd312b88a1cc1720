"""Expectations survive a checkpoint, and are read from what is there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from tests.behaviour.neuromodulators import level
from tests.brain.conftest import ACTING
from thalia_dask import DynamicBrain, simulate
from thalia_dask.brain import checkpoints
from thalia_dask.brain.checkpoints import Checkpoints
from thalia_dask.brain.simulate import drive
from thalia_dask.config import CheckpointConfig, ThaliaConfig
from thalia_dask.config.models import NeuromodulationConfig
from thalia_dask.errors import ConfigError

ONE, OTHER = np.repeat([[1, 0], [0, 1]], 5, axis=1).astype(np.float32)
"""Patterns of 10 axons without a common one."""


def modulated(**neuromodulation: object) -> ThaliaConfig:
    settings = NeuromodulationConfig(**neuromodulation)
    return ACTING.model_copy(update={"brain": ACTING.brain.model_copy(update={"neuromodulation": settings})})


def test_expectations_go_on_after_a_checkpoint(tmp_path) -> None:
    config = modulated(value_source="thalamus.relay", novelty_source="thalamus.relay", value_rate=0.3)

    def go_on(brain: DynamicBrain) -> list[float]:
        errors = []
        for pattern in (ONE, OTHER, ONE):
            brain.forward(pattern, 20)
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


def acetylcholine(brain: DynamicBrain) -> list[float]:
    """In every step, and in the next."""
    brain.forward(None, 1, goes_on=True)
    levels: list[float] = brain.recording["neuromodulator"].sel(modulator="acetylcholine").values.tolist()
    return levels


def test_a_presentation_may_be_cut_anywhere(tmp_path) -> None:
    config, path = modulated(novelty_source="thalamus.relay"), tmp_path / "brain.zarr"
    with DynamicBrain.from_thalia_config(config) as brain:
        brain.forward(ONE, 50)
        brain.forward(OTHER, 20)
        whole = acetylcholine(brain)
    with DynamicBrain.from_thalia_config(config) as brain:
        brain.forward(ONE, 1, goes_on=True)
        brain.forward(ONE, 30, goes_on=True)
        brain.save(path)
        assert set(acetylcholine(brain)) == {0.5}
    with DynamicBrain.load(path) as brain:
        brain.forward(ONE, 19)
        brain.forward(OTHER, 20)
        assert acetylcholine(brain) == whole[31:]


def test_a_new_episode_ends_a_presentation() -> None:
    with DynamicBrain.from_thalia_config(modulated(novelty_source="thalamus.relay")) as brain:
        brain.forward(ONE, 50)
        brain.forward(ONE, 50, goes_on=True)
        brain.reset_episode()
        brain.forward(OTHER, 50)
        *_, before, after = acetylcholine(brain)
    assert after - before > 0.99


def test_a_run_is_one_presentation(tmp_path) -> None:
    config = modulated(novelty_source="thalamus.relay")
    with DynamicBrain.from_thalia_config(config) as brain:
        cut = drive(brain, 40, Checkpoints(tmp_path / "run.zarr", CheckpointConfig(every_ms=7.0), 1.0))
        assert acetylcholine(brain)[-1] == 1.5
    xr.testing.assert_identical(cut.drop_attrs(), simulate(config, 40.0).drop_attrs())


@pytest.mark.parametrize("every_ms", [7.0, None])
def test_a_run_that_keeps_no_checkpoints_is_cut_for_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, every_ms: float | None
) -> None:
    monkeypatch.setattr(checkpoints, "_FIRST_AFTER_S", 0.0)
    told: list[dict[str, int]] = []
    kept_none = Checkpoints(tmp_path / "run.zarr", CheckpointConfig(every_ms=every_ms, keep=0), 1.0)
    with DynamicBrain.from_thalia_config(modulated()) as brain:
        kept_none.begin(brain)
        for _ in range(3):
            assert kept_none.steps_left(brain, 10) == 10
            brain.forward(ONE, 10)
            kept_none.visit(brain, lambda: told.append({}) or {})
    assert not told, "nobody asks how far the run is"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("key", ["value_source", "novelty_source"])
def test_a_source_that_is_not_there(key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        DynamicBrain.from_thalia_config(modulated(**{key: "thalamus.relais"}))
    assert str(caught.value) == (
        f"brain.neuromodulation.{key}: there is no population of region 'thalamus' called 'relais'; "
        "did you mean 'relay'? write one of: relay, reticular"
    )
