"""Options that several commands have in common."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path, PurePath
from typing import Any, TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., Any])

PATH = click.Path(path_type=Path)

_IMPORTED = f"{__name__}.imported"


def check_ending(path: Path, ending: str) -> None:
    """Refuse an output that is no name with this ending."""
    if path.suffix != ending:
        why = f"is nothing but the ending {ending}" if path.name == ending else f"does not end in {ending}"
        name = path.name.removesuffix(ending) or "run"
        raise click.BadParameter(f"'{path}' {why}; write e.g. {name}{ending}", param_hint="'--out'")


def _zarr(_context: click.Context, _parameter: click.Parameter, path: Path) -> Path:
    check_ending(path, ".zarr")
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

cluster_option = click.option(
    "--cluster",
    type=PATH,
    metavar="CLUSTER.yaml",
    help="Start the Dask workers that this file describes; implies brain.parallel=true.",
)
_scheduler = click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Use the workers of a running Dask scheduler, e.g. tls://10.0.0.5:8786; implies brain.parallel=true.",
)
_tls = click.option(
    "--tls",
    type=PATH,
    metavar="FOLDER",
    help="The certificate of the scheduler's cluster: ca.pem, cert.pem and key.pem.",
)


def _imported(context: click.Context, _parameter: click.Parameter, modules: tuple[str, ...]) -> None:
    for module in modules:
        name = PurePath(module).name.lstrip(".").removesuffix(".py")
        mend = (
            f"write {name}, the module's name" if name not in ("", module) else "write a name as in Python's import"
        )
        if module.startswith(".") or "/" in module:
            raise click.BadParameter(f"'{module}' is no name of a module; {mend}")
        try:
            import_module(module)
        except Exception as error:  # a module may raise anything
            told = f"'{module}' cannot be imported ({type(error).__name__}, {error})"
            raise click.BadParameter(f"{told}; {mend}") from error
    context.meta[_IMPORTED] = modules


import_option = click.option(
    "--import",
    "_modules",
    multiple=True,
    metavar="MODULE",
    callback=_imported,
    expose_value=False,
    help="Import a Python module first, one that registers kinds of regions or the task's environment. May be given "
    "more than once.",
)


def output_options(command: _Command) -> _Command:
    """``--out`` and ``--overwrite``."""
    return _out(_overwrite(command))


def cluster_options(command: _Command) -> _Command:
    """``--cluster``, ``--scheduler`` and ``--tls``."""
    return cluster_option(_scheduler(_tls(command)))


def options_to_go_on(cluster: Path | None, scheduler: str | None, tls: Path | None) -> tuple[str, ...]:
    """What ``resume`` must be given to import what the present command did, and to run where it does."""
    modules = click.get_current_context().meta.get(_IMPORTED, ())
    given = [*(("--import", module) for module in modules), ("--cluster", cluster), ("--scheduler", scheduler)]
    return tuple(str(part) for option in (*given, ("--tls", tls)) if option[1] is not None for part in option)


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
