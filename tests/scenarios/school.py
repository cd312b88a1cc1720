"""Brains of ``configs``, trained and examined in the tasks that those name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.brain.small_brains import final_state
from tests.toy_brains import Diary
from thalia_dask import DynamicBrain, load_config
from thalia_dask.tasks.registry import open_task
from thalia_dask.tasks.training import TrainingResult, train_and_evaluate

CONFIGS = Path(__file__).parents[2] / "configs"
NO_LEARNING = "brain.region_params.striatum.learning_rate=0.0"
UNRECORDED = ("recording.spikes=false", "recording.membrane_potential=false")


def schooled(name: str, overrides: Sequence[str] = (), **options: Any) -> TrainingResult:
    """Train and examine a brain as its config says; without a recording of it."""
    with _brain(name, (*UNRECORDED, *overrides), **options) as brain:
        return _train(brain)


def life(name: str, overrides: Sequence[str] = (), **options: Any) -> dict[str, Any]:
    """Everything that comes of it."""
    diary = Diary()
    with _brain(name, overrides, observers=[diary], **options) as brain:
        result = _train(brain)
        return {
            "result": result,
            "state": final_state(brain),
            "spikes": diary.spikes,
            "observed": diary.observed,
        }


def _brain(name: str, overrides: Sequence[str], **options: Any) -> DynamicBrain:
    return DynamicBrain.from_thalia_config(load_config(CONFIGS / f"{name}.yaml", list(overrides)), **options)


def _train(brain: DynamicBrain) -> TrainingResult:
    config = brain.config
    task = open_task(config.task)
    try:
        return train_and_evaluate(
            brain,
            task,
            epochs=config.training.epochs,
            n_timesteps=config.task.n_timesteps or config.brain.encoding_timesteps,
            trials_per_epoch=config.training.trials_per_epoch,
            evaluation_trials=config.training.evaluation_trials,
        )
    finally:
        task.close()
