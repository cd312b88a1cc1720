"""Depth of the event queue: spikes on their way between regions."""

from __future__ import annotations

from collections.abc import Iterator

from bokeh.models import NumeralTickFormatter

from thalia_dask.dashboard.history import History
from thalia_dask.dashboard.panels.base import Change, Panel, empty_source, new_figure
from thalia_dask.plots.palette import PALETTE


class Queue(Panel):
    """Spikes in flight at the end of spans."""

    def __init__(self, height: int, width: int) -> None:
        plot = new_figure("Event queue", "simulated time (s)", "spikes in flight", height, width)
        self._source = empty_source("seconds", "in_flight")
        plot.varea("seconds", 0, "in_flight", source=self._source, color=PALETTE[4], alpha=0.25)
        plot.line("seconds", "in_flight", source=self._source, color=PALETTE[0], width=1.6)
        plot.y_range.start = 0
        plot.yaxis.formatter = NumeralTickFormatter(format="0,0")
        self.root = plot

    def changes(self, history: History) -> Iterator[Change]:
        if history.latest is None:
            return
        yield Change(self._source, "data", {"seconds": history.seconds, "in_flight": history.in_flight})
