"""Regions and the projections that join them, coloured by how much each region computes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from bokeh.models import ColorBar, ColumnDataSource, HoverTool, LinearColorMapper
from bokeh.plotting import figure
from numpy.typing import NDArray

from thalia_dask.dashboard.history import History
from thalia_dask.dashboard.panels.base import SEQUENTIAL, Change, Panel, largest, new_figure
from thalia_dask.dashboard.scene import Scene
from thalia_dask.plots.palette import FAINT, INK

_MOST_NAMES = 12
_MOST_EDGES = 1500
_SCALES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
_BEND = 0.18
_GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))

Points = NDArray[np.float64]


class Graph(Panel):
    """Few regions stand on a circle, with names and arrows; many fill a disc."""

    def __init__(self, scene: Scene, height: int, width: int) -> None:
        n_regions = len(scene.regions)
        few = n_regions <= _MOST_NAMES
        plot = new_figure("Load of the regions (% of a core)", "", "", height, width)
        plot.axis.visible = False
        plot.grid.grid_line_color = None
        plot.min_border_left = 4
        places = _circle(n_regions) if few else _disc(n_regions)
        edges = np.array([(i, j) for i, j in scene.edges if i != j], np.int64).reshape(-1, 2)
        edges = edges[:: max(1, -(-len(edges) // _MOST_EDGES))]
        _draw_edges(plot, places[edges[:, 0]], places[edges[:, 1]], arrows=few)
        self._colours = LinearColorMapper(palette=SEQUENTIAL, low=0.0, high=_SCALES[0])
        self._source = ColumnDataSource(
            {"x": places[:, 0], "y": places[:, 1], "region": scene.regions, "load": np.zeros(n_regions, np.float32)}
        )
        nodes = plot.scatter(
            "x",
            "y",
            source=self._source,
            size=20 if few else max(4, round(140 / np.sqrt(n_regions))),
            fill_color={"field": "load", "transform": self._colours},
            line_color=FAINT,
        )
        plot.add_tools(HoverTool(renderers=[nodes], tooltips=[("region", "@region"), ("load", "@load{0.0} %")]))
        if few:
            _write_names(plot, places, scene.regions)
        plot.x_range.start, plot.x_range.end = (-2.7, 2.7) if few else (-1.1, 1.1)
        plot.y_range.start, plot.y_range.end = (-1.4, 1.5) if few else (-1.1, 1.1)
        plot.add_layout(
            ColorBar(
                color_mapper=self._colours,
                width=8,
                padding=4,
                major_label_text_font_size="11px",
                major_label_text_color=INK,
            ),
            "right",
        )
        self.root = plot

    def changes(self, history: History) -> Iterator[Change]:
        frame = history.latest
        if frame is None:
            return
        load = 100.0 * frame.load
        most = largest(load, 0.98)  # of many regions a few may stand out
        yield Change(self._colours, "high", next((scale for scale in _SCALES if most <= scale), _SCALES[-1]))
        yield Change(self._source, "data", {"load": load})


def _circle(n_points: int) -> Points:
    angles = np.pi / 2 - 2 * np.pi * np.arange(n_points) / max(n_points, 1)
    return np.column_stack([np.cos(angles), np.sin(angles)])


def _disc(n_points: int) -> Points:
    """Points that fill a disc evenly, as the seeds of a sunflower do: Vogel (1979), Math. Biosci. 44:179."""
    number = np.arange(n_points)
    radii = np.sqrt((number + 0.5) / n_points)
    return np.column_stack([radii * np.cos(number * _GOLDEN_ANGLE), radii * np.sin(number * _GOLDEN_ANGLE)])


def _write_names(plot: figure, places: Points, names: Sequence[str]) -> None:
    """Beside the points, away from the middle."""
    x, y = places.T
    beside = np.abs(x) > 0.1
    source = ColumnDataSource(
        {
            "x": x,
            "y": y,
            "name": names,
            "align": np.where(beside, np.where(x > 0, "left", "right"), "center"),
            "right": np.where(beside, 13.0 * np.sign(x), 0.0),
            "down": np.where(beside, 0.0, -18.0 * np.sign(y)),
        }
    )
    plot.text(
        "x",
        "y",
        "name",
        source=source,
        x_offset="right",
        y_offset="down",
        text_align="align",
        text_baseline="middle",
        text_font_size="10px",
        text_color=INK,
    )


def _draw_edges(plot: figure, source: Points, target: Points, *, arrows: bool) -> None:
    if not arrows:
        plot.segment(*source.T, *target.T, line_color=FAINT, line_alpha=min(0.6, 80 / max(len(source), 1)))
        return
    along = target - source
    bend = (source + target) / 2 + _BEND * np.column_stack([along[:, 1], -along[:, 0]])
    plot.quadratic(*source.T, *target.T, *bend.T, line_color=FAINT, line_alpha=0.7)
    middle = (source + 2 * bend + target) / 4
    angles = np.arctan2(along[:, 1], along[:, 0]) - np.pi / 2
    plot.scatter(*middle.T, marker="triangle", angle=angles, size=6, color=FAINT)
