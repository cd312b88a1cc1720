"""Brains of ``configs``, whole or lesioned, trained and examined in the tasks that those name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import yaml
from numpy.typing import NDArray

from tests.brain.small_brains import final_state
from tests.toy_brains import Diary
from thalia_dask import DynamicBrain, load_config
from thalia_dask.config import RegionSizes
from thalia_dask.tasks.registry import open_task
from thalia_dask.tasks.training import Progress, TrainingResult, train_and_evaluate
from thalia_dask.topology.presets import standard_regions

CONFIGS = Path(__file__).parents[2] / "configs"
NO_LEARNING = "brain.region_params.striatum.learning_rate=0.0"
ALSO_A_BANDIT = ("task.name=bandit", "task.params.n_contexts=2", "training.epochs=1", "training.evaluation_trials=40")
"""For the brain of the delayed match."""
UNRECORDED = ("recording.spikes=false", "recording.membrane_potential=false")


Source = Path | Mapping[str, Any]


def shipped(name: str) -> Path:
    """A config of ``configs``."""
    return CONFIGS / f"{name}.yaml"


def without(region: str, name: str, *bypass: tuple[str, str]) -> dict[str, Any]:
    """A config without a region and all that leads to it or from it; ``bypass`` are projections in its place."""
    config: dict[str, Any] = yaml.safe_load(shipped(name).read_text(encoding="utf-8"))
    brain = config["brain"]
    if "regions" not in brain:
        standard = standard_regions(RegionSizes(**brain.pop("sizes")))
        brain["regions"] = {name: made.model_dump() for name, made in standard.items()}
    del brain["regions"][region]
    kept = [
        p for p in brain["projections"] if region not in {p[end].partition(".")[0] for end in ("source", "target")}
    ]
    brain["projections"] = kept + [{"source": source, "target": target} for source, target in bypass]
    return config


def schooled(source: Source, *overrides: str, progress: Progress | None = None, **options: Any) -> TrainingResult:
    """Train and examine a brain as its config says; without a recording of it."""
    with _brain(source, (*UNRECORDED, *overrides), **options) as brain:
        return _train(brain, progress)


def life(source: Source, *overrides: str, **options: Any) -> dict[str, Any]:
    """Everything that comes of it."""
    diary = Diary()
    with _brain(source, overrides, observers=[diary], **options) as brain:
        result = _train(brain)
        return {
            "result": result,
            "state": final_state(brain),
            "spikes": diary.spikes,
            "observed": diary.observed,
        }


def _brain(source: Source, overrides: Sequence[str], **options: Any) -> DynamicBrain:
    return DynamicBrain.from_thalia_config(load_config(source, list(overrides)), **options)


def _train(brain: DynamicBrain, progress: Progress | None = None) -> TrainingResult:
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
            progress=progress,
        )
    finally:
        task.close()


def guessed_returns(name: str, n_episodes: int) -> NDArray[np.float64]:
    """What random actions earn in each episode of a Gymnasium environment."""
    environment = gymnasium.make(name)
    environment.action_space.seed(1)
    returns = np.zeros(n_episodes)
    for episode in range(n_episodes):
        environment.reset(seed=1 if episode == 0 else None)
        over = False
        while not over:
            _, reward, terminated, truncated, _ = environment.step(environment.action_space.sample())
            returns[episode] += float(reward)
            over = terminated or truncated
    environment.close()
    return returns
