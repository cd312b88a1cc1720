"""Dopamine as the temporal-difference error of a value that is read from spikes.

    V_t = w . x_t                                    x: spike counts of a population while a state was perceived
    delta = r + discount V_t - V_(t-1)
    w += rate delta x_(t-1) / |x_(t-1)|^2

The response of dopamine cells moves from a reward to what predicts it: Schultz, Dayan & Montague (1997), Science
275:1593, eqs. 1-4. A rate of 1 would undo an error at once: Nagumo & Noda (1967), IEEE Trans. Autom. Control 12:282.
Sums are as in ``novelty``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]


class ValueEstimate:
    """The discounted reward that is still to come, as far as the spikes of a population tell.

    Attributes
    ----------
    weights : float64, shape (neurons,), in units of the reward.
    """

    def __init__(self, n_neurons: int, rate: float, discount: float) -> None:
        self.weights = np.zeros(n_neurons)
        self._rate = rate
        self._discount = discount
        self._before = np.zeros(n_neurons)

    def enter(self, state: Counts, reward: float) -> float:
        """Learn from a state and the reward that comes with it; returns the error, in units of the reward.

        ``state`` (neurons,) are spike counts.
        """
        error = self._learn(reward + self._discount * float((self.weights * state).sum()))
        self._before = state.astype(np.float64)
        return error

    def act(self, state: Counts) -> None:
        """An action has been selected: the next reward is for what was done in this state."""
        self._before = state.astype(np.float64)

    def leave(self, reward: float) -> float:
        """Learn from a reward after which there is no further state; returns the error."""
        error = self._learn(reward)
        self.forget_state()
        return error

    def forget_state(self) -> None:
        """Begin anew: nothing has been promised."""
        self._before = np.zeros_like(self.weights)

    def _learn(self, outcome: float) -> float:
        error = outcome - float((self.weights * self._before).sum())
        energy = float((self._before * self._before).sum())
        if energy > 0.0:
            self.weights += self._rate * error / energy * self._before
        return error

    def snapshot(self) -> dict[str, Any]:
        """The state, as JSON values."""
        return {"weights": self.weights.tolist(), "before": self._before.tolist()}

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Return to what :meth:`snapshot` gave."""
        self.weights, self._before = np.array(snapshot["weights"]), np.array(snapshot["before"])
