from contextlib import nullcontext
from dataclasses import dataclass, field
from types import SimpleNamespace

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete
from sklearn.datasets import load_digits

from thalia_dask.brain import DynamicBrain
from thalia_dask.config import TaskConfig, load_config
from thalia_dask.engine.observer import Observer
from thalia_dask.errors import CheckpointError, InputError
from thalia_dask.tasks.encoders import encoder_for
from thalia_dask.tasks.registry import Task, open_task
from thalia_dask.tasks.training import Classroom, Past, train_and_evaluate


@dataclass
class Pupil:
    """Stands for a brain: knows all digits by heart, and keeps a diary."""

    diary: list[str] = field(default_factory=list)
    seen: list[bytes] = field(default_factory=list)
    rewards: list[float] = field(default_factory=list)
    plan: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(seed=1))

    def __post_init__(self):
        images, labels = load_digits(return_X_y=True)
        self._labels = dict(zip([(i / 16).astype(np.float32).tobytes() for i in images], labels, strict=True))

    def reset_episode(self):
        self.diary.append("reset")

    def forward(self, stimulus, n_timesteps):
        self.diary.append(f"forward {n_timesteps}")
        self.seen.append(stimulus.tobytes())

    def tell_progress(self, what, done, total, unit):
        pass

    def select_action(self, *, explore):
        self.diary.append("explore" if explore else "decide")
        return int(self._labels[self.seen[-1]]), 1.0

    def deliver_reward(self, external_reward):
        self.diary.append("reward")
        self.rewards.append(external_reward)


def teach(pupil, progress=None, **counts):
    task = open_task(TaskConfig(name="digits"))
    return train_and_evaluate(pupil, task, n_timesteps=7, progress=progress, **counts)


def test_what_a_trial_is_made_of():
    pupil = Pupil()
    teach(pupil, epochs=2, trials_per_epoch=3, evaluation_trials=2)
    assert pupil.diary == ["reset", "forward 7", "explore", "reward"] * 6 + ["reset", "forward 7", "decide"] * 2
    assert pupil.rewards == [1.0] * 6


@dataclass
class Swaying(Pupil):
    """Pushes to the left and to the right by turns."""

    pushes: int = 0

    def select_action(self, *, explore):
        self.diary.append("explore" if explore else "decide")
        self.pushes += 1
        return self.pushes % 2, 1.0


def balance(pupil, past=None):
    task = open_task(TaskConfig(name="CartPole-v1"))
    train_and_evaluate(pupil, task, epochs=1, n_timesteps=7, trials_per_epoch=2, evaluation_trials=1, past=past)
    return pupil.diary


def test_a_reward_is_heard_when_it_is_seen_where_the_action_has_led_or_at_the_end():
    pupil = Swaying()
    diary = balance(pupil)
    first = diary.index("reset", 1)
    assert diary[:3] == ["reset", "forward 7", "explore"]
    assert diary[3 : first - 1] == ["forward 7", "reward", "explore"] * ((first - 4) // 3)
    assert diary[first - 1] == "reward"
    assert diary.count("reward") == diary.count("explore") == len(pupil.rewards)


def test_what_a_time_limit_cuts_off_is_seen_before_its_reward_is_heard():
    task = open_task(TaskConfig(name="CartPole-v1", params={"max_episode_steps": 3}))
    once = {"epochs": 1, "n_timesteps": 7, "trials_per_epoch": 1, "evaluation_trials": 1}
    whole, resumed = Swaying(), Swaying(pushes=3)
    train_and_evaluate(whole, task, **once)
    lesson = ["reset", "forward 7", "explore", *["forward 7", "reward", "explore"] * 2, "forward 7", "reward"]
    exam = ["reset", *["forward 7", "decide"] * 3, "forward 7"]
    assert whole.diary == lesson + exam
    train_and_evaluate(resumed, task, past=Past((1, 0, 1), 3.0), **once)
    assert resumed.diary == exam
    task.close()


class Forever(gymnasium.Env):
    """It earns 1 a step in a state that stays the same, for ever; ``n_steps`` of it are an episode."""

    observation_space = Box(0.0, 1.0, (20,), np.float32)
    action_space = Discrete(2)

    def __init__(self, n_steps, *, dies=False):
        self._n_steps, self._dies = n_steps, dies

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self._left = self._n_steps
        return np.ones(20, np.float32), {}

    def step(self, action):
        self._left -= 1
        over = self._left == 0
        return np.ones(20, np.float32), 1.0, over and self._dies, over, {}


@pytest.mark.parametrize("dies", [False, True])
def test_only_who_dies_loses_what_was_expected(dies):
    """Where a reward of 1 is earned for ever, what is expected is lost at a terminal state, not by a time limit."""
    config = load_config(
        {
            "brain": {
                "regions": {
                    "thalamus": {"kind": "thalamus", "size": 20, "input_size": 20},
                    "striatum": {"kind": "striatum", "size": 20, "params": {"n_actions": 2}},
                },
                "projections": [{"source": "thalamus", "target": "striatum"}],
                "neuromodulation": {"value_source": "thalamus.relay", "value_rate": 0.1, "discount": 0.8},
            }
        }
    )
    environment = Forever(10, dies=dies)
    encoder = encoder_for(environment.observation_space)
    task = Task("forever", environment, environment, environment.action_space, encoder, 30, 1)
    errors = []
    ear = Observer()
    ear.on_trial = lambda report: errors.append(report.reward_prediction_error)
    with DynamicBrain.from_thalia_config(config, observers=[ear]) as brain:
        train_and_evaluate(brain, task, epochs=1, n_timesteps=20)
    last = np.reshape(errors, (30, 10))[-10:, -1].mean()
    assert last < -2.0 if dies else abs(last) < 0.5


def test_who_goes_on_within_an_episode_hears_what_the_last_action_earned():
    diary = balance(Swaying())
    before = ["reset", *["forward 7", "explore"], *["forward 7", "reward", "explore"] * 2]
    assert diary[: len(before)] == before
    assert balance(Swaying(pushes=3), Past((1, 0, 1), 3.0)) == diary[len(before) :]


class Noise(gymnasium.Env):
    """What it shows is a function of no seed."""

    observation_space = Box(0.0, 1.0, (20,), np.float32)
    action_space = Discrete(2)

    def __init__(self, shade=0.0):
        self._shade = shade
        self._noise = np.random.default_rng()

    def reset(self, *, seed=None, options=None):
        return self._shade + self._shown(), {}

    def step(self, action):
        return self._shade + self._shown(), 1.0, True, False, {}

    def _shown(self):
        return self._noise.random(20)


class Machine(Noise):
    """It computes the last bit in its own way."""

    def _shown(self):
        return np.linspace(0.0, 0.9, 20)


@pytest.mark.parametrize(("before", "now", "same"), [(Noise(), Noise(), False), (Machine(), Machine(1e-7), True)])
def test_an_environment_that_does_not_show_the_same_again_is_not_resumed(before, now, same):
    def classroom(environment, past=None):
        encoder = encoder_for(environment.observation_space)
        task = Task("noise", environment, environment, environment.action_space, encoder, 3, 1)
        return Classroom(Swaying(), task, 7, past=past)

    first = classroom(before)
    first.train(3)
    told = first.so_far()
    past = Past(tuple(told["actions"]), told["reward"], told["seen"])
    with nullcontext() if same else pytest.raises(CheckpointError) as caught:
        classroom(now, past).train(3)
    assert same or str(caught.value) == (
        "the task 'noise' showed something else when the same was done again, so it is no function of its seed and "
        "cannot be resumed: train from the start"
    )


def test_who_knows_everything_is_always_right():
    result = teach(Pupil(), epochs=2, trials_per_epoch=20, evaluation_trials=30)
    assert result.accuracy_by_epoch == (1.0, 1.0)
    assert result.accuracy_heldout == 1.0
    assert (result.training_trials, result.evaluation_trials) == (20, 30)


def test_an_epoch_is_a_pass_unless_told_otherwise():
    pupil = Pupil()
    result = teach(pupil, epochs=1)
    assert (result.training_trials, result.evaluation_trials) == (1438, 359)
    assert len(set(pupil.seen)) == len(pupil.seen) == 1797


def test_short_epochs_go_on_where_the_last_one_ended():
    pupil = Pupil()
    teach(pupil, epochs=3, trials_per_epoch=50, evaluation_trials=1)
    assert len(set(pupil.seen)) == 151


def test_the_order_of_trials_is_the_brains_seed():
    first, again, other = Pupil(), Pupil(), Pupil(plan=SimpleNamespace(seed=2))
    for pupil in (first, again, other):
        teach(pupil, epochs=1, trials_per_epoch=10, evaluation_trials=5)
    assert first.seen == again.seen
    assert first.seen[:10] != other.seen[:10]
    assert first.seen[10:] == other.seen[10:]  # the examination is the same for all


def test_progress_is_told_after_every_episode():
    reports = []
    teach(Pupil(), reports.append, epochs=2, trials_per_epoch=2, evaluation_trials=1)
    assert [(r.phase, r.epoch, r.episode, r.n_episodes) for r in reports] == [
        ("training", 1, 1, 2),
        ("training", 1, 2, 2),
        ("training", 2, 1, 2),
        ("training", 2, 2, 2),
        ("evaluation", 2, 1, 1),
    ]
    assert reports[-1].mean_return == 1.0


def test_a_brain_is_trained_on_digits(tiny_config):
    outcomes = []
    for _ in range(2):
        with DynamicBrain.from_thalia_config(tiny_config()) as brain:
            task = open_task(brain.config.task)
            result = train_and_evaluate(brain, task, epochs=2, n_timesteps=5, trials_per_epoch=6, evaluation_trials=4)
        recording = brain.recording
        assert recording.sizes["trial"] == 12
        assert recording.sizes["time"] == (12 + 4) * 5
        share = recording["reward"].values.reshape(2, 6).mean(axis=1)
        assert result.accuracy_by_epoch == pytest.approx(share)
        outcomes.append((result, recording["action"].values.tolist()))
    assert outcomes[0] == outcomes[1]


def test_any_environment_with_discrete_actions_works_such_as_cartpole(tiny_config):
    config = tiny_config("task.name=CartPole-v1", "brain.sizes.input_size=48", "brain.sizes.n_actions=2")
    task = open_task(config.task)
    with DynamicBrain.from_thalia_config(config) as brain:
        result = train_and_evaluate(brain, task, epochs=2, n_timesteps=5, trials_per_epoch=2, evaluation_trials=1)
    task.close()
    steps = brain.recording.sizes["trial"]
    assert sum(result.accuracy_by_epoch) * 2 == steps  # a reward of 1 for every step that the pole stands
    assert min(result.accuracy_by_epoch) >= 8
    assert set(brain.recording["action"].values.tolist()) <= {0, 1}


@pytest.mark.parametrize("wrong", [0, -1, True, "1", 1.5], ids=repr)
@pytest.mark.parametrize("name", ["epochs", "n_timesteps", "trials_per_epoch", "evaluation_trials"])
def test_numbers_of_a_training(name, wrong):
    pupil, task = Pupil(), open_task(TaskConfig(name="digits"))
    with pytest.raises(InputError) as caught:
        train_and_evaluate(pupil, task, **{"epochs": 1, "n_timesteps": 7, name: wrong})
    otherwise = ", or None for one pass of the task" if name.endswith(("epoch", "trials")) else ""
    message = f"train_and_evaluate: {name} is {wrong!r}; write a whole number of at least 1{otherwise}"
    assert str(caught.value) == message
    assert not pupil.diary


def test_what_is_no_task_and_no_progress():
    with pytest.raises(InputError) as caught:
        train_and_evaluate(Pupil(), "digits", epochs=1, n_timesteps=7)
    assert str(caught.value) == "train_and_evaluate: task is 'digits'; write open_task(load_config(...).task)"
    with pytest.raises(InputError) as caught:
        teach(Pupil(), progress=3, epochs=1)
    assert str(caught.value) == (
        "train_and_evaluate: progress is 3; write a function that takes an EpisodeReport, or None"
    )
