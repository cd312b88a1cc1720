"""What commands say on stderr beside their progress: plain lines, more with --verbose, JSON with --log-json."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import click
from click.exceptions import Exit

_Command = TypeVar("_Command", bound=Callable[..., Any])

PACKAGE = logging.getLogger("thalia_dask")
TOLD = logging.getLogger("thalia_dask.cli.told")
"""For what is said also without --verbose."""

_ALWAYS_SHOWN = (TOLD.name, "thalia_dask.brain.live")
_HANDLER = f"{__name__}.stderr"
_LOG_JSON = "--log-json"


@contextmanager
def on_stderr() -> Iterator[None]:
    """Write what the package logs to stderr: warnings and errors, until an option asks for more."""
    handler = _Stderr()
    before = PACKAGE.level, PACKAGE.propagate
    PACKAGE.setLevel(logging.INFO)
    PACKAGE.propagate = False
    PACKAGE.addHandler(handler)
    try:
        yield
    finally:
        PACKAGE.removeHandler(handler)
        PACKAGE.setLevel(before[0])
        PACKAGE.propagate = before[1]


@contextmanager
def misuse_as_asked(arguments: Sequence[str]) -> Iterator[None]:
    """Tell of wrong usage as JSON where the arguments ask for that: nobody has understood them then."""
    try:
        yield
    except click.UsageError as error:
        if _LOG_JSON not in arguments:
            raise
        with on_stderr():
            _write_json()
            TOLD.error("%s", error.format_message())
        raise Exit(error.exit_code) from error


def log_options(command: _Command) -> _Command:
    """``--verbose`` and ``--log-json``."""
    verbose = click.option(
        "--verbose", is_flag=True, expose_value=False, callback=_say_more, help="Say on stderr what is being done."
    )
    log_json = click.option(
        _LOG_JSON,
        is_flag=True,
        expose_value=False,
        callback=_say_json,
        help="Write to stderr one JSON object a line, and no bar; implies --verbose.",
    )
    return verbose(log_json(command))


def writes_json() -> bool:
    """Whether stderr is for programs."""
    return isinstance(_handler().formatter, _Json)


class _Stderr(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.set_name(_HANDLER)
        self.setFormatter(_Plain())
        self.verbose = False
        self.addFilter(lambda record: self.verbose or _is_always_shown(record))

    def emit(self, record: logging.LogRecord) -> None:
        sys.stderr.write(self.format(record) + "\n")  # click.echo may write past a bar, onto its line


class _Plain(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        prefix = f"{record.levelname.capitalize()}: " if record.levelno >= logging.WARNING else ""
        return prefix + record.getMessage()


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        return json.dumps(told | getattr(record, "facts", {}))


def _is_always_shown(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING or record.name in _ALWAYS_SHOWN


def _handler() -> _Stderr:
    return next(handler for handler in PACKAGE.handlers if isinstance(handler, _Stderr))


def _say_more(_context: click.Context, _parameter: click.Parameter, given: bool) -> None:  # noqa: FBT001
    if given:
        _handler().verbose = True


def _say_json(_context: click.Context, _parameter: click.Parameter, given: bool) -> None:  # noqa: FBT001
    if given:
        _write_json()


def _write_json() -> None:
    _handler().verbose = True
    _handler().setFormatter(_Json())
