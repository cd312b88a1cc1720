"""The least brain that can learn a bandit, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from thalia_dask import DynamicBrain
from thalia_dask.config import BrainConfig, GlobalConfig, ThaliaConfig, TrainingConfig
from thalia_dask.config.models import ProjectionConfig, RegionConfig
from thalia_dask.engine.observer import Observer, TrialReport
from thalia_dask.tasks.bandit import Bandit
from thalia_dask.tasks.encoders import encoder_for
from thalia_dask.tasks.registry import Task
from thalia_dask.tasks.training import Classroom

P_BEST = 0.8


def config(environment: Bandit, seed: int, *, learning_rate: float = 0.05, **striatum: float) -> ThaliaConfig:
    """A thalamus and a striatum, the least that can see a light and choose."""
    n_axons, n_arms = environment.observation_space.shape[0], int(environment.action_space.n)
    params = {"n_actions": n_arms, "learning_rate": learning_rate, "cortical_mv": 120.0, "trace_ms": 40.0, **striatum}
    return ThaliaConfig(
        global_=GlobalConfig(seed=seed),
        brain=BrainConfig(
            regions={
                "thalamus": RegionConfig(kind="thalamus", size=n_axons, input_size=n_axons),
                "striatum": RegionConfig(kind="striatum", size=20 * n_arms, params=params),
            },
            projections=[ProjectionConfig(source="thalamus", target="striatum")],
            encoding_timesteps=40,
            vote_temperature=16.0,
        ),
        training=TrainingConfig(exploration=0.05),
    )


@dataclass
class Diary(Observer):
    """Every trial."""

    trials: list[TrialReport] = field(default_factory=list)

    def on_trial(self, report: TrialReport) -> None:
        self.trials.append(report)


@dataclass(frozen=True)
class Life:
    """What became of a brain in a bandit.

    Attributes
    ----------
    optimal : bool, shape (trials,).
    confidence, reward : of the action taken, float64, shape (trials,).
    """

    optimal: NDArray[np.bool_]
    confidence: NDArray[np.float64]
    reward: NDArray[np.float64]


def play(environment: Bandit, settings: ThaliaConfig, n_trials: int) -> Life:
    """Let a brain learn; rewards are 0 or 1, so that confidence is what the prediction error leaves of a reward."""
    task = Task(
        "bandit",
        environment,
        environment,
        environment.action_space,
        encoder_for(environment.observation_space),
        n_trials,
        n_trials,
    )
    diary = Diary()
    with DynamicBrain.from_thalia_config(settings, observers=[diary]) as brain:
        Classroom(brain, task, settings.brain.encoding_timesteps).train(n_trials)
    reward = np.array([trial.reward for trial in diary.trials])
    error = np.array([trial.reward_prediction_error for trial in diary.trials])
    return Life(np.array(environment.optimal), reward - error, reward)
