"""Learning curve: how reward, or the share of rewarded trials, grows with training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from thalia_dask.errors import InputError
from thalia_dask.plots.palette import FAINT, GRID, PALETTE
from thalia_dask.plots.style import label, new_figure, root_of, spread

_MOST_EPOCH_LABELS = 10


def plot_learning_curve(recording: xr.DataTree | xr.Dataset, *, window_trials: int | None = None) -> Figure:
    """Plot the running mean over trials: of the share of the better reward where there are two, else of the reward.

    The root attributes ``trials_per_epoch``, ``chance_accuracy`` and ``accuracy_by_epoch``, where the training
    wrote them, become epoch marks, a chance line and points.

    Parameters
    ----------
    recording : a recording with trials.
    window_trials : length of the running mean; by default a tenth of the trials, between 10 and 200.

    Raises
    ------
    InputError : if no trials have been recorded, or it is no recording.
    """
    root = root_of(recording)
    n_trials = root.sizes.get("trial", 0)
    if n_trials == 0:
        raise InputError(
            "the recording holds no trials, so there is no learning curve to plot: train the brain first"
        )
    window = window_trials or int(np.clip(n_trials // 10, 10, 200))
    chance = root.attrs.get("chance_accuracy")
    per_epoch = root.attrs.get("trials_per_epoch")
    reward = root["reward"]
    values = reward.values
    is_accuracy = chance is not None or len(np.unique(values)) == 2
    is_best = (values == values.max()) & (values > min(0.0, values.min()))
    curve = _running_mean(is_best if is_accuracy else values, window)
    figure, (panel,) = new_figure(
        "Learning curve", f"running mean over {min(window, n_trials)} of {n_trials} trials", [3.6]
    )
    shown_from = min(window // 4, n_trials - 1)
    panel.plot(np.arange(shown_from, n_trials) + 1, curve[shown_from:], color=PALETTE[0], linewidth=1.8)
    panel.set_xlim(0, n_trials)
    panel.set_xlabel("Trial")
    best = "rewarded" if values.min() >= 0 or values.max() > 0 else "with the better reward"
    panel.set_ylabel(f"Share of trials {best}" if is_accuracy else label(reward))
    panel.grid(axis="y", color=GRID, linewidth=0.7)
    panel.set_axisbelow(True)
    end_labels = [(float(curve[-1]), f"{curve[-1]:.0%}" if is_accuracy else f"{curve[-1]:.3g}", PALETTE[0])]
    if is_accuracy:
        panel.set_ylim(0, 1)
        panel.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    if chance is not None:
        panel.axhline(chance, color=FAINT, linewidth=1.0, linestyle=(0, (4, 3)))
        end_labels.append((float(chance), f"chance {chance:.0%}", FAINT))
    if per_epoch:
        _mark_epochs(panel, n_trials, int(per_epoch))
        _mark_accuracy(panel, int(per_epoch), root.attrs.get("accuracy_by_epoch", ()))
    _label_ends(panel, sorted(end_labels))
    return figure


def _running_mean(values: NDArray[np.generic], window: int) -> NDArray[np.float64]:
    """Mean of the last ``window`` values, of all so far where there are fewer."""
    sums = np.cumsum(np.insert(values.astype(np.float64), 0, 0.0))
    stop = np.arange(1, len(sums))
    start = np.maximum(stop - window, 0)
    return (sums[stop] - sums[start]) / (stop - start)


def _mark_epochs(panel: Axes, n_trials: int, per_epoch: int) -> None:
    n_epochs = -(-n_trials // per_epoch)
    for epoch in range(n_epochs):
        if epoch:
            panel.axvline(epoch * per_epoch, color=GRID, linewidth=0.9, zorder=0)
        if epoch % -(-n_epochs // _MOST_EPOCH_LABELS) == 0:
            panel.annotate(
                f"epoch {epoch + 1}",
                (epoch * per_epoch, 1),
                xycoords=("data", "axes fraction"),
                xytext=(3, 3),
                textcoords="offset points",
                color=FAINT,
                fontsize=9,
            )


def _mark_accuracy(panel: Axes, per_epoch: int, accuracy_by_epoch: Sequence[float]) -> None:
    if not len(accuracy_by_epoch):
        return
    ends = per_epoch * np.arange(1, len(accuracy_by_epoch) + 1)
    panel.plot(
        ends,
        accuracy_by_epoch,
        "o",
        color=PALETTE[1],
        markeredgecolor="white",
        markersize=7,
        clip_on=False,
        zorder=3,
        label="accuracy by epoch",
    )
    panel.legend(loc="lower right", bbox_to_anchor=(1.0, 1.06), frameon=False, fontsize=9, borderaxespad=0)


def _label_ends(panel: Axes, labels: Sequence[tuple[float, str, str]]) -> None:
    """Write (height, text, colour) beside the right end of the axes, without overlap; sorted by height."""
    bottom, top = panel.get_ylim()
    heights = spread([height for height, _, _ in labels], 0.06 * (top - bottom), bottom, top)
    for height, (_, text, colour) in zip(heights, labels, strict=True):
        panel.annotate(
            text,
            (1.015, height),
            xycoords=("axes fraction", "data"),
            color=colour,
            va="center",
            annotation_clip=False,
        )
