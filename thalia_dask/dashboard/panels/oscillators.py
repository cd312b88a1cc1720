"""The brain rhythms over the same time as the raster; they are functions of time, so no frame carries them."""

from __future__ import annotations

import numpy as np
from bokeh.models import Range1d

from thalia_dask.dashboard.history import History
from thalia_dask.dashboard.panels.base import Panel, empty_source, new_figure
from thalia_dask.dashboard.scene import Scene
from thalia_dask.plots.palette import PALETTE

_POINTS = 300
_AMPLITUDE = 0.4


class Oscillators(Panel):
    """The cosine of each phase, above each other."""

    def __init__(self, scene: Scene, height: int, recent: Range1d) -> None:
        plot = new_figure("Oscillators: cosine of the phase", "simulated time (ms)", "", height)
        self._window_ms = scene.window_ms
        self._frequency_hz = dict(scene.oscillators)
        self._source = empty_source("ms", *self._frequency_hz)
        for name, colour in zip(self._frequency_hz, PALETTE, strict=False):
            plot.line("ms", name, source=self._source, color=colour, width=1.2)
        places = dict(enumerate(self._frequency_hz.items()))
        plot.yaxis.ticker = list(places)
        plot.yaxis.major_label_overrides = {i: f"{name} {hertz:g} Hz" for i, (name, hertz) in places.items()}
        plot.ygrid.grid_line_color = None
        plot.y_range.start, plot.y_range.end = -0.6, len(places) - 0.4
        plot.x_range = recent
        self.root = plot

    def show(self, history: History) -> None:
        frame = history.latest
        if frame is None:
            return
        stop = frame.simulated_ms
        ms = np.linspace(max(0.0, stop - self._window_ms), stop, _POINTS)
        waves = {
            name: (i + _AMPLITUDE * np.cos(2 * np.pi * hertz * ms / 1000.0)).astype(np.float32)
            for i, (name, hertz) in enumerate(self._frequency_hz.items())
        }
        self._source.data = {"ms": ms.astype(np.float32), **waves}
