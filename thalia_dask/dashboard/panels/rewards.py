"""Reward, accuracy, and how much reward surprised, over the trials of the whole run."""

from __future__ import annotations

from thalia_dask.dashboard.history import History
from thalia_dask.dashboard.panels.base import Panel, empty_source, new_figure, put_legend
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
        self._shown = (0, 0)
        self.root = self._plot = plot

    def show(self, history: History) -> None:
        frame = history.latest
        if frame is None or not len(frame.rewards.trial):
            return
        rewards = frame.rewards
        whole = rewards.n_trials, int(rewards.trial[-1]) // rewards.n_trials
        if whole == self._shown and not frame.finished:  # the last block alone has grown
            return
        self._shown = whole
        self._plot.axis.visible = True
        self._source.data = {
            "trial": rewards.trial,
            "reward": rewards.reward,
            "accuracy": rewards.accuracy,
            "surprise": rewards.surprise,
        }
        self._plot.title.text = f"Reward {rewards.reward[-1]:.2f}, accuracy {rewards.accuracy[-1]:.0%}"
        self._plot.yaxis.axis_label = f"mean of {rewards.n_trials} trials"
