"""``thalia-dask run``: plain simulation."""

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


@click.command(
    short_help="Simulate a brain for some time and record it.",
    epilog=example("thalia-dask run configs/two_regions.yaml --duration-ms 1000 --out runs/two.zarr"),
)
@config_argument
@click.option("--duration-ms", type=float, required=True, metavar="T", help="Time to simulate, in ms.")
@output_options
@set_option
@import_option
@cluster_options
@dashboard_option
@log_options
def run(
    config: Path,
    duration_ms: float,
    out: Path,
    overwrite: bool,  # noqa: FBT001 (click passes it by name)
    overrides: Sequence[str],
    cluster: Path | None,
    scheduler: str | None,
    tls: Path | None,
    dashboard: bool,  # noqa: FBT001
) -> None:
    """Simulate the brain of CONFIG for T ms, with full intensity on all its sensory axons, and record it."""
    from thalia_dask.cli.bar import start_bar

    bar = start_bar()
    from thalia_dask.brain import DynamicBrain
    from thalia_dask.brain.simulate import STRETCH_STEPS
    from thalia_dask.cli.execution import count_steps, load_job, planned
    from thalia_dask.cli.results import forget_checkpoints, prepare

    job = load_job(config, [*overrides, *live_page(dashboard)], cluster, scheduler, tls)
    n_steps = count_steps(duration_ms, job.config.global_.dt_ms)
    job.check_room(planned(job.config))  # finds mistakes before a cluster is started for nothing
    prepare(out, overwrite=overwrite)

    def open_brain(**how: Any) -> DynamicBrain:
        brain = DynamicBrain.from_thalia_config(
            job.config, out=out, overwrite=overwrite, steps_per_call=min(STRETCH_STEPS, n_steps), **how
        )
        forget_checkpoints(out)
        return brain

    go_on(job, bar, n_steps, out, open_brain)


def go_on(job: Job, bar: Bar, n_steps: int, out: Path, open_brain: Callable[..., DynamicBrain]) -> None:
    """Run a brain, new or loaded, until ``n_steps`` steps are computed, and tell what it did."""
    from thalia_dask.brain import Checkpoints, drive
    from thalia_dask.cli.progress import RunProgress
    from thalia_dask.cli.stopping import how_to_go_on, stop_on_request
    from thalia_dask.cli.text import table
    from thalia_dask.ticks import to_ms

    dt_ms = job.config.global_.dt_ms
    began = perf_counter()
    progress = RunProgress(bar, n_steps, dt_ms)
    with (
        job.client() as client,
        open_brain(client=client, observers=[progress]) as brain,
        stop_on_request() as stop_asked,
        how_to_go_on(out, job.to_go_on(out)),
    ):
        kept = Checkpoints(out, job.config.checkpoint, dt_ms, job.source, stop_asked, job.to_go_on(out))
        dataset = drive(brain, n_steps, kept)
    seconds = perf_counter() - began
    bar.stop()
    click.echo(dataset)
    rates = dataset["rate"].mean("time")
    rows = [(str(region), f"{float(rates.sel(region=region)):.1f}") for region in rates["region"].values]
    click.echo("\n" + table(("region", "mean rate (Hz)"), rows, right=(1,)))
    how = f"{to_ms(n_steps, dt_ms):g} ms in {seconds:.1f} s ({brain.executor.name})"
    click.echo(f"\n{how}, recorded in {out}")
