"""``thalia-dask train``: learning by reward, and an examination."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

import click

from thalia_dask.cli.logs import log_options
from thalia_dask.cli.options import (
    cluster_options,
    config_argument,
    dashboard_option,
    example,
    live_page,
    output_options,
    set_option,
)


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
    dashboard: bool,  # noqa: FBT001
) -> None:
    """Train the brain of CONFIG by reward in the task that CONFIG names, then examine it.

    Leaves RUN.zarr (the recording), RUN.json (how well it did) and RUN_*.png (learning curve, spike raster, rates).
    """
    from thalia_dask.cli.bar import start_bar

    bar = start_bar()
    from thalia_dask.brain import DynamicBrain
    from thalia_dask.cli.execution import load_job
    from thalia_dask.cli.outcome import Outcome
    from thalia_dask.cli.progress import TrainingProgress
    from thalia_dask.cli.results import json_beside, prefix_of, prepare
    from thalia_dask.cli.text import counted
    from thalia_dask.plots.save import save_all
    from thalia_dask.tasks.fit import check_fit
    from thalia_dask.tasks.registry import open_task
    from thalia_dask.tasks.training import train_and_evaluate
    from thalia_dask.topology.build import build_plan

    asked = [f"training.epochs={epochs}"] if epochs else []
    job = load_job(config, [*overrides, *asked, *live_page(dashboard)], cluster, scheduler)
    task = open_task(job.config.task)
    check_fit(job.config, build_plan(job.config), task)
    prepare(out, overwrite=overwrite)
    training = job.config.training
    began = perf_counter()
    progress = TrainingProgress(bar, training.epochs, task.measure)
    with (
        job.client() as client,
        DynamicBrain.from_thalia_config(job.config, client=client, out=out, overwrite=overwrite) as brain,
    ):
        result = train_and_evaluate(
            brain,
            task,
            epochs=training.epochs,
            n_timesteps=job.config.task.n_timesteps or job.config.brain.encoding_timesteps,
            trials_per_epoch=training.trials_per_epoch,
            evaluation_trials=training.evaluation_trials,
            progress=progress,
        )
        executor = brain.executor
        seconds = perf_counter() - began
        outcome = Outcome(config, task, result, brain.plan.seed, executor.name, executor.n_workers, seconds)
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
