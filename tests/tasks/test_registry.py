import sys

import gymnasium
import pytest
from gymnasium.spaces import Discrete

from thalia_dask.config import TaskConfig
from thalia_dask.errors import ConfigError
from thalia_dask.tasks.registry import open_task


def message_of(**task):
    with pytest.raises(ConfigError) as caught:
        open_task(TaskConfig(**task))
    return str(caught.value)


def test_digits_are_examined_on_what_is_held_out():
    task = open_task(TaskConfig(name="digits"))
    assert (task.training_trials, task.evaluation_trials, task.has_heldout) == (1438, 359, True)
    assert (task.encoder.size, task.actions.n, task.chance, task.measure) == (64, 10, 0.1, "accuracy")


def test_a_gymnasium_environment_gets_its_parameters():
    task = open_task(TaskConfig(name="CartPole-v1", params={"sutton_barto_reward": True}))
    assert (task.training_trials, task.actions.n, task.chance, task.measure) == (100, 2, None, "mean return")
    assert task.training is not task.evaluation
    task.training.reset(seed=1)
    assert task.training.step(0)[1] == 0.0
    task.close()


def test_unknown_name_tells_what_is_like_it():
    assert message_of(name="cartpole") == (
        "task.name is 'cartpole', which is no task and no Gymnasium environment (did you mean CartPole-v1 or "
        "CartPole-v0?): write 'digits', 'bandit', 'delayed_match', or the id of an environment, such as CartPole-v1 "
        "(gymnasium.pprint_registry() lists all), or import the module that registers it first (--import MODULE)"
    )
    assert "(did you mean digits" in message_of(name="digit")
    assert "which is no task and no Gymnasium environment: write 'digits'" in message_of(name="qqqq")


def test_unknown_parameter():
    assert message_of(name="digits", params={"size": 3}) == (
        "task.params.size: the task 'digits' has no such parameter; write examination, or leave it out"
    )
    assert message_of(name="digits", params={"examination": "test"}) == (
        "task.params.examination is 'test'; write 'heldout' or 'validation'"
    )
    assert message_of(name="bandit", params={"n_arms": 3, "arms": 3}) == (
        "task.params.arms: the task 'bandit' has no such parameter; write n_contexts or n_arms or p_best or "
        "reversal, or leave it out"
    )
    assert message_of(name="CartPole-v1", params={"sutton_barto_reward": True, "gravity": 3}) == (
        "task.params.gravity: the environment 'CartPole-v1' has no such parameter; write one of those that it takes, "
        "or leave it out (CartPoleEnv.__init__() got an unexpected keyword argument 'gravity')"
    )


class Wide(gymnasium.Env):
    observation_space = Discrete(2)

    def __init__(self, width, height): ...


class Own(gymnasium.Env):
    observation_space = Discrete(2)

    def __init__(self, width=3):
        self.width = width + "a"


class Actionless(gymnasium.Env):
    observation_space = Discrete(2)


@pytest.fixture
def own():
    """A function: registers a class, and returns its id."""

    def register(environment):
        gymnasium.register("Own-v0", entry_point=environment)
        return "Own-v0"

    yield register
    gymnasium.registry.pop("Own-v0", None)


def test_a_mistake_within_an_environment_is_not_blamed_on_its_parameters(own):
    with pytest.raises(TypeError, match="unsupported operand"):
        open_task(TaskConfig(name=own(Own), params={"width": 4}))


def test_parameters_that_are_missing(own):
    assert message_of(name=own(Wide)) == (
        "task.params: the environment 'Own-v0' takes more than is given; write also 'width' and 'height' "
        "(Wide.__init__() missing 2 required positional arguments: 'width' and 'height')"
    )
    assert message_of(name="Own-v0", params={"width": 1}).startswith(
        "task.params: the environment 'Own-v0' takes more than is given; write also 'height' ("
    )


def test_an_environment_without_actions(own):
    assert message_of(name=own(Actionless)) == (
        "task.name: the environment 'Own-v0' has no action_space; set self.action_space in its __init__ to one of "
        "gymnasium.spaces, such as Discrete(2)"
    )


def test_continuous_actions():
    assert message_of(name="Pendulum-v1") == (
        "task.name: the actions of 'Pendulum-v1' are Box(-2.0, 2.0, (1,), float32), but a brain selects one of "
        "several discrete actions; write an environment with a Discrete action space, such as CartPole-v1"
    )


def test_an_environment_whose_package_is_missing(monkeypatch):
    def make(*_, **__):
        raise gymnasium.error.DependencyNotInstalled("Box2D is not installed")

    monkeypatch.setattr(gymnasium, "make", make)
    assert message_of(name="LunarLander-v3") == (
        "task.name: the environment 'LunarLander-v3' needs more than is installed: Box2D is not installed"
    )


def test_a_config_cannot_have_a_module_imported():
    with pytest.raises(ConfigError) as caught:
        open_task(TaskConfig(name="antigravity:Fly-v0"))
    assert str(caught.value) == (
        "task.name is 'antigravity:Fly-v0', but what a config names is not imported, since configs may come from "
        "anywhere; write task.name: Fly-v0, and --import antigravity on the command line (or import it yourself)"
    )
    assert "antigravity" not in sys.modules


def test_parameters_can_be_chosen_without_a_look_at_the_held_out_images():
    task, final = (open_task(TaskConfig(name="digits", params=p)) for p in ({"examination": "validation"}, {}))
    assert (task.training_trials, task.evaluation_trials) == (1151, 287)
    assert task.training_trials + task.evaluation_trials == final.training_trials


@pytest.mark.parametrize(
    ("wrong", "name"), [("Two-v0", "Two-v0"), (None, "digits"), (3, "digits"), ({"name": "bandit"}, "digits")]
)
def test_what_is_no_config_of_a_task(wrong, name):
    with pytest.raises(ConfigError) as caught:
        open_task(wrong)
    assert str(caught.value) == f"task is {wrong!r}; write load_config(...).task or TaskConfig(name='{name}')"
