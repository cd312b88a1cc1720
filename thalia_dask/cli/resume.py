"""``thalia-dask resume``: go on with a run or a training that ended early."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click
from pydantic import BaseModel, ConfigDict, NonNegativeInt, PositiveInt, TypeAdapter, ValidationError

from thalia_dask.cli.logs import TOLD, log_options
from thalia_dask.cli.options import PATH, cluster_options, dashboard_option, example, import_option, live_page

if TYPE_CHECKING:
    from thalia_dask.config import ThaliaConfig
    from thalia_dask.engine.checkpoint import Checkpoint


@click.command(
    short_help="Go on with a run or a training that ended early.",
    epilog=example("thalia-dask resume runs/digits.zarr --set execution.n_workers=3"),
)
@click.argument("recording", type=PATH, metavar="RUN.zarr")
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY.PATH=VALUE",
    help="How to execute from now on: a value of execution or checkpoint, or brain.parallel. May be given more than "
    "once.",
)
@import_option
@cluster_options
@dashboard_option
@log_options
def resume(
    recording: Path,
    overrides: Sequence[str],
    cluster: Path | None,
    scheduler: str | None,
    tls: Path | None,
    dashboard: bool,  # noqa: FBT001 (click passes it by name)
) -> None:
    """Go on with the run or the training that recorded to RUN.zarr, from its last sound checkpoint to its end.

    What comes of it is what would have come of it without the interruption, on any number of workers.
    """
    from thalia_dask.cli.bar import start_bar

    bar = start_bar()
    from thalia_dask.brain import DynamicBrain
    from thalia_dask.brain.checkpoints import folder_beside
    from thalia_dask.cli.execution import load_job
    from thalia_dask.cli.run import go_on as go_on_running
    from thalia_dask.cli.train import go_on as go_on_training
    from thalia_dask.tasks.training import Past
    from thalia_dask.ticks import to_ms

    _check_run(recording)
    path, checkpoint, command = _last_sound(folder_beside(recording))
    saved = _config(checkpoint)
    job = load_job(
        saved.model_dump(by_alias=True), [*overrides, *live_page(dashboard)], cluster, scheduler, tls, command.source
    )
    _check_same(saved, job.config)
    at = to_ms(checkpoint.travel.now, saved.global_.dt_ms)
    TOLD.info("going on at %g ms, from %s", at, path)

    def open_brain(**how: Any) -> DynamicBrain:
        config = job.config
        return DynamicBrain.load(
            checkpoint, parallel=config.brain.parallel, execution=config.execution, out=recording, append=True, **how
        )

    if isinstance(command, _Run):
        go_on_running(job, bar, command.n_steps, recording, open_brain)
    else:
        go_on_training(job, bar, recording, open_brain, Past(tuple(command.actions), command.reward, command.seen))


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class _Run(_Strict):
    source: str
    command: Literal["run"]
    n_steps: PositiveInt


class _Training(_Strict):
    source: str
    command: Literal["train"]
    actions: list[NonNegativeInt]
    reward: float
    seen: NonNegativeInt


_COMMAND: TypeAdapter[_Run | _Training] = TypeAdapter(_Run | _Training)


def _check_run(recording: Path) -> None:
    """Refuse what no run has recorded to."""
    from thalia_dask.brain.checkpoints import folder_beside, kept_in
    from thalia_dask.errors import InputError
    from thalia_dask.recording.mark import is_recording

    if not is_recording(recording) and not kept_in(folder_beside(recording)):
        what = "is no recording that thalia_dask wrote" if recording.exists() else "does not exist"
        raise InputError(f"{recording} {what}, so there is no run to go on with; write the --out of an earlier run")


def _last_sound(folder: Path) -> tuple[Path, Checkpoint, _Run | _Training]:
    """The last checkpoint that can be read; says which had to be passed over."""
    from thalia_dask.brain.checkpoints import kept_in
    from thalia_dask.engine.checkpoint import read_checkpoint
    from thalia_dask.errors import CheckpointError

    for path in kept_in(folder):
        try:
            checkpoint = read_checkpoint(path)
        except CheckpointError as error:
            TOLD.warning("%s", error)
            continue
        return path, checkpoint, _command(path, checkpoint.run)
    raise CheckpointError(
        f"there is no sound checkpoint in {folder}, so nothing can be resumed; start the run again with --overwrite"
    )


def _command(path: Path, run: Mapping[str, Any] | None) -> _Run | _Training:
    from thalia_dask.errors import CheckpointError

    try:
        return _COMMAND.validate_python(run)
    except ValidationError:
        raise CheckpointError(
            f"checkpoint {path} was not written by thalia-dask run or train, so nothing says how to go on; "
            "load it with DynamicBrain.load"
        ) from None


def _config(checkpoint: Checkpoint) -> ThaliaConfig:
    from thalia_dask.brain.memory import understood

    return understood(checkpoint)[0]


def _check_same(saved: ThaliaConfig, asked: ThaliaConfig) -> None:
    """Refuse to go on with another brain."""
    from thalia_dask.errors import InputError

    brain = asked.brain.model_copy(update={"parallel": saved.brain.parallel})
    as_before = {"execution": saved.execution, "checkpoint": saved.checkpoint, "brain": brain}
    if asked.model_copy(update=as_before) != saved:
        raise InputError(
            "--set changes what is simulated, but a run that is resumed stays the same; write a value of execution "
            "or checkpoint, or brain.parallel"
        )
