"""The brain rhythms over the same time as the raster: functions of time, which the browser computes."""

from __future__ import annotations

from collections.abc import Iterator

from bokeh.models import CustomJS, Range1d

from thalia_dask.dashboard.history import History
from thalia_dask.dashboard.panels.base import Change, Panel, empty_source, new_figure
from thalia_dask.dashboard.scene import Scene
from thalia_dask.plots.palette import PALETTE

_POINTS = 300
_AMPLITUDE = 0.4
_WAVES = f"""
const ms = Float64Array.from({{length: {_POINTS}}}, (_, i) =>
    recent.start + (recent.end - recent.start) * i / {_POINTS - 1})
const data = {{ms}}
names.forEach((name, place) => {{
    data[name] = ms.map(t => place + {_AMPLITUDE} * Math.cos(2 * Math.PI * hertz[place] * t / 1000))
}})
source.setv({{data}}, {{sync: false}})  // else the server would hear of it
"""


class Oscillators(Panel):
    """The cosine of each phase, above each other."""

    def __init__(self, scene: Scene, height: int, recent: Range1d) -> None:
        plot = new_figure("Oscillators: cosine of the phase", "simulated time (ms)", "", height)
        names, hertz = list(scene.oscillators), list(scene.oscillators.values())
        source = empty_source("ms", *names)
        for name, colour in zip(names, PALETTE, strict=False):
            plot.line("ms", name, source=source, color=colour, width=1.2)
        places = dict(enumerate(scene.oscillators.items()))
        plot.yaxis.ticker = list(places)
        plot.yaxis.major_label_overrides = {i: f"{name} {rate:g} Hz" for i, (name, rate) in places.items()}
        plot.ygrid.grid_line_color = None
        plot.y_range.start, plot.y_range.end = -0.6, len(places) - 0.4
        plot.x_range = recent
        waves = CustomJS(args={"recent": recent, "source": source, "names": names, "hertz": hertz}, code=_WAVES)
        recent.js_on_change("end", waves)
        plot.js_on_change("inner_width", waves)  # when it is first laid out
        self.root = plot

    def changes(self, history: History) -> Iterator[Change]:  # noqa: ARG002
        """None: the browser draws the waves whenever the range of time moves."""
        yield from ()
