"""``thalia-dask validate``: whether a config can be simulated."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from thalia_dask.cli.logs import log_options
from thalia_dask.cli.options import config_argument, example, import_option, set_option


@click.command(
    short_help="Check a config.",
    epilog=example("thalia-dask validate configs/digits.yaml --set brain.sizes.cortex_size=512"),
)
@config_argument
@set_option
@import_option
@log_options
def validate(config: Path, overrides: Sequence[str]) -> None:
    """Check CONFIG: one line and exit code 0 if it is valid, else what is wrong with it and exit code 2.

    Where CONFIG names a task, this also checks that the brain fits it.
    """
    from thalia_dask.cli.bar import start_bar
    from thalia_dask.cli.execution import planned
    from thalia_dask.cli.text import counted
    from thalia_dask.config import load_config
    from thalia_dask.topology.memory import check_memory
    from thalia_dask.topology.summary import summarize

    bar = start_bar()
    resolved = load_config(config, overrides)
    plan = planned(resolved)
    check_memory(resolved, plan)
    summary = summarize(plan)
    told = ", ".join(
        [
            counted(len(plan.regions), "region"),
            counted(len(plan.projections), "projection"),
            counted(summary.n_neurons, "neuron"),
        ]
    )
    if "task" in resolved.model_fields_set:
        from thalia_dask.tasks.fit import check_fit
        from thalia_dask.tasks.registry import open_task

        task = open_task(resolved.task)
        check_fit(resolved, plan, task)
        task.close()
        told += f", fit for the task {task.name}"
    bar.stop()
    click.echo(f"{config} is valid: {told}")
