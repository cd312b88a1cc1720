"""Every figure that a recording has data for, as PNG files."""

from __future__ import annotations

from pathlib import Path

import xarray as xr

from thalia_dask.arguments import as_path
from thalia_dask.errors import OutputError
from thalia_dask.plots import LEARNING_CURVE, RASTER, RATES, TRACES
from thalia_dask.plots.learning_curve import plot_learning_curve
from thalia_dask.plots.raster import plot_raster
from thalia_dask.plots.rates import plot_rates
from thalia_dask.plots.style import tree_of
from thalia_dask.plots.traces import has_traces, plot_traces


def save_all(tree: xr.DataTree, folder: str | Path, prefix: str = "") -> list[Path]:
    """Write ``rates.png``, and ``raster.png``, ``traces.png`` and ``learning_curve.png`` of what was recorded.

    These show spikes, membrane potentials of cells that were probed, and trials.

    Parameters
    ----------
    tree : a recording.
    folder : made if it is missing; files of the same name in it are replaced.
    prefix : put before each file name, e.g. ``"digits_"``.

    Returns
    -------
    The files written, in that order.

    Raises
    ------
    InputError : if nothing has been recorded, or it is no recording.
    OutputError : if the folder cannot be made or written.
    """
    folder = as_path(folder, "the folder", "the path of one, such as 'figures'", OutputError)
    tree = tree_of(tree)
    figures = {RATES: plot_rates(tree)}
    if any("spike_step" in group for group in tree.children.values()):
        figures[RASTER] = plot_raster(tree)
    if tree.sizes["time"] and any(has_traces(group) for group in tree.children.values()):
        figures[TRACES] = plot_traces(tree)
    if tree.sizes["trial"]:
        figures[LEARNING_CURVE] = plot_learning_curve(tree)
    paths = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, figure in figures.items():
            paths.append(folder / f"{prefix}{name}.png")
            figure.savefig(paths[-1])
    except OSError as error:
        raise OutputError(f"plots cannot be written to {folder}: {error}; write another folder") from error
    return paths
