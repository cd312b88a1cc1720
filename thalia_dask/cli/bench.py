"""``thalia-dask bench``: whether parallel is worth it here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryFile

import click

from thalia_dask.cli.logs import log_options
from thalia_dask.cli.options import PATH, check_ending, config_argument, example, import_option, set_option
from thalia_dask.errors import OutputError

_STRETCH_STEPS = 1000


@click.command(
    short_help="Compare sequential with Dask: is parallel worth it here?",
    epilog=example("thalia-dask bench configs/digits.yaml --set brain.sizes.cortex_size=4000"),
)
@config_argument
@click.option("--duration-ms", type=float, metavar="T", help="Time to simulate in a round; by default about 1 s.")
@click.option("--repeats", type=click.IntRange(min=1), default=5, show_default=True, metavar="N", help="Rounds.")
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    metavar="N",
    help="Processes, and threads, to compare with, but no more than regions; by default one a core.",
)
@click.option("--out", type=PATH, metavar="FILE.json", help="Where to write all figures, too.")
@click.option("--overwrite", is_flag=True, help="Replace an earlier file at --out.")
@set_option
@import_option
@log_options
def bench(
    config: Path,
    duration_ms: float | None,
    repeats: int,
    workers: int | None,
    out: Path | None,
    overwrite: bool,  # noqa: FBT001 (click passes it by name)
    overrides: Sequence[str],
) -> None:
    """Run the brain of CONFIG sequentially and on Dask workers of this machine, in alternation, and compare.

    All its sensory axons get full intensity. Where CONFIG names a task, a call advances as many steps as one
    observation is shown. brain.parallel and the workers that CONFIG asks for have no influence.
    """
    from thalia_dask.cli.bar import start_bar

    bar = start_bar()
    from thalia_dask.brain.bench import measure, settings_to_compare, with_processes
    from thalia_dask.brain.message_costs import with_messages_measured
    from thalia_dask.brain.opening import window_steps
    from thalia_dask.brain.trial import try_out
    from thalia_dask.cli.bench_report import BenchReport
    from thalia_dask.cli.execution import count_steps, planned
    from thalia_dask.config import load_config
    from thalia_dask.performance.calibration import calibrate
    from thalia_dask.topology.memory import check_memory

    loaded = load_config(config, overrides)
    n_steps = None if duration_ms is None else count_steps(duration_ms, loaded.global_.dt_ms)
    plan = planned(loaded)
    if out is not None:
        _check_output(out, overwrite=overwrite)
    settings = settings_to_compare(len(plan.regions), workers)
    check_memory(with_processes(loaded, settings), plan, at_once=len(settings))
    call_steps = n_steps or _STRETCH_STEPS
    if "task" in loaded.model_fields_set:
        call_steps = loaded.task.n_timesteps or loaded.brain.encoding_timesteps
    bar.show_stage("measuring messages")
    machine = with_messages_measured(calibrate())
    bar.show_stage("trying long and short windows")
    trial = try_out(plan, loaded.brain.max_input_rate_hz, window_steps(loaded))
    measurements = measure(loaded, settings, repeats=repeats, call_steps=call_steps, n_steps=n_steps, told=bar.show)
    report = BenchReport(plan, measurements, trial, machine, call_steps, window_steps(loaded))
    bar.stop()
    for line in report.lines():
        click.echo(line)
    if out is not None:
        _write(out, {"config": str(config), "call_steps": call_steps, **report.as_json()})
        click.echo(f"\nwritten to {out}")


def _check_output(path: Path, *, overwrite: bool) -> None:
    check_ending(path, ".json")
    if path.exists() and not overwrite:
        raise OutputError(f"output {path} exists; write another --out, or --overwrite to replace it")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=path.parent).close()
    except OSError as error:
        raise OutputError(
            f"output {path}: the folder {path.parent} cannot be made or written ({error.strerror}); "
            "write another path"
        ) from error


def _write(path: Path, figures: dict[str, object]) -> None:
    try:
        path.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}; write another --out") from error
