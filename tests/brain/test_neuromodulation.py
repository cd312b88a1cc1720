"""Expectations survive a checkpoint, and are read from what is there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from distributed import Client

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


def glimpses(brain: DynamicBrain) -> list[float]:
    """Acetylcholine while 40 patterns, every one new, are shown for 15 ms each; none, for once, is taken away."""
    rng = np.random.default_rng(0)
    for n in range(40):
        brain.forward((rng.random(10) < 0.4).astype(np.float32), 15)
        if n == 20:
            brain.release("acetylcholine", -5.0)
    return acetylcholine(brain)


def test_however_fast_new_patterns_come_the_level_says_how_new_they_are() -> None:
    with DynamicBrain.from_thalia_config(modulated(novelty_source="thalamus.relay", novelty_rate=0.01)) as brain:
        levels = glimpses(brain)
    assert max(levels) == 1.0
    assert levels[21 * 15] == min(levels) == 0.0, "a concentration"
    assert min(levels[30:300]) > 0.8, "almost all is new"


@pytest.mark.cluster
def test_levels_are_the_same_on_workers_and_in_regions(three_workers: Client) -> None:
    config = modulated(novelty_source="thalamus.relay")
    parallel = config.model_copy(update={"brain": config.brain.model_copy(update={"parallel": True})})
    lives = []
    for brain in (
        DynamicBrain.from_thalia_config(config),
        DynamicBrain.from_thalia_config(parallel, client=three_workers),
    ):
        with brain:
            levels = glimpses(brain)
            state = brain.state("striatum")
            lives.append((levels, state["acetylcholine_step"].item(), state["acetylcholine_level"].item()))
            assert levels[lives[-1][1]] == np.float32(lives[-1][2]), "the last release, as it is recorded"
    assert lives[0] == lives[1]


def test_a_concentration_that_was_taken_away_comes_back_after_a_checkpoint_too(tmp_path: Path) -> None:
    with DynamicBrain.from_thalia_config(modulated()) as brain:
        brain.release("acetylcholine", -2.0)
        brain.forward(ONE, 20)
        brain.save(tmp_path / "brain.zarr")
        whole = acetylcholine(brain)
    assert whole[0] == 0.0
    assert whole == sorted(whole)
    with DynamicBrain.load(tmp_path / "brain.zarr") as brain:
        assert acetylcholine(brain) == whole[20:]


def test_rewards_of_one_state_add_up() -> None:
    """Without ``forward`` in between; with it, the second is that of a state of its own."""
    errors = []
    for rewards in ([3.0], [1.0, 0.0, 2.0]):
        with DynamicBrain.from_thalia_config(modulated(value_source="thalamus.relay")) as brain:
            for _ in range(20):
                brain.forward(ONE, 20)
                brain.deliver_reward(1.0)
            brain.forward(ONE, 20)
            heard = [brain.deliver_reward(reward) for reward in rewards]
            assert heard[1:] == rewards[1:]
            brain.forward(OTHER, 20)
            errors.append([sum(heard), brain.deliver_reward(0.5), level(brain, "dopamine")])
    np.testing.assert_allclose(errors[1], errors[0], rtol=1e-6)


def test_a_reward_without_an_action_is_recorded() -> None:
    with DynamicBrain.from_thalia_config(modulated(value_source="thalamus.relay")) as brain:
        brain.forward(ONE, 20)
        brain.deliver_reward(3.0)
        trials = [brain.recording[name].values.tolist() for name in ("trial_step", "action", "reward")]
    assert trials == [[20], [-1], [3.0]]


def test_a_new_episode_ends_a_presentation() -> None:
    with DynamicBrain.from_thalia_config(modulated(novelty_source="thalamus.relay")) as brain:
        brain.forward(ONE, 50)
        brain.forward(ONE, 50, goes_on=True)
        brain.reset_episode()
        brain.forward(OTHER, 50)
        *_, before, after = acetylcholine(brain)
    assert before < 0.92
    assert after > 0.99


def test_a_run_is_one_presentation(tmp_path) -> None:
    config = modulated(novelty_source="thalamus.relay")
    with DynamicBrain.from_thalia_config(config) as brain:
        cut = drive(brain, 40, Checkpoints(tmp_path / "run.zarr", CheckpointConfig(every_ms=7.0), 1.0))
        assert acetylcholine(brain)[-1] == 1.0
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
