"""Where the panels of the live page stand: made for 1280 x 800 pixels, and wider."""

from __future__ import annotations

from bokeh.layouts import column, row
from bokeh.models import Range1d, UIElement

from thalia_dask.dashboard.panels.base import Panel
from thalia_dask.dashboard.panels.graph import Graph
from thalia_dask.dashboard.panels.headline import Headline
from thalia_dask.dashboard.panels.levels import Levels
from thalia_dask.dashboard.panels.oscillators import Oscillators
from thalia_dask.dashboard.panels.queue import Queue
from thalia_dask.dashboard.panels.raster import Raster
from thalia_dask.dashboard.panels.rates import HeatMap, Lines
from thalia_dask.dashboard.panels.rewards import RewardCurve
from thalia_dask.dashboard.panels.workers import Workers
from thalia_dask.dashboard.scene import Scene
from thalia_dask.plots.palette import PALETTE

_NARROW = 300
_HEIGHTS = (205, 245, 170)


def lay_out(scene: Scene) -> tuple[UIElement, list[Panel]]:
    """The panels, and the element that holds them."""
    above, middle, below = _HEIGHTS
    headline = Headline(scene)
    rates = (Lines if len(scene.regions) <= len(PALETTE) else HeatMap)(scene, above)
    graph, workers = Graph(scene, above, _NARROW), Workers(above, _NARROW)
    recent = Range1d(0.0, scene.window_ms)
    raster, rewards, queue = Raster(scene, middle, recent), RewardCurve(middle, _NARROW), Queue(middle, _NARROW)
    oscillators, levels = Oscillators(scene, below, recent), Levels(scene, below, 2 * _NARROW, recent)
    rows = [(rates, graph, workers), (raster, rewards, queue), (oscillators, levels)]
    root = column(
        headline.root,
        *(row(*(panel.root for panel in panels), sizing_mode="stretch_width") for panels in rows),
        sizing_mode="stretch_width",
    )
    return root, [headline, *(panel for panels in rows for panel in panels)]
