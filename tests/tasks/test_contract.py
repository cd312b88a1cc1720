"""What an environment must return, told by a line that names the task, the method, what it returned and the mend."""

import logging
import reprlib

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium.spaces import Box, Dict, Discrete
from gymnasium.wrappers import TransformObservation

from thalia_dask.config import TaskConfig
from thalia_dask.errors import InputError
from thalia_dask.tasks.registry import open_task

GREY = np.full(8, 0.5, np.float32)
PARTS = Dict({"light": Discrete(3), "place": Box(0.0, 1.0, (2,))})


@pytest.fixture(autouse=True)
def warnings_are_seen(caplog):
    """Whatever a cluster of an earlier test has silenced."""
    caplog.set_level(logging.WARNING)


class Sound(gymnasium.Env):
    """Has no fault; what others return in its place is given by name."""

    def __init__(self, shown=GREY, space=None, **returned):
        self.observation_space = space or Box(0.0, 1.0, (8,), np.float32)
        self.action_space = Discrete(2)
        self._shown = shown
        for method, value in returned.items():
            setattr(self, method, lambda *_, _value=value, **__: _value)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return self._shown, {}

    def step(self, action):
        return self._shown, 1.0, True, False, {}


class Unseeded(Sound):
    def reset(self):
        return self._shown, {}


def make(entry_point, **registered):
    gymnasium.register("Mine-v0", entry_point=entry_point, **registered)
    try:
        return open_task(TaskConfig(name="Mine-v0"))
    finally:
        del gymnasium.registry["Mine-v0"]


def an_episode(task):
    task.encoder(task.training.reset(seed=1)[0])
    task.encoder(task.training.step(0)[0])


def step(reward=1.0, terminated=True, truncated=False, shown=GREY):
    return {"step": (shown, reward, terminated, truncated, {})}


FAULTS = [
    (step(np.array([1.0])), "step returned the reward array([1.]); return a finite number, such as 1.0"),
    (step(None), "step returned the reward None; return a finite number, such as 1.0"),
    (step(float("nan")), "step returned the reward nan; return a finite number, such as 1.0"),
    (step(10**400), f"step returned the reward {reprlib.repr(10**400)}; return a finite number, such as 1.0"),
    (step(terminated={}), "step returned {} for terminated; return True or False"),
    (step(truncated=None), "step returned None for truncated; return True or False"),
    (
        {"step": (GREY, 1.0, True, {})},
        "step returned 4 values instead of 5; write return observation, reward, terminated, truncated, info",
    ),
    ({"step": None}, "step returned None; write return observation, reward, terminated, truncated, info"),
    ({"reset": GREY}, "reset returned array([0.5, 0...dtype=float32); write return observation, info"),
    (
        {"shown": GREY[:7]},
        "reset returned an observation of shape (7,); return an array of numbers of shape (8,), as observation_space "
        "says, or declare the other",
    ),
    (step(shown=GREY * np.nan), "step returned an observation that holds 8 NaN; return finite numbers"),
    (
        {"shown": "dark"},
        "reset returned the observation 'dark'; return an array of numbers of shape (8,), as observation_space says",
    ),
    *(
        (
            {"shown": shown},
            f"reset returned the observation {' '.join(reprlib.repr(shown).split())}; return an array of numbers of "
            "shape (8,), as observation_space says",
        )
        for shown in (
            ["0.1"] * 8,
            GREY.astype(object),
            GREY + 1j,
            np.ma.masked_greater(GREY, 0.1),
            torch.zeros(8, requires_grad=True),
        )
    ),
    (
        {"shown": 3, "space": Discrete(3)},
        "reset returned the observation 3; return one of Discrete(3), which observation_space says",
    ),
    (
        {"shown": {"light": 1, "place": [0.5]}, "space": PARTS},
        "reset returned an observation['place'] of shape (1,); return an array of numbers of shape (2,), as "
        "observation_space says, or declare the other",
    ),
    (
        {"shown": {"light": 1}, "space": PARTS},
        f"reset returned the observation {{'light': 1}}; return one of {PARTS}, which observation_space says",
    ),
]


@pytest.mark.parametrize("limited", [{}, {"max_episode_steps": 9}], ids=["bare", "in a wrapper that unpacks"])
@pytest.mark.parametrize(("wrong", "told"), FAULTS, ids=[told for _, told in FAULTS])
def test_a_fault_is_told_in_one_line(wrong, told, limited):
    task = make(lambda: Sound(**wrong), **limited)
    with pytest.raises(InputError) as caught:
        an_episode(task)
    assert str(caught.value) == f"task 'Mine-v0': {told}"


def test_a_reset_without_seed():
    with pytest.raises(InputError) as caught:
        an_episode(make(Unseeded))
    assert str(caught.value) == (
        "task 'Mine-v0': reset is called with seed and options, but got an unexpected keyword argument 'seed'; write "
        "def reset(self, *, seed=None, options=None), and super().reset(seed=seed) in it"
    )


def test_the_fault_of_a_wrapper():
    task = make(lambda: TransformObservation(Sound(), lambda shown: shown[:5], None))
    with pytest.raises(InputError, match=r"reset returned an observation of shape \(5,\)"):
        an_episode(task)


def test_what_an_environment_raises_by_itself_stays_as_it_is():
    class Broken(Sound):
        def step(self, action):
            return 1 / 0

    with pytest.raises(ZeroDivisionError):
        an_episode(make(Broken))


@pytest.mark.parametrize(
    "sound",
    [
        {},
        step(np.float32(1.0), np.bool_(False), 0),
        step(np.array(1)),
        {"shown": GREY.astype(np.float64)},
        {"shown": GREY.tolist()},
        {"shown": np.int64(2), "space": Discrete(3)},
        {"shown": {"light": 1, "place": [0.5, 1]}, "space": PARTS},
    ],
    ids=repr,
)
def test_what_is_common_passes(sound, caplog):
    an_episode(make(lambda: Sound(**sound)))
    assert caplog.messages == []


def test_an_observation_beyond_its_bounds_is_told_once_and_shown_as_the_bound(caplog):
    task = make(lambda: Sound(GREY * 6))
    an_episode(task)
    an_episode(task)
    assert caplog.messages == [
        "task 'Mine-v0': reset returned an observation that holds 3, where observation_space says 0 to 1; such "
        "numbers are shown as the bound: declare wider bounds, or scale what is returned"
    ]
    assert task.encoder(task.training.reset(seed=1)[0]).tolist() == [1.0] * 8


def test_a_bound_in_another_precision_is_no_fault(caplog):
    an_episode(make(lambda: Sound(np.full(8, 0.7), Box(0.0, 0.7, (8,), np.float32))))
    assert caplog.messages == []


@pytest.mark.parametrize("name", ["CartPole-v1", "Acrobot-v1", "MountainCar-v0", "FrozenLake-v1", "Blackjack-v1"])
def test_gymnasiums_own_environments_keep_it(name, caplog):
    task = open_task(TaskConfig(name=name))
    rng = np.random.default_rng(1)
    for seed in range(3):
        task.encoder(task.training.reset(seed=seed)[0])
        over = False
        while not over:
            observation, _, *over, _ = task.training.step(int(rng.integers(task.actions.n)))
            task.encoder(observation)
            over = any(over)
    assert caplog.messages == []
    task.close()
