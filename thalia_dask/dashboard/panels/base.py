"""What panels have in common: a place on the page, and how they look."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from bokeh.models import ColumnDataSource, Legend, Model, UIElement
from bokeh.plotting import figure

from thalia_dask.dashboard.history import History
from thalia_dask.dashboard.scene import Floats
from thalia_dask.plots.palette import FAINT, GRID, INK

SEQUENTIAL = tuple(
    f"#{round(247 - 247 * x):02x}{round(251 - 137 * x):02x}{round(255 - 77 * x):02x}"
    for x in (step / 63 for step in range(64))
)
"""From almost white to the first colour of the palette: the darker, the more."""


class Change(NamedTuple):
    """A Bokeh model's property takes a value.

    Attributes
    ----------
    model, name : the model, and how its property is called.
    value : of what JSON can say, and arrays, which arrive as float32; of ``data``, the columns that change.
    """

    model: Model
    name: str
    value: Any


class Panel(ABC):
    """A part of the page.

    Attributes
    ----------
    root : what stands on the page.
    """

    root: UIElement

    @abstractmethod
    def changes(self, history: History) -> Iterator[Change]:
        """What has to be set to show the frames as they are now, all of it; there may be none yet."""


def new_figure(title: str, x_label: str, y_label: str, height: int, width: int | None = None) -> figure:
    """An empty figure; without a width it takes what is left of its row."""
    plot = figure(
        title=title,
        height=height,
        tools="",
        toolbar_location=None,
        x_axis_label=x_label,
        y_axis_label=y_label,
        outline_line_color=None,
        background_fill_color="white",
        border_fill_color="white",
        min_border_left=52,
        min_border_right=18,
        margin=(4, 4, 4, 4),
        frame_align=False,
    )
    if width is None:
        plot.sizing_mode = "stretch_width"
    else:
        plot.width = width - 8
    plot.title.text_font_size = "13px"
    plot.title.text_color = INK
    for axis in plot.axis:
        axis.axis_label_text_font_style = "normal"
        axis.axis_label_text_font_size = "12px"
        axis.axis_label_text_color = INK
        axis.axis_label_standoff = 4
        axis.major_label_text_font_size = "11px"
        axis.major_label_text_color = INK
        axis.axis_line_color = FAINT
        axis.major_tick_line_color = FAINT
        axis.major_tick_in = 0
        axis.major_tick_out = 4
        axis.minor_tick_line_color = None
        axis.ticker.desired_num_ticks = 5
    plot.grid.grid_line_color = GRID
    plot.x_range.range_padding = 0.0
    return plot


def empty_source(*columns: str) -> ColumnDataSource:
    """A source of one point, which no line shows: Bokeh complains of axes without any."""
    return ColumnDataSource({column: [0.0] for column in columns})


def largest(values: Floats, share: float) -> float:
    """A quantile: the largest of this share of the values. Of a few hundred it is ten times as fast as NumPy's."""
    last = int(share * (values.size - 1))
    return float(np.partition(values, last, axis=None)[last])


def put_legend(plot: figure, place: str) -> None:
    """Move the legend out of the plot, to its ``"right"`` or ``"above"`` it."""
    legend: Legend = plot.legend[0]
    plot.center.remove(legend)
    plot.add_layout(legend, place)
    legend.orientation = "vertical" if place == "right" else "horizontal"
    legend.border_line_color = legend.background_fill_color = None
    legend.label_text_font_size = "11px"
    legend.label_text_color = INK
    legend.glyph_width = 14
    legend.label_standoff = 4
    legend.spacing = 0 if place == "right" else 8
    legend.padding, legend.margin = 0, 4
