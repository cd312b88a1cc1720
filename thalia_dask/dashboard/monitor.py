"""The observer that films a run for whoever has the live page open, and does nothing while nobody has."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter, strftime, thread_time
from typing import Protocol

import numpy as np

from thalia_dask.dashboard.sample import Sample
from thalia_dask.dashboard.scene import Floats, Frame, Progress, Rewards, Scene
from thalia_dask.engine.effort import WorkerEffort
from thalia_dask.engine.event_queue import EventQueue
from thalia_dask.engine.executor import Executor
from thalia_dask.engine.observer import Observer, ProgressReport, TrialReport, WindowReport
from thalia_dask.engine.page import Page

_EVERY_S = 0.3
_LARGEST_SHARE = 0.006
"""Of the time that frames may take, as far as that is counted here; where one takes more than that of ``_EVERY_S``,
there are fewer of them. All that they cost stays below a hundredth (benchmarks.live_page)."""
_ADVANCE_S = 0.1
"""What the first frames may cost beyond that, so that a page that was just opened moves at once."""

_LEVEL_SAMPLES = 100
_REWARD_BLOCKS, _SHORTEST_BLOCK = 60, 10


class Counts(Protocol):
    """Region -> spikes, and seconds inside the region, since the brain was built."""

    all_spikes: dict[str, int]
    compute_seconds: dict[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class _Reading:
    """All counters at one time; ``threads`` has a row for computing, exchange, waiting and the number of threads."""

    clock: float
    step: int
    spikes: Floats
    compute_seconds: Floats
    workers: tuple[str, ...]
    threads: Floats


class Monitor(Observer):
    """Sends frames to a page, a few times a second, from the first window after it was opened.

    Parameters
    ----------
    scene, sample, sizes : of the brain that is watched; region -> neurons.
    page : where frames go.
    executor, queue, counts : what it reads.
    level : of a neuromodulator, by name, at a step not before the last release.
    """

    def __init__(
        self,
        scene: Scene,
        sample: Sample,
        sizes: Mapping[str, int],
        page: Page,
        executor: Executor,
        queue: EventQueue,
        counts: Counts,
        level: Callable[[str, int], float],
    ) -> None:
        self.link = page.link
        self._scene = scene
        self._sample = sample
        self._sizes = np.array([sizes[name] for name in scene.regions], np.float32)
        self._page = page
        self._executor = executor
        self._queue = queue
        self._counts = counts
        self._level = level
        self._levels: deque[tuple[int, list[float]]] = deque(maxlen=_LEVEL_SAMPLES)
        self._rewards, self._surprises = array("f"), array("f")
        self._goal: ProgressReport | None = None
        self._goal_began = (0.0, 0)
        self._stop = 0
        self._before: _Reading | None = None
        self._next_frame = self._paid_until = 0.0

    def on_progress(self, report: ProgressReport) -> None:
        if self._goal is None or self._goal.unit != report.unit or report.done < self._goal.done:
            self._goal_began = perf_counter(), report.done
        self._goal = report

    def on_trial(self, report: TrialReport) -> None:
        self._rewards.append(report.reward)
        self._surprises.append(abs(report.reward_prediction_error))
        if self._before is not None:
            self._note_levels(report.step)

    def on_window(self, report: WindowReport) -> None:
        if not self._page.n_open:
            if self._before is not None:
                self._rest()
            return
        stop = self._stop = report.window.stop
        self._sample.add(report)
        if not self._levels or stop - self._levels[-1][0] >= self._sample.n_steps / _LEVEL_SAMPLES:
            self._note_levels(stop)
        if perf_counter() >= self._next_frame:
            self._send(stop, finished=False)

    def on_close(self) -> None:
        if self._page.n_open and self._before is not None:
            self._send(self._stop, finished=True)

    def _rest(self) -> None:
        self._before = None
        self._sample.forget()
        self._levels.clear()

    def _note_levels(self, step: int) -> None:
        self._levels.append((step, [self._level(name, step) for name in self._scene.modulators]))

    def _send(self, step: int, *, finished: bool) -> None:
        began, busy = perf_counter(), thread_time()
        reading = self._read(began, step)
        if self._before is not None and (step > self._before.step or finished):
            self._page.send(self._frame(self._before, reading, finished=finished))
        self._before = reading
        cost = thread_time() - busy + self._page.seconds_per_frame
        self._paid_until = max(self._paid_until, began - _ADVANCE_S / _LARGEST_SHARE) + cost / _LARGEST_SHARE
        self._next_frame = max(began + _EVERY_S, self._paid_until)

    def _read(self, clock: float, step: int) -> _Reading:
        counts, efforts = self._counts, self._executor.efforts()
        return _Reading(
            clock,
            step,
            np.fromiter(counts.all_spikes.values(), np.float64),
            np.fromiter(counts.compute_seconds.values(), np.float64),
            tuple(efforts),
            np.array([_thread_seconds(effort) for effort in efforts.values()]).T,
        )

    def _frame(self, before: _Reading, now: _Reading, *, finished: bool) -> Frame:
        dt_ms, seconds, n_steps = self._scene.dt_ms, now.clock - before.clock, now.step - before.step
        simulated_s = max(n_steps, 1) * dt_ms / 1000.0
        spike_steps, spike_row = self._sample.rows(now.step)
        shares = np.zeros((3, len(now.workers)))
        if now.workers == before.workers:
            shares = (now.threads[:3] - before.threads[:3]) / (now.threads[3] * seconds)
        return Frame(
            step=now.step,
            simulated_ms=now.step * dt_ms,
            clock=strftime("%H:%M:%S"),
            finished=finished,
            progress=self._progress(now),
            seconds=seconds,
            n_steps=n_steps,
            rate_hz=((now.spikes - before.spikes) / self._sizes / simulated_s).astype(np.float32),
            load=((now.compute_seconds - before.compute_seconds) / seconds).astype(np.float32),
            workers=now.workers,
            shares=shares.clip(0.0, 1.0).astype(np.float32),
            in_flight=len(self._queue),
            spike_ms=(spike_steps * dt_ms).astype(np.float32),
            spike_row=spike_row,
            level_ms=np.array([step * dt_ms for step, _ in self._levels], np.float32),
            levels=np.array([levels for _, levels in self._levels], np.float32).T,
            rewards=self._reward_blocks(),
        )

    def _progress(self, now: _Reading) -> Progress:
        goal = self._goal
        if goal is None:
            return Progress("running", now.step, 0, "steps", None)
        done = now.step if goal.unit == "steps" else goal.done
        (began, done_then), left = self._goal_began, None
        if done > done_then:
            left = (now.clock - began) * (goal.total - done) / (done - done_then)
        return Progress(goal.what, done, goal.total, goal.unit, left)

    def _reward_blocks(self) -> Rewards:
        n_trials = len(self._rewards)
        block = max(_SHORTEST_BLOCK, -(-n_trials // _REWARD_BLOCKS))
        starts = np.arange(0, n_trials, block)
        ends = np.append(starts[1:], n_trials)
        reward, surprise = (np.array(values, np.float32) for values in (self._rewards, self._surprises))
        means = [
            (np.add.reduceat(values, starts) / (ends - starts)).astype(np.float32) if n_trials else values
            for values in (reward, (reward > 0).astype(np.float32), surprise)
        ]
        return Rewards(block, ends[: len(starts)].astype(np.float32), *means)


def _thread_seconds(effort: WorkerEffort) -> tuple[float, float, float, float]:
    return effort.compute_seconds, effort.exchange_seconds, effort.waiting_seconds, effort.n_threads
