"""Reward, accuracy, and how much reward surprised, over the trials of the whole run."""

from __future__ import annotations

from collections.abc import Iterator

from thalia_dask.dashboard.history import History
from thalia_dask.dashboard.panels.base import Change, Panel, empty_source, new_figure, put_legend
from thalia_dask.plots.palette import PALETTE


class RewardCurve(Panel):
    """Means over blocks of trials; the accuracy is the share of trials that were rewarded at all.

    Where every right answer is rewarded by 1, and no other, it lies on the mean reward.
    """

    def __init__(self, height: int, width: int) -> None:
        plot = new_figure("Reward: no trial yet", "trial", "mean", height, width)
        self._source = empty_source("trial", "reward", "accuracy", "surprise")
        for name, label, colour, dash in (
            ("reward", "reward", PALETTE[0], "solid"),
            ("accuracy", "accuracy", PALETTE[2], "dashed"),
            ("surprise", "|prediction error|", PALETTE[1], "solid"),
        ):
            plot.line("trial", name, source=self._source, color=colour, line_dash=dash, width=1.5, legend_label=label)
        put_legend(plot, "above")
        plot.axis.visible = False
        self._title, self._x_axis, self._y_axis = plot.title, plot.xaxis[0], plot.yaxis[0]
        self.root = plot

    def changes(self, history: History) -> Iterator[Change]:
        frame = history.latest
        if frame is None or not len(frame.rewards.trial):
            return
        rewards = frame.rewards
        n_shown = len(rewards.trial)
        if n_shown > 1 and rewards.trial[-1] % rewards.n_trials:
            n_shown -= 1  # means of the first few trials of a block say little
        names = ("trial", "reward", "accuracy", "surprise")
        yield Change(self._source, "data", {name: getattr(rewards, name)[:n_shown] for name in names})
        told = f"Reward {rewards.reward[n_shown - 1]:.2f}, accuracy {rewards.accuracy[n_shown - 1]:.0%}"
        yield Change(self._title, "text", told)
        yield Change(self._y_axis, "axis_label", f"mean of {rewards.n_trials} trials")
        yield from (Change(axis, "visible", value=True) for axis in (self._x_axis, self._y_axis))
