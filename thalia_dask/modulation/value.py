"""Dopamine as the temporal-difference error of a value that is read from spikes.

    V_t = w . x_t                                    x: spike counts of a population while a state was perceived
    delta = r + discount V_t - V_(t-1)               r: the sum of the rewards that came with the state
    w += rate delta x_(t-1) / max(|x_(t-1)|^2, E/4)   E: the mean of |x|^2 over the states that were learned from

The response of dopamine cells moves from a reward to what predicts it: Schultz, Dayan & Montague (1997), Science
275:1593, eqs. 1-4. A rate of 1 would undo an error at once: Nagumo & Noda (1967), IEEE Trans. Autom. Control 12:282.
Where |x| is less than half of what it usually is, a state is learned slower: the few spikes that still echo a light
when the reward has come would unlearn what the light has come to promise. Sums are as in ``novelty``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]


class ValueEstimate:
    """The discounted reward that is still to come, as far as the spikes of a population tell.

    It learns from steps, which lead from one state to the next, and to which any number of rewards belong.

    Attributes
    ----------
    weights : float64, shape (neurons,), in units of the reward.
    usual : the running mean E, which forgets as fast as weights learn; 0 before the first state.
    """

    def __init__(self, n_neurons: int, rate: float, discount: float) -> None:
        self.weights = np.zeros(n_neurons)
        self.usual = 0.0
        self._rate = rate
        self._discount = discount
        self._nowhere = np.zeros(n_neurons)
        self._before = self._after = self._nowhere
        self._rewarded = False

    def reward(self, reward: float, state: Counts | None) -> float:
        """Learn from a reward; returns the error, in units of the reward.

        The first reward of a step is compared with what was expected of it; what a further one adds was not.

        Parameters
        ----------
        state : spike counts (neurons,), of the state that came with the reward; None where there will be no further.
        """
        error = reward
        first = not self._rewarded
        if first:
            self._after = self._nowhere if state is None else state.astype(np.float64)
            error += self._discount * self._value(self._after)
            error -= self._value(self._before)
            self._rewarded = True
        energy = float((self._before * self._before).sum())
        if energy > 0.0:
            if first:
                self.usual += self._rate * (energy - self.usual)
            self.weights += self._rate * error / max(energy, self.usual / 4) * self._before
        return error

    def act(self, state: Counts) -> None:
        """An action has been selected: the next reward is for what was done in this state."""
        self._before, self._rewarded = state.astype(np.float64), False

    def go_on(self) -> None:
        """Time goes on: what is rewarded from now on is what follows the state of the last reward."""
        if self._rewarded:
            self._before, self._rewarded = self._after, False

    def forget_state(self) -> None:
        """Begin anew: nothing has been promised."""
        self._before, self._rewarded = self._nowhere, False

    def _value(self, state: NDArray[np.float64]) -> float:
        return float((self.weights * state).sum())

    def snapshot(self) -> dict[str, Any]:
        """The state, as JSON values."""
        return {
            "weights": self.weights.tolist(),
            "usual": self.usual,
            "before": self._before.tolist(),
            "after": self._after.tolist(),
            "rewarded": self._rewarded,
        }

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Return to what :meth:`snapshot` gave."""
        self.weights, self._rewarded = np.array(snapshot["weights"]), snapshot["rewarded"]
        self.usual = snapshot["usual"]
        self._before, self._after = np.array(snapshot["before"]), np.array(snapshot["after"])
