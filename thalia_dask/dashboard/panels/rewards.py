"""Reward, and how much it surprised, over the trials of the whole run."""

from __future__ import annotations

from thalia_dask.dashboard.history import History
from thalia_dask.dashboard.panels.base import Panel, empty_source, new_figure, put_legend
from thalia_dask.plots.palette import PALETTE


class RewardCurve(Panel):
    """Means over blocks of trials. Where a right answer is rewarded by 1, the mean reward is the accuracy."""

    def __init__(self, height: int, width: int) -> None:
        plot = new_figure("Reward: no trial yet", "trial", "mean", height, width)
        self._source = empty_source("trial", "reward", "surprise")
        plot.line("trial", "reward", source=self._source, color=PALETTE[0], width=1.8, legend_label="reward")
        plot.line(
            "trial", "surprise", source=self._source, color=PALETTE[1], width=1.2, legend_label="|prediction error|"
        )
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
        self._source.data = {"trial": rewards.trial, "reward": rewards.reward, "surprise": rewards.surprise}
        self._plot.title.text = f"Reward: {rewards.reward[-1]:.2f}, means of {rewards.n_trials} trials"
