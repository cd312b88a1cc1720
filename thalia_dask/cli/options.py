"""Options that several commands have in common."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., Any])

PATH = click.Path(path_type=Path)


def _zarr(_context: click.Context, _parameter: click.Parameter, path: Path) -> Path:
    if path.suffix != ".zarr":
        raise click.BadParameter(f"'{path}' does not end in .zarr; write e.g. {path.name or 'run'}.zarr")
    return path


config_argument = click.argument("config", type=PATH)

set_option = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY.PATH=VALUE",
    help="Override a value of the config, e.g. global.seed=7. May be given more than once.",
)

_out = click.option(
    "--out",
    type=PATH,
    required=True,
    callback=_zarr,
    metavar="RUN.zarr",
    help="Where to record to. Missing folders are made.",
)
_overwrite = click.option("--overwrite", is_flag=True, help="Replace the results of an earlier run at --out.")

_cluster = click.option(
    "--cluster",
    type=PATH,
    metavar="CLUSTER.yaml",
    help="Start the Dask workers that this file describes; implies brain.parallel=true.",
)
_scheduler = click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Use the workers of a running Dask scheduler, e.g. tcp://10.0.0.5:8786; implies brain.parallel=true.",
)


def output_options(command: _Command) -> _Command:
    """``--out`` and ``--overwrite``."""
    return _out(_overwrite(command))


def cluster_options(command: _Command) -> _Command:
    """``--cluster`` and ``--scheduler``."""
    return _cluster(_scheduler(command))


dashboard_option = click.option(
    "--dashboard",
    is_flag=True,
    help="Open the live page in the Dask dashboard, and say where it is; sets execution.dashboard=true.",
)


def live_page(asked: bool) -> list[str]:  # noqa: FBT001 (it is an option)
    """What ``--dashboard`` overrides."""
    return ["execution.dashboard=true"] if asked else []


def example(text: str) -> str:
    """An epilog that click does not rewrap."""
    return f"\b\nExample:\n  {text}"
