"""Progress of a run and of a training: on a bar, and in the log, which stays short."""

from __future__ import annotations

import logging
from time import perf_counter

from thalia_dask.cli.bar import Bar
from thalia_dask.cli.logs import TOLD
from thalia_dask.cli.text import counted
from thalia_dask.engine.executor import RecoveryReport
from thalia_dask.engine.observer import Observer, WindowReport
from thalia_dask.tasks.registry import score
from thalia_dask.tasks.training import EpisodeReport

_LOG = logging.getLogger(__name__)
_LINE_EVERY_S = 10.0


class RunProgress(Observer):
    """Shows how much of a run has been simulated; the log hears of it now and then."""

    def __init__(self, bar: Bar, n_steps: int, dt_ms: float) -> None:
        self._bar = bar
        self._n_steps = n_steps
        self._dt_ms = dt_ms
        self._recovered = ""
        self._next_line = perf_counter() + _LINE_EVERY_S

    def on_recovery(self, report: RecoveryReport) -> None:
        self._recovered = f", {report}"

    def on_window(self, report: WindowReport) -> None:
        done = report.window.stop
        self._bar.show("simulating", done, self._n_steps, f"{done * self._dt_ms:.0f} ms{self._recovered}")
        if perf_counter() >= self._next_line:
            self._next_line = perf_counter() + _LINE_EVERY_S
            facts = {"step": done, "n_steps": self._n_steps}
            _LOG.info("step %s of %s", f"{done:,}", f"{self._n_steps:,}", extra={"facts": facts})


class TrainingProgress:
    """Shows each episode on a bar, and says a line for each epoch."""

    def __init__(self, bar: Bar, epochs: int, measure: str) -> None:
        self._bar = bar
        self._epochs = epochs
        self._measure = measure
        self._began = perf_counter()

    def __call__(self, report: EpisodeReport) -> None:
        what = f"epoch {report.epoch}/{self._epochs}" if report.phase == "training" else "evaluation"
        told = f"{self._measure} {score(report.mean_return, self._measure)}"
        self._bar.show(what, report.episode, report.n_episodes, f"{report.episode}/{report.n_episodes}  {told}")
        if report.episode == 1:
            self._began = perf_counter()  # what came before is start-up: building, compiling, the first episode
        if report.episode == report.n_episodes:
            seconds = perf_counter() - self._began
            facts = {"phase": report.phase, "epoch": report.epoch, "mean_return": report.mean_return}
            line = f"{what}: {told} in {counted(report.n_episodes, 'episode')}, {seconds:.1f} s"
            TOLD.info(line, extra={"facts": facts})
