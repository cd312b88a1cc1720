"""Whether a brain can do a task: checked on the plan, before anything is built."""

from __future__ import annotations

from thalia_dask.config.models import ThaliaConfig
from thalia_dask.errors import ConfigError
from thalia_dask.regions import find_kind
from thalia_dask.tasks.registry import Task
from thalia_dask.topology.plan import BrainPlan


def check_fit(config: ThaliaConfig, plan: BrainPlan, task: Task) -> None:
    """Check that stimulus axons, actions and trials of the brain and the task are the same in number.

    Raises
    ------
    ConfigError : if they are not, with the key and value to write.
    """
    standard = config.brain.regions is None
    _check_stimulus(plan, task, standard=standard)
    _check_actions(plan, task, standard=standard)
    asked = config.training.evaluation_trials
    if task.has_heldout and asked is not None and asked > task.evaluation_trials:
        raise ConfigError(
            f"training.evaluation_trials is {asked}, but the task '{task.name}' holds out {task.evaluation_trials} "
            f"trials; write at most {task.evaluation_trials}, or leave it out for all"
        )


def _check_stimulus(plan: BrainPlan, task: Task, *, standard: bool) -> None:
    if len(plan.stimuli) != 1:
        names = ", ".join(port.region for port in plan.stimuli) or "none"
        raise ConfigError(
            f"the task '{task.name}' needs one region with stimulus axons; this brain has {len(plan.stimuli)} "
            f"({names}): write input_size: {task.encoder.size} for exactly one region"
        )
    (port,) = plan.stimuli
    if port.size != task.encoder.size:
        key = "brain.sizes.input_size" if standard else f"brain.regions.{port.region}.input_size"
        raise ConfigError(
            f"the task '{task.name}' drives {task.encoder.size} stimulus axons, but region '{port.region}' has "
            f"{port.size}; write {key}: {task.encoder.size}"
        )


def _check_actions(plan: BrainPlan, task: Task, *, standard: bool) -> None:
    wanted = int(task.actions.n)
    for spec in plan.regions:
        given = find_kind(spec.kind).anatomy(spec).n_actions
        if not given:
            continue
        if given != wanted:
            key = "brain.sizes.n_actions" if standard else f"brain.regions.{spec.name}.params.n_actions"
            raise ConfigError(
                f"the task '{task.name}' has {wanted} actions, but region '{spec.name}' selects among {given}; "
                f"write {key}: {wanted}"
            )
        return
    raise ConfigError(
        f"the task '{task.name}' needs a region that selects among {wanted} actions, and this brain has none; "
        f"add a region of kind 'striatum' with params.n_actions: {wanted}"
    )
