"""Spike raster: one panel per region, one row per neuron, one colour per population."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from thalia_dask.errors import InputError
from thalia_dask.plots.palette import FAINT, GRID, PALETTE
from thalia_dask.plots.style import duration, label, new_figure, panel_title, span_shown, spread, tree_of

_LABEL_INCHES = 0.17

Times = NDArray[np.float64]
Neurons = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Which neurons of a region are shown, and in which row.

    Attributes
    ----------
    row_of : int64, shape (neurons,). Row of each neuron, -1 where it is not shown.
    bands : (population, first row, last row + 1), from the top.
    """

    row_of: NDArray[np.int64]
    bands: list[tuple[str, int, int]]

    @property
    def n_rows(self) -> int:
        return self.bands[-1][2] if self.bands else 0


def plot_raster(
    tree: xr.DataTree, *, span_ms: float = 500.0, stop_ms: float | None = None, max_neurons: int = 200
) -> Figure:
    """Plot the spikes of every region.

    Parameters
    ----------
    tree : a recording with spikes.
    span_ms, stop_ms : the span shown, in ms; by default the last 500 ms.
    max_neurons : rows per region; of larger regions an evenly spaced sample of each population is shown.

    Raises
    ------
    InputError : if the recording holds no spikes, or is none.
    """
    root = tree_of(tree).to_dataset()
    groups = {str(name): tree.children[str(name)].to_dataset(inherit=False) for name in root["region"].values}
    if not all("spike_step" in group for group in groups.values()):
        raise InputError("the recording holds no spikes to plot: record them with recording.spikes: true")
    dt_ms = float(root.attrs["dt_ms"])
    start, stop, end = span_shown(root, span_ms, stop_ms)
    rows = {region: _choose_rows(group["population"].values, max_neurons) for region, group in groups.items()}
    figure, panels = new_figure(
        "Spike raster",
        f"{start:g} to {stop:g} ms of a run that ends at {duration(end)}",
        [_panel_inches(one) for one in rows.values()],
    )
    for (region, group), panel in zip(groups.items(), panels, strict=True):
        panel_title(panel, f"{region}   {_count(rows[region])}")
        _draw_spikes(panel, rows[region], *spikes_between(group, start, stop, dt_ms))
        _label_populations(panel, rows[region])
    panels[-1].set_xlim(start, max(stop, start + dt_ms))
    panels[-1].set_xlabel(label(root["time"]))
    return figure


def _choose_rows(population: NDArray[np.str_], max_neurons: int) -> _Rows:
    """Give rows to an evenly spaced sample of each population, to none less than one neuron."""
    n_neurons = len(population)
    row_of = np.full(n_neurons, -1)
    starts = np.flatnonzero(np.r_[True, population[1:] != population[:-1]]) if n_neurons else np.empty(0, np.int64)
    bands, next_row = [], 0
    for first, last in zip(starts, np.r_[starts[1:], n_neurons], strict=True):
        shown = max(1, round((last - first) * min(1.0, max_neurons / n_neurons)))
        chosen = np.linspace(first, last - 1, shown).round().astype(np.int64)
        row_of[chosen] = next_row + np.arange(shown)
        bands.append((str(population[first]), next_row, next_row + shown))
        next_row += shown
    return _Rows(row_of, bands)


def _panel_inches(rows: _Rows) -> float:
    return max(0.6, 0.14 * math.sqrt(rows.n_rows), _LABEL_INCHES * len(rows.bands))


def _count(rows: _Rows) -> str:
    n_neurons = len(rows.row_of)
    return f"{n_neurons} neurons" if rows.n_rows == n_neurons else f"{rows.n_rows} of {n_neurons} neurons"


def spikes_between(group: xr.Dataset, start_ms: float, stop_ms: float, dt_ms: float) -> tuple[Times, Neurons]:
    """Times in ms and neurons of the spikes in a span; spikes are stored in the order of their steps."""
    bounds = np.ceil(np.array([start_ms, stop_ms]) / dt_ms - 1e-6)
    steps = group["spike_step"].values
    first, last = np.searchsorted(steps, bounds)
    return steps[first:last] * dt_ms, group["spike_neuron"][first:last].values


def _draw_spikes(panel: Axes, rows: _Rows, times: Times, neurons: Neurons) -> None:
    row = rows.row_of[neurons]
    points_per_row = 72 * _panel_inches(rows) / max(rows.n_rows, 1)
    size = min(max(points_per_row, 2.5), 6.0)
    for index, (_, first, last) in enumerate(rows.bands):
        inside = (row >= first) & (row < last)
        colour = PALETTE[index % len(PALETTE)]
        panel.plot(times[inside], row[inside] + 0.5, "|", color=colour, markersize=size, markeredgewidth=1.0)
        if first:
            panel.axhline(first, color=GRID, linewidth=0.7, zorder=0)
    if not (row >= 0).any():
        panel.text(0.5, 0.5, "silent in this span", color=FAINT, ha="center", va="center", transform=panel.transAxes)
    panel.set_ylim(max(rows.n_rows, 1), 0)
    panel.set_yticks([])
    panel.spines["left"].set_visible(False)


def _label_populations(panel: Axes, rows: _Rows) -> None:
    """Write the name of each population beside its rows, moved apart where the rows are too few for a line."""
    gap = rows.n_rows * _LABEL_INCHES / _panel_inches(rows)
    middles = [(first + last) / 2 for _, first, last in rows.bands]
    for index, ((name, _, _), at) in enumerate(zip(rows.bands, spread(middles, gap, 0.0, rows.n_rows), strict=True)):
        panel.annotate(
            name,
            (1.01, at),
            xycoords=("axes fraction", "data"),
            color=PALETTE[index % len(PALETTE)],
            fontsize=9,
            va="center",
            annotation_clip=False,
        )
