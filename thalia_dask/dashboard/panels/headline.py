"""How far the run is, in words and as a bar; and what Dask's own pages do not show."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from bokeh.models import Div

from thalia_dask.dashboard.history import History
from thalia_dask.dashboard.panels.base import Change, Panel
from thalia_dask.dashboard.scene import Frame, Progress, Scene
from thalia_dask.plots.palette import GRID, INK, PALETTE

_REMARK = (
    "Calls to actors are no tasks: Dask's own Status, Tasks, Profile and Graph pages stay empty during a run. "
    "This page shows what they cannot."
)

_ENDED = "This run has ended, and its page with it: what stands here stays until you leave or reload."
_RUNNING, _FINISHED = PALETTE[0], PALETTE[2]
_BADGE = (
    f'<span style="background: {_FINISHED}; color: white; border-radius: 4px; padding: 0 8px">finished</span>&ensp;'
)

_HTML = f"""
<div style="font: 14px Helvetica, Arial, sans-serif; color: {INK}; font-variant-numeric: tabular-nums;
            width: calc(100vw - 50px)">
  <div style="margin-bottom: 5px">{{state}}{{told}}</div>
  <div style="background: {GRID}; height: 8px; border-radius: 4px">
    <div style="background: {{colour}}; width: {{percent:.1f}}%; height: 8px; border-radius: 4px"></div>
  </div>
  <div style="margin-top: 5px; font-size: 12px; color: {PALETTE[-1]}">{{remark}}</div>
</div>
"""


class Headline(Panel):
    """The first lines of the page."""

    def __init__(self, scene: Scene) -> None:
        n_regions = len(scene.regions)
        self._about = f"{n_regions:,} region{'s' * (n_regions != 1)}, {scene.n_neurons:,} neurons"
        self._executor = scene.executor
        self._dt_ms = scene.dt_ms
        self.root = Div(sizing_mode="stretch_width", height=66, margin=(4, 8, 2, 8))

    def changes(self, history: History) -> Iterator[Change]:
        frame = history.latest
        finished = frame is not None and frame.finished
        if frame is None:
            told, share = "Waiting for the first steps …", 0.0
        else:
            progress = frame.progress
            told = "&ensp;·&ensp;".join(escape(part) for part in self._parts(frame))
            share = min(1.0, progress.done / progress.total) if progress.total else 0.0
        text = _HTML.format(
            state=_BADGE if finished else "",
            told=told,
            percent=100 * share,
            colour=_FINISHED if finished else _RUNNING,
            remark=_ENDED if finished else _REMARK,
        )
        yield Change(self.root, "text", text)

    def _parts(self, frame: Frame) -> list[str]:
        speed = frame.n_steps * self._dt_ms / 1000.0 / frame.seconds
        return [
            *_told(frame.progress, finished=frame.finished),
            f"{frame.simulated_ms / 1000.0:,.2f} s simulated",
            f"{speed:.2g} × real time",
            f"{self._about} on {len(frame.workers):,} worker{'s' * (len(frame.workers) != 1)} ({self._executor})",
            f"{'at' if frame.finished else 'as of'} {frame.clock}",
        ]


def _told(progress: Progress, *, finished: bool) -> list[str]:
    if not progress.total:
        return [progress.what]
    done = f"{progress.what}: {progress.done:,} of {progress.total:,} {progress.unit}"
    if finished or progress.seconds_left is None:
        return [done]
    return [done, f"{_duration(progress.seconds_left)} left"]


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02} h" if hours else f"{minutes}:{rest:02} min"
