"""How all figures look: readable at their own size, ink for data before ink for frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from thalia_dask.errors import InputError
from thalia_dask.plots.palette import FAINT, INK

_STYLE: dict[Any, Any] = {
    "font.size": 10,
    "axes.labelsize": 10,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.formatter.useoffset": False,
    "text.color": INK,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "savefig.dpi": 150,
}
WIDTH_INCHES = 9.5


def new_figure(title: str, subtitle: str, panel_inches: Sequence[float]) -> tuple[Figure, list[Axes]]:
    """Make a figure with panels of the given heights above each other, which share their x axis."""
    margins = 1.4
    height = sum(panel_inches) + 0.32 * (len(panel_inches) - 1) + margins
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(WIDTH_INCHES, height), facecolor="white")
        grid = figure.subplots(
            len(panel_inches),
            sharex=True,
            squeeze=False,
            gridspec_kw={
                "height_ratios": panel_inches,
                "left": 0.09,
                "right": 0.87,
                "bottom": 0.6 / height,
                "top": 1 - 1.0 / height,
                "hspace": 0.32 * len(panel_inches) / sum(panel_inches),
            },
        )
        figure.text(0.09, 1 - 0.2 / height, title, fontsize=14, weight="bold", va="top")
        figure.text(0.09, 1 - 0.48 / height, subtitle, fontsize=10, color=FAINT, va="top")
    return figure, list(grid[:, 0])


def label(variable: xr.DataArray) -> str:
    """Axis label from what the output says of itself: its long name and units."""
    name = str(variable.attrs.get("long_name", variable.name))
    units = variable.attrs.get("units", "1")
    text = name[:1].upper() + name[1:]
    return text if units == "1" else f"{text} ({units})"


def duration(ms: float) -> str:
    """A time span as people write it: ``500 ms``, ``1.5 s``."""
    return f"{ms:g} ms" if ms < 1000 else f"{ms / 1000:.4g} s"


def span_shown(root: xr.Dataset, span_ms: float, stop_ms: float | None) -> tuple[float, float, float]:
    """Where what is shown begins and ends, by default the last ``span_ms``, and where the recording ends, in ms."""
    dt_ms = float(root.attrs["dt_ms"])
    first, end = (float(root["time"][0]), float(root["time"][-1]) + dt_ms) if root.sizes["time"] else (0.0, 0.0)
    stop = end if stop_ms is None else min(stop_ms, end)
    return max(stop - span_ms, first), stop, end


def spread(positions: Sequence[float], gap: float, start: float, end: float) -> list[float]:
    """Move sorted positions of labels apart to be ``gap`` apart, within half a gap of both ends where they fit."""
    moved: list[float] = []
    lowest = start + gap / 2
    for position in positions:
        moved.append(max(position, lowest))
        lowest = moved[-1] + gap
    highest = end - gap / 2
    for index in reversed(range(len(moved))):
        moved[index] = min(moved[index], highest)
        highest = moved[index] - gap
    return moved


def panel_title(panel: Axes, text: str) -> None:
    """Name a panel above its upper left corner."""
    panel.set_title(text, loc="left", fontsize=10.5, color=INK, pad=4)


def root_of(recording: object) -> xr.Dataset:
    """The root group of a recording, or the dataset itself; raises InputError for anything else."""
    return recording if isinstance(recording, xr.Dataset) else tree_of(recording).to_dataset()


def tree_of(recording: object) -> xr.DataTree:
    """A recording with the groups of its regions; raises InputError for anything else."""
    if not isinstance(recording, xr.DataTree):
        what = f"the recording to plot is a {type(recording).__name__}"
        raise InputError(f"{what}; write brain.recording or load_recording(path)")
    return recording
