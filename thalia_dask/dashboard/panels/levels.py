"""Levels of the neuromodulators over the same time as the raster."""

from __future__ import annotations

from collections.abc import Iterator

from bokeh.models import Range1d

from thalia_dask.dashboard.history import History
from thalia_dask.dashboard.panels.base import Change, Panel, empty_source, new_figure, put_legend
from thalia_dask.dashboard.scene import Scene
from thalia_dask.plots.palette import PALETTE


class Levels(Panel):
    """One line for each neuromodulator."""

    def __init__(self, scene: Scene, height: int, width: int, recent: Range1d) -> None:
        plot = new_figure("Neuromodulators", "simulated time (ms)", "level (a.u.)", height, width)
        self._names = scene.modulators
        self._source = empty_source("ms", *self._names)
        for name, colour in zip(self._names, PALETTE, strict=False):
            plot.line("ms", name, source=self._source, color=colour, width=1.6, legend_label=name)
        put_legend(plot, "right")
        plot.x_range = recent
        self.root = plot

    def changes(self, history: History) -> Iterator[Change]:
        frame = history.latest
        if frame is not None:
            levels = dict(zip(self._names, frame.levels, strict=True))
            yield Change(self._source, "data", {"ms": frame.level_ms, **levels})
