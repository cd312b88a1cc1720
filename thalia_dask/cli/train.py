"""``thalia-dask train``: learning by reward, and an examination."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click

from thalia_dask.cli.logs import log_options
from thalia_dask.cli.options import (
    cluster_options,
    config_argument,
    dashboard_option,
    example,
    import_option,
    live_page,
    output_options,
    set_option,
)

if TYPE_CHECKING:
    from thalia_dask.brain import DynamicBrain
    from thalia_dask.cli.bar import Bar
    from thalia_dask.cli.execution import Job
    from thalia_dask.tasks.training import Past


@click.command(
    short_help="Train a brain by reward, then examine it.",
    epilog=example("thalia-dask train configs/digits.yaml --epochs 4 --out runs/digits.zarr"),
)
@config_argument
@click.option(
    "--epochs", type=click.IntRange(min=1), metavar="N", help="Passes over the task; by default training.epochs."
)
@output_options
@set_option
@import_option
@cluster_options
@dashboard_option
@log_options
def train(
    config: Path,
    epochs: int | None,
    out: Path,
    overwrite: bool,  # noqa: FBT001 (click passes it by name)
    overrides: Sequence[str],
    cluster: Path | None,
    scheduler: str | None,
    tls: Path | None,
    dashboard: bool,  # noqa: FBT001
) -> None:
    """Train the brain of CONFIG by reward in the task that CONFIG names, then examine it.

    Leaves RUN.zarr (the recording), RUN.json (how well it did), RUN_*.png (learning curve, spike raster, rates) and
    RUN.checkpoints (the last states, the trained brain's among them).
    """
    from thalia_dask.cli.bar import start_bar

    bar = start_bar()
    from thalia_dask.brain import DynamicBrain
    from thalia_dask.cli.execution import load_job, planned
    from thalia_dask.cli.results import forget_checkpoints, prepare
    from thalia_dask.tasks.fit import check_fit
    from thalia_dask.tasks.registry import open_task
    from thalia_dask.tasks.training import Past

    asked = [f"training.epochs={epochs}"] if epochs else []
    job = load_job(config, [*overrides, *asked, *live_page(dashboard)], cluster, scheduler, tls)
    task = open_task(job.config.task)
    plan = planned(job.config)
    check_fit(job.config, plan, task)
    job.check_room(plan)
    prepare(out, overwrite=overwrite)
    task.close()

    def open_brain(**how: Any) -> DynamicBrain:
        brain = DynamicBrain.from_thalia_config(job.config, out=out, overwrite=overwrite, **how)
        forget_checkpoints(out)
        return brain

    go_on(job, bar, out, open_brain, Past())


def go_on(job: Job, bar: Bar, out: Path, open_brain: Callable[..., DynamicBrain], past: Past) -> None:
    """Train a brain, new or loaded, to the end, examine it, and tell how well it did."""
    from thalia_dask.brain import Checkpoints
    from thalia_dask.cli.outcome import Outcome
    from thalia_dask.cli.progress import TrainingProgress
    from thalia_dask.cli.results import json_beside, prefix_of
    from thalia_dask.cli.stopping import how_to_go_on, stop_on_request
    from thalia_dask.cli.text import counted
    from thalia_dask.plots.save import save_all
    from thalia_dask.tasks.registry import open_task
    from thalia_dask.tasks.training import train_and_evaluate

    config, training = job.config, job.config.training
    task = open_task(config.task)
    began = perf_counter()
    progress = TrainingProgress(bar, training.epochs, task.measure)
    with job.client() as client, open_brain(client=client) as brain:
        with stop_on_request() as stop_asked, how_to_go_on(out, job.to_go_on(out)):
            kept = Checkpoints(out, config.checkpoint, brain.plan.dt_ms, job.source, stop_asked, job.to_go_on(out))
            result = train_and_evaluate(
                brain,
                task,
                epochs=training.epochs,
                n_timesteps=config.task.n_timesteps or config.brain.encoding_timesteps,
                trials_per_epoch=training.trials_per_epoch,
                evaluation_trials=training.evaluation_trials,
                progress=progress,
                checkpoints=kept,
                past=past,
            )
        executor = brain.executor
        seconds = perf_counter() - began
        outcome = Outcome(job.source, task, result, brain.plan.seed, executor.name, executor.n_workers, seconds)
        brain.recorder.annotate(outcome.attributes())
    task.close()

    outcome.write(json_beside(out))
    bar.begin_anew("drawing figures")
    figures = save_all(brain.recording, out.parent, prefix_of(out))
    bar.stop()
    click.echo(f"{outcome.learning_curve()}\n\n{outcome.verdict()}\n")
    click.echo(brain.recording.to_dataset())
    click.echo(f"\n{seconds:.1f} s on {counted(executor.n_workers, 'worker')} ({executor.name}); results:")
    for path in (out, json_beside(out), *figures):
        click.echo(f"  {path}")
