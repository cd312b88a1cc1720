"""What dopamine and noradrenaline report: how far a reward departed from what was expected."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class RewardExpectation:
    """A running expectation of reward, learned from its own error.

    The prediction error is ``reward - expected``, and ``expected`` moves towards the reward by ``learning_rate`` of
    it: Rescorla & Wagner (1972); as the signal of dopamine cells, Schultz, Dayan & Montague (1997), Science 275:1593.
    """

    learning_rate: float = 0.02
    expected: float = 0.0

    def prediction_error(self, reward: float) -> float:
        """The error of this reward; the expectation has learned from it afterwards."""
        error = reward - self.expected
        self.expected += self.learning_rate * error
        return error
