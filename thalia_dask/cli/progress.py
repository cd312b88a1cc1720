"""Progress of long work, on stderr: a bar on a terminal; elsewhere a line an epoch, so that logs stay short."""

from __future__ import annotations

from time import perf_counter
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn

from thalia_dask.cli.outcome import score
from thalia_dask.cli.text import counted
from thalia_dask.engine.executor import RecoveryReport
from thalia_dask.engine.observer import Observer, WindowReport
from thalia_dask.tasks.training import EpisodeReport


class _Bar:
    """One line that shows how far the work is."""

    def __init__(self, *columns: ProgressColumn) -> None:
        self.console = Console(stderr=True, highlight=False, soft_wrap=True)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            *columns,
            TimeRemainingColumn(),
            console=self.console,
            disable=not self.console.is_terminal,
            transient=True,
        )
        self._line = self._progress.add_task("building the brain", total=None, told="")

    def show(self, what: str, done: int, total: int, told: str = "") -> None:
        self._progress.update(self._line, description=what, completed=done, total=total, told=told)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()


class RunProgress(Observer):
    """Shows how much of a run has been simulated."""

    def __init__(self, n_steps: int, dt_ms: float) -> None:
        self.bar = _Bar(TextColumn("{task.fields[told]}"))
        self._n_steps = n_steps
        self._dt_ms = dt_ms
        self._recovered = ""

    def on_recovery(self, report: RecoveryReport) -> None:
        self._recovered = f", {report}"

    def on_window(self, report: WindowReport) -> None:
        done = report.window.stop
        self.bar.show("simulating", done, self._n_steps, f"{done * self._dt_ms:.0f} ms{self._recovered}")


class BenchProgress:
    """Shows how many of the runs are done."""

    def __init__(self) -> None:
        self.bar = _Bar(TextColumn("{task.completed}/{task.total}"))


class TrainingProgress:
    """Shows each episode on a bar, and keeps a line for each epoch."""

    def __init__(self, epochs: int, measure: str) -> None:
        self.bar = _Bar(TextColumn("{task.completed}/{task.total}  {task.fields[told]}"))
        self._epochs = epochs
        self._measure = measure
        self._began = perf_counter()

    def __call__(self, report: EpisodeReport) -> None:
        what = f"epoch {report.epoch}/{self._epochs}" if report.phase == "training" else "evaluation"
        told = f"{self._measure} {score(report.mean_return, self._measure)}"
        self.bar.show(what, report.episode, report.n_episodes, told)
        if report.episode == 1:
            self._began = perf_counter()  # what came before is start-up: building, compiling, the first episode
        if report.episode == report.n_episodes:
            seconds = perf_counter() - self._began
            self.bar.console.print(f"{what}: {told} in {counted(report.n_episodes, 'episode')}, {seconds:.1f} s")
