"""Population rate of every region over time."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from numpy.typing import NDArray

from thalia_dask.errors import InputError
from thalia_dask.plots.palette import FAINT, PALETTE
from thalia_dask.plots.style import duration, label, new_figure, panel_title, root_of

_MOST_POINTS = 600


def plot_rates(recording: xr.DataTree | xr.Dataset, *, smooth_ms: float = 10.0) -> Figure:
    """Plot the mean firing rate of every region, smoothed.

    Parameters
    ----------
    recording : a recording, or the dataset of a part of it.
    smooth_ms : standard deviation of the Gaussian that smooths, in ms, at most a twentieth of the recording; 0
        for none. Long runs are averaged over bins first.

    Raises
    ------
    InputError : if nothing has been recorded, or it is no recording.
    """
    root = root_of(recording)
    rate, time = root["rate"], root["time"]
    n_steps = rate.sizes["time"]
    if n_steps == 0:
        raise InputError("the recording holds no steps, so there are no rates to plot: run the brain first")
    times = time.values
    dt_ms = float(times[1] - times[0]) if n_steps > 1 else 1.0
    per_bin = max(1, n_steps // _MOST_POINTS)
    smooth_ms = min(smooth_ms, n_steps * dt_ms / 20)
    sigma_bins = smooth_ms / (per_bin * dt_ms)
    units = rate.attrs["units"]
    figure, panels = new_figure(
        label(rate), _how(per_bin * dt_ms, smooth_ms, sigma_bins), [0.85] * rate.sizes["region"]
    )
    bin_times = _bin_means(times[None], per_bin)[0]
    for index, (panel, region) in enumerate(zip(panels, rate["region"].values, strict=True)):
        values = rate[index].values
        curve = _smooth(_bin_means(values[None], per_bin)[0], sigma_bins)
        colour = PALETTE[index % len(PALETTE)]
        panel.fill_between(bin_times, curve, color=colour, alpha=0.15, linewidth=0)
        panel.plot(bin_times, curve, color=colour, linewidth=1.2)
        panel.set_ylim(0, max(1.0, 1.1 * float(curve.max())))
        panel.locator_params(axis="y", nbins=3)
        panel_title(panel, str(region))
        panel.text(
            1.01,
            0.5,
            f"mean\n{values.mean():.3g} {units}",
            color=FAINT,
            fontsize=9,
            va="center",
            transform=panel.transAxes,
        )
    panels[-1].set_xlim(times[0], times[-1] + dt_ms)
    panels[-1].set_xlabel(label(time))
    return figure


def _how(bin_ms: float, smooth_ms: float, sigma_bins: float) -> str:
    if sigma_bins >= 1:
        return f"smoothed by a Gaussian of {duration(smooth_ms)}"
    return f"averaged over {duration(bin_ms)}"


def _bin_means(values: NDArray[np.floating], per_bin: int) -> NDArray[np.float64]:
    """Mean over consecutive bins along the last axis; the last bin may be shorter."""
    edges = np.arange(0, values.shape[-1], per_bin)
    sums = np.add.reduceat(values.astype(np.float64), edges, axis=-1)
    means: NDArray[np.float64] = sums / np.diff(np.append(edges, values.shape[-1]))
    return means


def _smooth(values: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    """Gaussian smoothing that does not sink at the ends; none where ``sigma`` is less than one sample."""
    if sigma < 1:
        return values
    reach = min(int(4 * sigma), len(values) - 1)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    inside = slice(reach, reach + len(values))
    weights = np.convolve(np.ones(len(values)), kernel)[inside]
    smoothed: NDArray[np.float64] = np.convolve(values, kernel)[inside] / weights
    return smoothed
