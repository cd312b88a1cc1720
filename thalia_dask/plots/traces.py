"""Membrane potentials of the cells that were probed, one panel each."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from thalia_dask.arguments import as_count, check_positive
from thalia_dask.errors import InputError
from thalia_dask.plots.palette import FAINT, INK, PALETTE
from thalia_dask.plots.raster import spikes_between
from thalia_dask.plots.style import duration, label, new_figure, panel_title, span_shown, tree_of

_POTENTIAL = "membrane_potential"


def has_traces(group: xr.Dataset | xr.DataTree) -> bool:
    """Whether a region's group has potentials of single cells."""
    return _POTENTIAL in group and group[_POTENTIAL].dims == ("probe", "time")


def plot_traces(
    tree: xr.DataTree, *, span_ms: float = 500.0, stop_ms: float | None = None, max_cells: int = 12
) -> Figure:
    """Plot the membrane potential of cells, with a mark above it for each spike, where spikes were recorded.

    Parameters
    ----------
    tree : a recording with ``recording.probes``.
    span_ms, stop_ms : the span shown, in ms; by default the last 500 ms.
    max_cells : how many cells are shown, the first ones.

    Raises
    ------
    InputError : if the recording holds no cell's potential, or no steps, or is none; if ``span_ms`` is not greater
        than 0, or ``max_cells`` less than 1.
    """
    check_positive(span_ms, "plot_traces: span_ms", "ms")
    as_count(max_cells, "plot_traces: max_cells")
    root = tree_of(tree).to_dataset()
    groups = {region: group.to_dataset() for region, group in tree.children.items() if has_traces(group)}
    if not groups or not root.sizes["time"]:
        raise InputError(
            "the recording holds no membrane potentials of cells to plot: name cells in recording.probes, e.g. "
            "recording.probes: {cortex: [0, 1]}, and run the brain"
        )
    dt_ms = float(root.attrs["dt_ms"])
    start, stop, end = span_shown(root, span_ms, stop_ms)
    cells = [(region, int(cell)) for region, group in groups.items() for cell in group["probe"].values]
    shown = cells[:max_cells]
    of_all = f", {len(shown)} of {len(cells)} cells" if len(shown) < len(cells) else ""
    potential = next(iter(groups.values()))[_POTENTIAL]
    figure, panels = new_figure(
        label(potential), f"{start:g} to {stop:g} ms of {duration(end)}{of_all}", [0.8] * len(shown)
    )
    colours = {region: PALETTE[index % len(PALETTE)] for index, region in enumerate(groups)}
    for panel, (region, cell) in zip(panels, shown, strict=True):
        group = groups[region]
        trace = group[_POTENTIAL].sel(probe=cell, time=slice(start - dt_ms / 2, stop - dt_ms / 2))
        panel.plot(trace["time"], trace, color=colours[region], linewidth=1.0)
        panel.locator_params(axis="y", nbins=3)
        panel_title(panel, f"{region}.{group['population'].values[cell]}   neuron {cell}")
        _mark_spikes(panel, group, cell, start, stop, dt_ms)
    panels[-1].set_xlim(start, max(stop, start + dt_ms))
    panels[-1].set_xlabel(label(root["time"]))
    return figure


def _mark_spikes(panel: Axes, group: xr.Dataset, cell: int, start: float, stop: float, dt_ms: float) -> None:
    if "spike_step" not in group:
        return
    times, neurons = spikes_between(group, start, stop, dt_ms)
    times = times[neurons == cell]
    top = panel.get_xaxis_transform()
    panel.plot(times, np.full(len(times), 0.94), "|", color=INK, markersize=7, transform=top)
    how_many = f"{len(times)}\nspike{'' if len(times) == 1 else 's'}"
    panel.text(1.01, 0.5, how_many, color=FAINT, fontsize=9, va="center", transform=panel.transAxes)
