"""The one line on a terminal that shows how far the work is; nothing where stderr is no terminal."""

from __future__ import annotations

import logging

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from thalia_dask.cli.logs import PACKAGE, TOLD, writes_json


class Bar:
    """Until it knows how far the work is, it shows the last thing that the package logged."""

    def __init__(self, what: str) -> None:
        console = Console(stderr=True, highlight=False, soft_wrap=True)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[told]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=writes_json() or not console.is_terminal,
            transient=True,
        )
        self._counting = False
        self._line = self._progress.add_task(what, total=None, told="")
        self._stages = _Stages(self)
        PACKAGE.addHandler(self._stages)
        self._progress.start()

    def show(self, what: str, done: int, total: int, told: str = "") -> None:
        """Show how far the work is, and what has come of it."""
        self._counting = True
        self._progress.update(self._line, description=what, completed=done, total=total, told=told)

    def show_stage(self, what: str) -> None:
        """Show what is being done, for nobody knows how long; told by the log, until there is more to show."""
        if not self._counting:
            self._progress.update(self._line, description=what)

    def begin_anew(self, what: str) -> None:
        """Forget what was shown: something else is done now."""
        self._counting = False
        self._progress.remove_task(self._line)
        self._line = self._progress.add_task(what, total=None, told="")

    def stop(self) -> None:
        """Clear the line, for results. May be called more than once."""
        PACKAGE.removeHandler(self._stages)
        self._progress.stop()


def start_bar(what: str = "loading") -> Bar:
    """A bar that ends with the command at the latest."""
    bar = Bar(what)
    click.get_current_context().call_on_close(bar.stop)
    return bar


class _Stages(logging.Handler):
    """Shows on a bar what the package logs."""

    def __init__(self, bar: Bar) -> None:
        super().__init__()
        self._bar = bar
        self.addFilter(lambda record: record.levelno == logging.INFO and record.name != TOLD.name)

    def emit(self, record: logging.LogRecord) -> None:
        self._bar.show_stage(record.getMessage())
