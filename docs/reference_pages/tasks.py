"""Tasks: what each one shows, rewards and takes as parameters."""

from __future__ import annotations

import inspect
import json

from docs.reference_pages.markdown import listed, page, sections, words
from thalia_dask.config import TaskConfig
from thalia_dask.tasks import registry
from thalia_dask.tasks.bandit import Bandit
from thalia_dask.tasks.delayed_match import DelayedMatch
from thalia_dask.tasks.digits import Digits
from thalia_dask.tasks.encoders import Film, Flattened, OneHot, PopulationCode, Scaled, encoder_for

ENVIRONMENTS = {registry.DIGITS: Digits, registry.BANDIT: Bandit, registry.DELAYED_MATCH: DelayedMatch}
ENCODERS = (Scaled, PopulationCode, OneHot, Flattened, Film)

HEAD = """# Tasks

What `task.name` may be, and what `task.params` may hold then. How to add one: [Add a
task](../how-to/add_a_task.md); what brains learn in them: [What whole brains
learn](../explanation/behaviour/tasks.md)."""

OTHERS = """## Gymnasium environments

Any other name is the id of an environment with discrete actions, such as `CartPole-v1`; `task.params` are keyword
arguments of `gymnasium.make`. The brain learns and is examined in environments of the same parameters."""

ENCODING = """## From observations to stimulus axons

It goes by the environment's observation space; `thalia-dask validate CONFIG` tells the number of axons to write."""


def tasks_page() -> str:
    parts = [HEAD, *map(_own, registry.OWN), OTHERS, _numbers("CartPole-v1"), ENCODING, words(encoder_for)]
    return page([*parts, *(f"`{kind.__name__}`: {words(kind)}" for kind in ENCODERS)])


def _own(name: str) -> str:
    """One of the package's tasks."""
    environment, opener = sections(ENVIRONMENTS[name]), sections(registry.OWN[name])
    params = opener.get("Parameters") or f"{environment['Parameters']}\n\n{_defaults(ENVIRONMENTS[name])}"
    return "\n\n".join([f"## `{name}`", environment[""], opener[""], "*Parameters*", params, _numbers(name)])


def _defaults(environment: type) -> str:
    given = inspect.signature(environment).parameters.values()
    return f"Defaults: {listed(f'{p.name}: {json.dumps(p.default)}' for p in given if p.default is not None)}."


def _numbers(name: str) -> str:
    """What a brain must have for it."""
    task = registry.open_task(TaskConfig(name=name))
    task.close()
    examined = "held-out trials" if task.has_heldout else "trials"
    chance = "" if task.chance is None else f"; guessing gets {task.chance:.0%} right"
    return (
        f"With the defaults: {task.encoder.size} stimulus axons (`{type(task.encoder).__name__}`), "
        f"{task.actions.n} actions, {task.training_trials} trials an epoch, then {task.evaluation_trials} {examined} "
        f"to be examined in{chance}."
    )
