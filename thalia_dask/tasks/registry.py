"""Tasks by name: the package's own, or any Gymnasium environment with discrete actions."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from inspect import signature
from typing import Any

import gymnasium
from gymnasium.spaces import Discrete, Space

from thalia_dask.config.models import ParamValue, TaskConfig
from thalia_dask.errors import ConfigError
from thalia_dask.tasks.bandit import Bandit
from thalia_dask.tasks.contract import Environment, checked
from thalia_dask.tasks.delayed_match import DelayedMatch
from thalia_dask.tasks.encoders import Encoder, Film, encoder_for

DIGITS, BANDIT, DELAYED_MATCH = "digits", "bandit", "delayed_match"
EPISODES_PER_EPOCH = 100
"""Of an environment that has no end of its own."""


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """Two environments of one kind, to learn in and to be examined in.

    Attributes
    ----------
    actions : of both environments.
    encoder : for the observations of both.
    training_trials, evaluation_trials : episodes of one pass.
    chance : the share of trials that guessing gets right, where the return of an episode is 1 for right and 0 for
        wrong; None where the return is something else.
    has_heldout : whether the brain is examined on what it has not been trained on.
    """

    name: str
    training: Environment
    evaluation: Environment
    actions: Discrete
    encoder: Encoder
    training_trials: int
    evaluation_trials: int
    chance: float | None = None
    has_heldout: bool = False

    @property
    def measure(self) -> str:
        """What the mean return over episodes is called."""
        return "mean return" if self.chance is None else "accuracy"

    def close(self) -> None:
        """Close both environments."""
        self.training.close()
        self.evaluation.close()


def score(value: float, measure: str) -> str:
    """A mean return as people read it: an accuracy in percent, anything else as it is."""
    return f"{value:.1%}" if measure == "accuracy" else f"{value:.1f}"


def open_task(config: TaskConfig) -> Task:
    """Make the environments of a task: one of ``OWN``, or the id of a Gymnasium environment with its ``params``.

    Raises
    ------
    ConfigError : for what is no TaskConfig, an unknown name or parameter, a missing package, or spaces that a brain
        cannot handle.
    """
    if not isinstance(config, TaskConfig):
        raise _no_config(config)
    if config.name in OWN:
        return OWN[config.name](config.params)
    training = _make(config)
    return Task(
        config.name,
        training,
        _make(config),
        _discrete_actions(training, config.name),
        encoder_for(_space(training, "observation_space", config.name)),
        EPISODES_PER_EPOCH,
        EPISODES_PER_EPOCH,
    )


def _no_config(given: object) -> ConfigError:
    name = given if isinstance(given, str) else DIGITS
    return ConfigError(f"task is {given!r}; write load_config(...).task or TaskConfig(name={name!r})")


def _open_bandit(params: Mapping[str, ParamValue]) -> Task:
    """Learn where arms pay by chance; be examined, after the reversal, where the best arm always pays."""
    settings: dict[str, Any] = dict(params)
    _check_params(BANDIT, tuple(signature(Bandit).parameters), params)
    training = Bandit(**settings)
    settled = {} if settings.get("reversal") is None else {"reversal": 0}
    evaluation = Bandit(**(settings | settled | {"p_best": 1.0}))
    return _one_answer(BANDIT, training, evaluation, encoder_for(training.observation_space))


def _open_delayed_match(params: Mapping[str, ParamValue]) -> Task:
    """Learn and be examined in trials of one kind."""
    settings: dict[str, Any] = dict(params)
    _check_params(DELAYED_MATCH, tuple(signature(DelayedMatch).parameters), params)
    training = DelayedMatch(**settings)
    return _one_answer(DELAYED_MATCH, training, DelayedMatch(**settings), Film(training.n_pixels))


def _one_answer(name: str, training: Environment, evaluation: Environment, encoder: Encoder) -> Task:
    """A task without an end whose episodes are rewarded once, by 1 or 0."""
    actions = _discrete_actions(training, name)
    return Task(
        name,
        training,
        evaluation,
        actions,
        encoder,
        EPISODES_PER_EPOCH,
        EPISODES_PER_EPOCH,
        chance=1 / int(actions.n),
    )


def _open_digits(params: Mapping[str, ParamValue]) -> Task:
    """Learn from some images, be examined on others.

    Parameters
    ----------
    examination : ``heldout``, unless given; ``validation`` to choose parameters by, without a look at those held out.
    """
    from thalia_dask.tasks.digits import N_DIGITS, Digits  # scikit-learn takes a second to import

    _check_params(DIGITS, ("examination",), params)
    examination = params.get("examination", "heldout")
    if examination not in ("heldout", "validation"):
        raise ConfigError(f"task.params.examination is {examination!r}; write 'heldout' or 'validation'")
    if examination == "validation":
        training, evaluation = Digits("fit"), Digits("validation")
    else:
        training, evaluation = Digits("train"), Digits("heldout")
    return Task(
        DIGITS,
        training,
        evaluation,
        Discrete(N_DIGITS),
        encoder_for(training.observation_space),
        training.n_trials,
        evaluation.n_trials,
        chance=1 / N_DIGITS,
        has_heldout=True,
    )


def _make(config: TaskConfig) -> Environment:
    params: dict[str, Any] = dict(config.params)
    module, colon, environment = config.name.partition(":")
    if colon:
        raise ConfigError(
            f"task.name is '{config.name}', but what a config names is not imported, since configs may come from "
            f"anywhere; write task.name: {environment}, and --import {module} on the command line (or import it "
            "yourself)"
        )
    try:
        made = gymnasium.make(config.name, **({"disable_env_checker": True} | params))
    except TypeError as error:
        why = str(error.__cause__ or error)
        missing = re.search(r"__init__\(\) missing \d+ required .*arguments?: (.*)", why)
        if missing:
            raise ConfigError(
                f"task.params: the environment '{config.name}' takes more than is given; write also {missing[1]} "
                f"({why})"
            ) from error
        refused = [key for key in params if f"unexpected keyword argument '{key}'" in why]
        if not refused:
            raise
        raise ConfigError(
            f"task.params.{refused[0]}: the environment '{config.name}' has no such parameter; write one of those "
            f"that it takes, or leave it out ({why})"
        ) from error
    except gymnasium.error.DependencyNotInstalled as error:
        raise ConfigError(
            f"task.name: the environment '{config.name}' needs more than is installed: {error}"
        ) from None
    except (gymnasium.error.Error, ModuleNotFoundError) as error:
        raise ConfigError(
            f"task.name is '{config.name}', which is no task and no Gymnasium environment{_similar(config.name)}: "
            f"write {_OWN_NAMES}, or the id of an environment, such as CartPole-v1 "
            "(gymnasium.pprint_registry() lists all), or import the module that registers it first (--import MODULE)"
        ) from error
    return checked(made, config.name)


def _check_params(name: str, known: Sequence[str], params: Mapping[str, ParamValue]) -> None:
    for key in params:
        if key not in known:
            write = " or ".join(known)
            raise ConfigError(
                f"task.params.{key}: the task '{name}' has no such parameter; write {write}, or leave it out"
            )


def _similar(name: str) -> str:
    close = get_close_matches(name, [*OWN, *gymnasium.registry], n=3)
    return f" (did you mean {' or '.join(close)}?)" if close else ""


def _space(environment: Environment, kind: str, name: str) -> Space[Any]:
    space = getattr(environment, kind, None)
    if not isinstance(space, Space):
        given = "no" if space is None else f"{space!r} for"
        raise ConfigError(
            f"task.name: the environment '{name}' has {given} {kind}; set self.{kind} in its __init__ to one of "
            "gymnasium.spaces, such as Discrete(2)"
        )
    return space


def _discrete_actions(environment: Environment, name: str) -> Discrete:
    actions = _space(environment, "action_space", name)
    if not isinstance(actions, Discrete):
        raise ConfigError(
            f"task.name: the actions of '{name}' are {actions}, but a brain selects one of several discrete actions; "
            "write an environment with a Discrete action space, such as CartPole-v1"
        )
    return actions


OWN: dict[str, Callable[[Mapping[str, ParamValue]], Task]] = {
    DIGITS: _open_digits,
    BANDIT: _open_bandit,
    DELAYED_MATCH: _open_delayed_match,
}
"""The package's own tasks."""
_OWN_NAMES = ", ".join(f"'{name}'" for name in OWN)
