"""Where the time of each worker's threads went since the last frame."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from bokeh.models import ColumnDataSource, HoverTool

from thalia_dask.dashboard.history import History
from thalia_dask.dashboard.panels.base import Change, Panel, new_figure, put_legend
from thalia_dask.plots.palette import PALETTE

_KINDS = {"compute": PALETTE[0], "exchange": PALETTE[5], "wait": "#c9c9c9"}
_MOST_NAMES = 10


class Workers(Panel):
    """A bar for each worker; what is missing to 100 % passed between its calls."""

    def __init__(self, height: int, width: int) -> None:
        plot = new_figure("Workers: time of their threads", "share of the time (%)", "", height, width)
        self._source = ColumnDataSource({name: [] for name in ("place", "address", *_KINDS)})
        plot.hbar_stack(
            list(_KINDS),
            y="place",
            height=0.7,
            source=self._source,
            color=list(_KINDS.values()),
            legend_label=list(_KINDS),
        )
        put_legend(plot, "above")
        plot.add_tools(
            HoverTool(tooltips=[("worker", "@address"), *((kind, f"@{kind}{{0.0}} %") for kind in _KINDS)])
        )
        plot.ygrid.grid_line_color = None
        plot.x_range.start, plot.x_range.end = 0, 100
        self._workers: tuple[str, ...] = ()
        self.root = self._plot = plot
        self._name(1)  # a range without ends makes Bokeh complain

    def changes(self, history: History) -> Iterator[Change]:
        frame = history.latest
        if frame is None:
            return
        if frame.workers != self._workers:
            self._workers = frame.workers
            self._name(len(frame.workers))
        who = {"place": np.arange(len(frame.workers)), "address": list(frame.workers)}
        shares = dict(zip(_KINDS, 100.0 * frame.shares, strict=True))
        yield Change(self._source, "data", {**who, **shares})

    def _name(self, n_workers: int) -> None:
        """Number the workers, the first one on top."""
        step = -(-n_workers // _MOST_NAMES)
        self._plot.yaxis.ticker = list(range(0, n_workers, step))
        self._plot.yaxis.major_label_overrides = {i: f"worker {i + 1}" for i in range(0, n_workers, step)}
        self._plot.y_range.start, self._plot.y_range.end = n_workers - 0.4, -0.6
