"""What dopamine and noradrenaline report: how far a reward departed from what was expected."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class RewardExpectation:
    """The reward that is expected of an action, from the confidence with which it was selected.

    Full confidence expects the best reward known, none the worst; the prediction error is in units of their
    distance. Dopamine cells report the value of the action that was chosen (Morris et al. 2006, Nat. Neurosci.
    9:1057) and adapt to the range of rewards (Tobler, Fiorillo & Schultz 2005, Science 307:1642).
    """

    worst: float = 0.0
    best: float = 1.0

    def prediction_error(self, reward: float, confidence: float) -> float:
        """``(reward - expected) / (best - worst)``, after the range has been widened to hold the reward."""
        self.worst = min(self.worst, reward)
        self.best = max(self.best, reward)
        expected = self.worst + confidence * (self.best - self.worst)
        return (reward - expected) / (self.best - self.worst)
