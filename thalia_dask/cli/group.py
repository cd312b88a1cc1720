"""The group of commands, and what becomes of errors: one message for those meant for people, else a traceback."""

from __future__ import annotations

import warnings
from typing import Any, TextIO

import click
from click.exceptions import Exit

from thalia_dask.cli.bench import bench
from thalia_dask.cli.describe import describe
from thalia_dask.cli.logs import TOLD, misuse_as_asked, on_stderr
from thalia_dask.cli.plot import plot
from thalia_dask.cli.resume import resume
from thalia_dask.cli.run import run
from thalia_dask.cli.stopping import terminated_like_interrupted
from thalia_dask.cli.train import train
from thalia_dask.cli.validate import validate
from thalia_dask.errors import ConfigError, DeviceWarning, InputError, OutputError, RunStoppedError, ThaliaError

_ARGUMENTS = f"{__name__}.arguments"


class _Commands(click.Group):
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        given = ctx.meta[_ARGUMENTS] = tuple(args)
        with misuse_as_asked(given):
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        with (
            misuse_as_asked(ctx.meta[_ARGUMENTS]),
            on_stderr(),
            warnings.catch_warnings(),
            terminated_like_interrupted(),
        ):
            warnings.simplefilter("default", DeviceWarning)
            warnings.showwarning = _show_in_one_line
            try:
                return super().invoke(ctx)
            except (ConfigError, InputError, OutputError) as error:
                raise _ended(2, str(error)) from error
            except RunStoppedError as stopped:
                raise _ended(130, str(stopped)) from stopped
            except ThaliaError as error:
                raise _ended(1, str(error)) from error
            except KeyboardInterrupt as interrupt:
                told = "interrupted; a recording that had begun keeps what was simulated until then"
                raise _ended(130, told) from interrupt


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="thalia_dask", prog_name="thalia-dask")
def main() -> None:
    """Simulate spiking brains whose regions live on Dask workers.

    \b
    Start here:
      thalia-dask describe configs/digits.yaml
      thalia-dask train configs/digits.yaml --epochs 1 --out runs/digits.zarr

    Exit codes: 0 done, 1 failed while running, 2 wrong config, input, output or usage, 130 interrupted.
    """  # noqa: D301 (click wants the backspace character)


for _command in (run, train, resume, describe, validate, bench, plot):
    main.add_command(_command)


def _ended(exit_code: int, why: str) -> Exit:
    """How a command ends after an error that people can mend, or a log can keep."""
    TOLD.error(why)
    return Exit(exit_code)


def _show_in_one_line(
    message: Warning | str,
    category: type[Warning],  # noqa: ARG001 (the signature is that of warnings.showwarning)
    filename: str,  # noqa: ARG001
    lineno: int,  # noqa: ARG001
    file: TextIO | None = None,  # noqa: ARG001
    line: str | None = None,  # noqa: ARG001
) -> None:
    TOLD.warning(" ".join(str(message).split()))
