"""Learning by reward: perceive, act, hear how it was. It knows a brain and the Gymnasium interface, nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from thalia_dask.brain import DynamicBrain
from thalia_dask.seeds import derive_seed
from thalia_dask.tasks.registry import Environment, Task

Phase = Literal["training", "evaluation"]

_LARGEST_SEED = 2**31
"""Some environments hand their seed on to generators that take no larger one."""


@dataclass(frozen=True, slots=True)
class EpisodeReport:
    """One episode has ended.

    Attributes
    ----------
    epoch : counted from 1; that of the last training where ``phase`` is ``"evaluation"``.
    episode, n_episodes : counted from 1 within the epoch or the evaluation.
    mean_return : of the episodes of this epoch or evaluation so far.
    """

    phase: Phase
    epoch: int
    episode: int
    n_episodes: int
    mean_return: float


Progress = Callable[[EpisodeReport], None]


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """How well a brain did.

    Attributes
    ----------
    accuracy_by_epoch : mean return of the episodes of each training epoch, exploration included. Where an episode is
        one trial, rewarded by 1 or 0, that is the share of right answers.
    accuracy_heldout : the same without exploration and reward, on held-out trials where the task has them.
    training_trials, evaluation_trials : episodes of an epoch, and of the evaluation.
    """

    accuracy_by_epoch: tuple[float, ...]
    accuracy_heldout: float
    training_trials: int
    evaluation_trials: int


def train_and_evaluate(
    brain: DynamicBrain,
    task: Task,
    *,
    epochs: int,
    n_timesteps: int,
    trials_per_epoch: int | None = None,
    evaluation_trials: int | None = None,
    progress: Progress | None = None,
) -> TrainingResult:
    """Train for some epochs, then evaluate.

    Parameters
    ----------
    n_timesteps : steps for which an observation is shown.
    trials_per_epoch, evaluation_trials : episodes; None for one pass of the task.
    progress : is told of every episode that has ended.
    """
    training_trials = trials_per_epoch or task.training_trials
    evaluation_trials = evaluation_trials or task.evaluation_trials

    def told(report: EpisodeReport) -> None:
        training = report.phase == "training"
        what = f"epoch {report.epoch} of {epochs}" if training else "evaluation"
        what += f", {task.measure} {report.mean_return:.3g}"
        before = (report.epoch - training) * training_trials
        brain.tell_progress(what, before + report.episode, epochs * training_trials + evaluation_trials, "trials")
        if progress is not None:
            progress(report)

    classroom = Classroom(brain, task, n_timesteps, told)
    by_epoch = tuple(classroom.train(training_trials) for _ in range(epochs))
    return TrainingResult(by_epoch, classroom.evaluate(evaluation_trials), training_trials, evaluation_trials)


class Classroom:
    """A brain in the environments of a task. The environments' seeds are derived from the brain's."""

    def __init__(self, brain: DynamicBrain, task: Task, n_timesteps: int, progress: Progress | None = None) -> None:
        self._brain = brain
        self._task = task
        self._n_timesteps = n_timesteps
        self._progress = progress
        self._epoch = 0

    def train(self, n_episodes: int) -> float:
        """One epoch with exploration and reward; returns the mean return."""
        self._epoch += 1
        seed = self._seed("training") if self._epoch == 1 else None
        return self._episodes("training", self._task.training, n_episodes, seed)

    def evaluate(self, n_episodes: int) -> float:
        """Examine the brain from the environment's first episode on, without exploration and reward.

        What does not need reward goes on: the cortex keeps adapting to what it sees.
        """
        return self._episodes("evaluation", self._task.evaluation, n_episodes, self._seed("evaluation"))

    def _episodes(self, phase: Phase, environment: Environment, n_episodes: int, seed: int | None) -> float:
        total = 0.0
        for episode in range(1, n_episodes + 1):
            total += self._episode(environment, seed, learn=phase == "training")
            seed = None
            if self._progress is not None:
                self._progress(EpisodeReport(phase, self._epoch, episode, n_episodes, total / episode))
        return total / n_episodes

    def _episode(self, environment: Environment, seed: int | None, *, learn: bool) -> float:
        """One episode; returns the sum of its rewards."""
        self._brain.reset_episode()
        observation, _ = environment.reset(seed=seed)
        total, over = 0.0, False
        while not over:
            self._brain.forward(self._task.encoder(observation), self._n_timesteps)
            action, _ = self._brain.select_action(explore=learn)
            observation, reward, terminated, truncated, _ = environment.step(self._task.actions.start + action)
            if learn:
                self._brain.deliver_reward(float(reward))
            total += float(reward)
            over = terminated or truncated
        return total

    def _seed(self, purpose: str) -> int:
        return derive_seed(self._brain.plan.seed, "task", purpose) % _LARGEST_SEED
