"""Bandits: each context has an arm that is rewarded most often, and in a reversal it is another one from then on.

A light for each context, and one that is never lit: learning conserves a cell's summed efficacy, so that a preference
needs something that is present and something that is not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Discrete
from numpy.typing import NDArray

from thalia_dask import DynamicBrain
from thalia_dask.config import BrainConfig, GlobalConfig, ThaliaConfig, TrainingConfig
from thalia_dask.config.models import ProjectionConfig, RegionConfig
from thalia_dask.engine.observer import Observer, TrialReport
from thalia_dask.tasks.encoders import encoder_for
from thalia_dask.tasks.registry import Task
from thalia_dask.tasks.training import Classroom

PIXELS_PER_LIGHT = 16
P_BEST, P_OTHER = 0.8, 0.2


class Bandit(gymnasium.Env[NDArray[np.float32], np.int64]):
    """A trial an episode: a light shows the context, one of ``n_arms`` arms is pulled, and pays 1 or nothing.

    The best arm of context k is k, and k + 1 from trial ``reversal`` on (modulo ``n_arms``).

    Attributes
    ----------
    optimal : for each trial, whether the best arm was pulled.
    """

    def __init__(self, n_contexts: int = 1, n_arms: int = 2, reversal: int | None = None) -> None:
        self.observation_space = Box(0.0, 1.0, ((n_contexts + 1) * PIXELS_PER_LIGHT,), np.float32)
        self.action_space = Discrete(n_arms)
        self.optimal: list[bool] = []
        self._n_contexts = n_contexts
        self._reversal = reversal
        self._context = 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        super().reset(seed=seed, options=options)
        self._context = int(self.np_random.integers(self._n_contexts))
        return self._lights(), {}

    def step(self, action: np.int64) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        reversed_ = self._reversal is not None and len(self.optimal) >= self._reversal
        best = (self._context + reversed_) % int(self.action_space.n)
        self.optimal.append(bool(action == best))
        paid = self.np_random.random() < (P_BEST if action == best else P_OTHER)
        return self._lights(), float(paid), True, False, {}

    def _lights(self) -> NDArray[np.float32]:
        lights = np.zeros(self.observation_space.shape, np.float32)
        lights[self._context * PIXELS_PER_LIGHT :][:PIXELS_PER_LIGHT] = 1.0
        return lights


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
