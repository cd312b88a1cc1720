"""The last spikes of a sample of neurons."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from bokeh.models import ColumnDataSource, LinearColorMapper, Range1d

from thalia_dask.dashboard.history import History
from thalia_dask.dashboard.panels.base import Change, Panel, new_figure
from thalia_dask.dashboard.scene import Scene
from thalia_dask.plots.palette import GRID, PALETTE

_MOST_NAMES = 16


class Raster(Panel):
    """A row for each neuron of the sample, a colour for each region; moves the range of time that others share."""

    def __init__(self, scene: Scene, height: int, recent: Range1d) -> None:
        bands = scene.bands
        n_rows = bands[-1].last
        title = f"Spikes of {n_rows} of {scene.n_neurons:,} neurons, last {scene.window_ms:g} ms"
        plot = new_figure(title, "simulated time (ms)", "", height)
        self._window_ms = scene.window_ms
        colours = [
            PALETTE[scene.regions.index(band.region) % len(PALETTE)]
            for band in bands
            for _ in range(band.first, band.last)
        ]
        mapper = LinearColorMapper(palette=colours, low=-0.5, high=n_rows - 0.5)
        self._source = ColumnDataSource({"ms": [], "row": []})
        plot.scatter(
            "ms",
            "row",
            source=self._source,
            marker="dash",
            angle=np.pi / 2,
            size=5,
            color={"field": "row", "transform": mapper},
            line_width=1.3,
        )
        step = -(-len(bands) // _MOST_NAMES)
        middles = {(band.first + band.last - 1) / 2: band.region for band in bands[::step]}
        plot.yaxis.ticker = list(middles)
        plot.yaxis.major_label_overrides = middles
        plot.ygrid.ticker = [band.first - 0.5 for band in bands[1:]] if step == 1 else []
        plot.ygrid.grid_line_color = GRID
        plot.y_range.start, plot.y_range.end = -1, n_rows
        plot.x_range = self._recent = recent
        self.root = plot

    def changes(self, history: History) -> Iterator[Change]:
        frame = history.latest
        if frame is None:
            return
        stop = frame.simulated_ms
        yield Change(self._recent, "start", max(0.0, stop - self._window_ms))
        yield Change(self._recent, "end", max(stop, self._window_ms))
        yield Change(self._source, "data", {"ms": frame.spike_ms, "row": frame.spike_row})
