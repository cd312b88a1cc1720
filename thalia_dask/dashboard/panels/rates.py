"""Mean firing rate of every region over the last frames: as lines, or of many regions as a heat map."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from bokeh.models import ColorBar, ColumnDataSource, LinearColorMapper

from thalia_dask.dashboard.history import History
from thalia_dask.dashboard.panels.base import SEQUENTIAL, Change, Panel, empty_source, largest, new_figure, put_legend
from thalia_dask.dashboard.scene import Scene
from thalia_dask.plots.palette import INK, PALETTE

_TITLE, _X_LABEL = "Firing rate", "simulated time (s)"
_MOST_ROWS = 128
_MOST_NAMES = 14
_COLUMNS = 120


class Lines(Panel):
    """One line for each region."""

    def __init__(self, scene: Scene, height: int) -> None:
        plot = new_figure(_TITLE, _X_LABEL, "rate (Hz)", height)
        self._names = scene.regions
        self._source = empty_source("seconds", *self._names)
        for name, colour in zip(self._names, PALETTE, strict=False):
            plot.line("seconds", name, source=self._source, color=colour, width=1.6, legend_label=name)
        put_legend(plot, "right")
        plot.y_range.start = 0
        self.root = plot

    def changes(self, history: History) -> Iterator[Change]:
        if history.latest is None:
            return
        rates = dict(zip(self._names, history.rate_hz.T, strict=True))
        yield Change(self._source, "data", {"seconds": history.seconds, **rates})


class HeatMap(Panel):
    """One row for each region, or for a few neighbours by name where there are very many."""

    def __init__(self, scene: Scene, height: int) -> None:
        n_regions = len(scene.regions)
        per_row = -(-n_regions // _MOST_ROWS)
        self._starts = np.arange(0, n_regions, per_row)
        self._per_row = np.diff(np.append(self._starts, n_regions))
        title = _TITLE if per_row == 1 else f"{_TITLE}, mean of {per_row} regions a row"
        plot = new_figure(title, _X_LABEL, "", height)
        self._colours = LinearColorMapper(palette=SEQUENTIAL, low=0.0, high=1.0)
        self._source = ColumnDataSource({"image": [np.zeros((1, 1), np.float32)], "x": [0.0], "width": [0.0]})
        plot.image("image", x="x", y=0, dw="width", dh=n_regions, source=self._source, color_mapper=self._colours)
        plot.add_layout(
            ColorBar(
                color_mapper=self._colours,
                title="Hz",
                width=8,
                padding=4,
                major_label_text_font_size="11px",
                major_label_text_color=INK,
                title_text_font_size="11px",
                title_text_font_style="normal",
                title_text_color=INK,
            ),
            "right",
        )
        named = np.unique(np.linspace(0, n_regions - 1, min(n_regions, _MOST_NAMES)).round().astype(int))
        plot.yaxis.ticker = [float(i) + 0.5 for i in named]
        plot.yaxis.major_label_overrides = {float(i) + 0.5: scene.regions[i] for i in named}
        plot.grid.grid_line_color = None
        plot.y_range.start, plot.y_range.end = 0, n_regions
        self.root = plot

    def changes(self, history: History) -> Iterator[Change]:
        seconds = history.seconds
        if len(seconds) < 2:
            return
        rows = np.add.reduceat(history.rate_hz, self._starts, axis=1) / self._per_row
        moments = np.linspace(seconds[0], seconds[-1], min(_COLUMNS, len(seconds)))
        image = rows[np.searchsorted(seconds, moments).clip(0, len(seconds) - 1)].T.astype(np.float32)
        yield Change(self._colours, "high", max(1.0, largest(image, 0.995)))
        first, last = float(seconds[0]), float(seconds[-1])
        yield Change(self._source, "data", {"image": [image], "x": [first], "width": [last - first]})
