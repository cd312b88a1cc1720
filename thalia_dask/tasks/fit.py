"""Whether a brain can do a task: checked on the plan, before anything is built."""

from __future__ import annotations

from collections.abc import Iterator

from thalia_dask.config.models import ThaliaConfig
from thalia_dask.errors import ConfigError
from thalia_dask.regions import find_kind
from thalia_dask.tasks.registry import Task
from thalia_dask.topology.plan import BrainPlan


def check_fit(config: ThaliaConfig, plan: BrainPlan, task: Task) -> None:
    """Check that stimulus axons, actions and trials of the brain and the task are the same in number.

    Raises
    ------
    ConfigError : one for all that is not, with the keys and values to write.
    """
    standard = config.brain.regions is None
    problems = [
        *_stimulus_problems(plan, task, standard=standard),
        *_action_problems(plan, task, standard=standard),
        *_trial_problems(config.training.evaluation_trials, task),
    ]
    if problems:
        raise ConfigError("\n".join([f"the brain does not fit the task '{task.name}':", *problems]))


def _stimulus_problems(plan: BrainPlan, task: Task, *, standard: bool) -> Iterator[str]:
    wanted = task.encoder.size
    if len(plan.stimuli) != 1:
        names = ", ".join(port.region for port in plan.stimuli) or "none"
        yield (
            f"  one region with stimulus axons is needed, and there are {len(plan.stimuli)} ({names}); "
            f"write input_size: {wanted} for exactly one region"
        )
        return
    (port,) = plan.stimuli
    if port.size != wanted:
        key = "brain.sizes.input_size" if standard else f"brain.regions.{port.region}.input_size"
        yield (
            f"  an observation drives {wanted} stimulus axons, but region '{port.region}' has {port.size}; "
            f"write {key}: {wanted}"
        )


def _action_problems(plan: BrainPlan, task: Task, *, standard: bool) -> Iterator[str]:
    wanted = int(task.actions.n)
    for spec in plan.regions:
        given = find_kind(spec.kind).anatomy(spec).n_actions
        if not given:
            continue
        if given != wanted:
            key = "brain.sizes.n_actions" if standard else f"brain.regions.{spec.name}.params.n_actions"
            yield f"  there are {wanted} actions, but '{spec.name}' selects among {given}; write {key}: {wanted}"
        return
    yield (
        f"  no region selects among the {wanted} actions; add one of kind 'striatum' with params.n_actions: {wanted}"
    )


def _trial_problems(asked: int | None, task: Task) -> Iterator[str]:
    there = task.evaluation_trials
    if task.has_heldout and asked is not None and asked > there:
        yield f"  {there} trials are held out, but training.evaluation_trials is {asked}; write at most {there}"
