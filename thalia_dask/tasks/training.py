"""Learning by reward: perceive, act, hear how it was. It knows a brain and the Gymnasium interface, nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal
from zlib import crc32

import numpy as np

from thalia_dask.arguments import as_count
from thalia_dask.brain import Checkpoints, DynamicBrain
from thalia_dask.errors import CheckpointError, InputError
from thalia_dask.seeds import derive_seed
from thalia_dask.tasks.contract import Environment
from thalia_dask.tasks.registry import Task, score

Phase = Literal["training", "evaluation"]

_HERE = "train_and_evaluate"
_LARGEST_SEED = 2**31
"""Some environments hand their seed on to generators that take no larger one."""
_SHADES = 256
"""Of an intensity, that count as different when what is shown is compared with what was."""


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
    checkpoints: Checkpoints | None = None,
    past: Past | None = None,
) -> TrainingResult:
    """Train for some epochs, then evaluate.

    Parameters
    ----------
    n_timesteps : steps for which an observation, or each of its frames, is shown.
    trials_per_epoch, evaluation_trials : episodes; None for one pass of the task.
    progress : is told of every episode that has ended.
    checkpoints : are written now and then.
    past : what had happened when the state was saved in which the brain is; the rest is done.

    Raises
    ------
    InputError : for numbers that are no counts, and a task or a progress that is something else.
    RunStoppedError : if ``checkpoints`` were told to stop.
    CheckpointError : if the task does not do again what it did in the past.
    """
    _check_given(task, progress)
    epochs, n_timesteps = as_count(epochs, f"{_HERE}: epochs"), as_count(n_timesteps, f"{_HERE}: n_timesteps")
    training_trials = _trials(trials_per_epoch, "trials_per_epoch", task.training_trials)
    evaluation_trials = _trials(evaluation_trials, "evaluation_trials", task.evaluation_trials)
    if checkpoints is not None:
        checkpoints.begin(brain)

    def told(report: EpisodeReport) -> None:
        training = report.phase == "training"
        what = f"epoch {report.epoch} of {epochs}" if training else "evaluation"
        what += f", {task.measure} {score(report.mean_return, task.measure)}"
        before = (report.epoch - training) * training_trials
        brain.tell_progress(what, before + report.episode, epochs * training_trials + evaluation_trials, "trials")
        if progress is not None:
            progress(report)

    classroom = Classroom(brain, task, n_timesteps, told, checkpoints, past or Past())
    by_epoch = tuple(classroom.train(training_trials) for _ in range(epochs))
    evaluated = classroom.evaluate(evaluation_trials)
    if checkpoints is not None:
        checkpoints.write(brain, classroom.so_far())
    return TrainingResult(by_epoch, evaluated, training_trials, evaluation_trials)


def _check_given(task: object, progress: object) -> None:
    if not isinstance(task, Task):
        raise InputError(f"{_HERE}: task is {task!r}; write open_task(load_config(...).task)")
    if not (progress is None or callable(progress)):
        raise InputError(f"{_HERE}: progress is {progress!r}; write a function that takes an EpisodeReport, or None")


def _trials(asked: int | None, name: str, of_one_pass: int) -> int:
    otherwise = ", or None for one pass of the task"
    return of_one_pass if asked is None else as_count(asked, f"{_HERE}: {name}", otherwise)


@dataclass(frozen=True, slots=True)
class Past:
    """What has happened in a task so far.

    Environments are functions of their seed and of what is done in them, so the actions are all that must be known to
    bring them back to where they were.

    Attributes
    ----------
    actions : all that were taken, in training and evaluation, from 0 on.
    reward, seen : the sum of what they earned, and a checksum of all that was shown, to see that the environments do
        the same again; None where that is not known.
    """

    actions: tuple[int, ...] = ()
    reward: float = 0.0
    seen: int | None = None


class Classroom:
    """A brain in the environments of a task. The environments' seeds are derived from the brain's."""

    def __init__(
        self,
        brain: DynamicBrain,
        task: Task,
        n_timesteps: int,
        progress: Progress | None = None,
        checkpoints: Checkpoints | None = None,
        past: Past | None = None,
    ) -> None:
        self._past = past or Past()
        self._checkpoints = checkpoints
        self._actions: list[int] = []
        self._reward = 0.0
        self._seen = 0
        self._brain = brain
        self._task = task
        self._n_timesteps = n_timesteps
        self._progress = progress
        self._epoch = 0

    def so_far(self) -> dict[str, Any]:
        """The past, as JSON values."""
        return {"command": "train", "actions": self._actions.copy(), "reward": self._reward, "seen": self._seen}

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
        if not self._replaying:
            self._brain.reset_episode()
        observation, _ = environment.reset(seed=seed)
        self._witness(observation)
        total, reward, over = 0.0, None, False
        while not over:
            replayed = self._replaying
            action = self._past_action if replayed else self._act(observation, reward, learn=learn)
            observation, earned, terminated, truncated, _ = environment.step(self._task.actions.start + action)
            reward = float(earned)
            total += reward
            over = terminated or truncated
            self._actions.append(action)
            self._reward += reward
            self._witness(observation)
            if not replayed:
                if over:
                    self._conclude(None if terminated else observation, reward, learn=learn)
                if self._checkpoints is not None:
                    self._checkpoints.visit(self._brain, self.so_far)
            elif not self._replaying:
                self._check_past()
        return total

    @property
    def _replaying(self) -> bool:
        return len(self._actions) < len(self._past.actions)

    @property
    def _past_action(self) -> int:
        return self._past.actions[len(self._actions)]

    def _act(self, observation: Any, earned: float | None, *, learn: bool) -> int:
        """Perceive, hear what the last action earned now that it is seen where it has led, and select the next."""
        self._perceive(observation)
        self._hear(earned, learn=learn)
        action, _ = self._brain.select_action(explore=learn)
        return action

    def _conclude(self, observation: Any | None, earned: float, *, learn: bool) -> None:
        """Hear what the last action of an episode earned; ``observation`` is None where it led to a terminal state.

        A limit of time ends an episode in a state like others, from which more could have been expected, and that has
        to be seen: Pardo et al. (2018), ICML, "Time limits in reinforcement learning".
        """
        if observation is not None:
            self._perceive(observation)
        self._hear(earned, learn=learn)

    def _perceive(self, observation: Any) -> None:
        for frame in np.atleast_2d(self._task.encoder(observation)):
            self._brain.forward(frame, self._n_timesteps)

    def _hear(self, earned: float | None, *, learn: bool) -> None:
        if learn and earned is not None:
            self._brain.deliver_reward(earned)

    def _witness(self, observation: Any) -> None:
        """Take what is shown into the checksum; rounded, as another machine may compute another last bit."""
        shades = np.rint(_SHADES * self._task.encoder(observation))
        self._seen = crc32(shades.tobytes(), self._seen)

    def _check_past(self) -> None:
        if self._reward != self._past.reward:
            what = f"earned {self._past.reward:g} before and {self._reward:g}"
        elif self._past.seen not in (None, self._seen):
            what = "showed something else"
        else:
            return
        raise CheckpointError(
            f"the task '{self._task.name}' {what} when the same was done again, so it is no function of its seed and "
            "cannot be resumed: train from the start"
        )

    def _seed(self, purpose: str) -> int:
        return derive_seed(self._brain.plan.seed, "task", purpose) % _LARGEST_SEED
