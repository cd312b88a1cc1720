"""Reading the striatum: votes for and against each action, and the choice among them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thalia_dask.engine.observer import Observer, WindowReport
from thalia_dask.plasticity.three_factor import action_of
from thalia_dask.regions import find_kind
from thalia_dask.regions.kind import VOTES
from thalia_dask.seeds import generator
from thalia_dask.topology.plan import BrainPlan


class ActionVotes(Observer):
    """Counts the spikes of D1 cells minus those of D2 cells, for each action.

    ``temperature`` is the lead in votes that makes an action e times as likely to be the right one.
    Votes add up over calls of ``forward`` until an action has been selected; the next ``forward`` starts afresh.
    """

    def __init__(self, plan: BrainPlan, region: str, n_actions: int, temperature: float) -> None:
        self.region = region
        self.n_actions = n_actions
        self.votes: NDArray[np.int64] = np.zeros(n_actions, np.int64)
        self.heard_anything = False
        self._seed = plan.seed
        self._temperature = temperature
        self._channel_of, self._sign = _channels(dict(dict(plan.populations)[region]), n_actions)

    def clear(self) -> None:
        """Forget the votes."""
        self.votes[:] = 0

    def reset(self) -> None:
        """A new episode begins, in which nothing has been heard."""
        self.clear()
        self.heard_anything = False

    def snapshot(self) -> dict[str, Any]:
        """The votes so far, as JSON values."""
        return {"votes": self.votes.tolist(), "heard_anything": self.heard_anything}

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Return to what :meth:`snapshot` gave."""
        self.votes[:] = snapshot["votes"]
        self.heard_anything = snapshot["heard_anything"]

    def on_window(self, report: WindowReport) -> None:
        self.heard_anything = True
        neurons = report.emissions[self.region].spikes.neurons
        np.add.at(self.votes, self._channel_of[neurons], self._sign[neurons])

    def select(self, trial: int, exploration: float) -> tuple[int, float]:
        """The action with most votes, and how clearly it won, in [0, 1].

        With probability ``exploration`` the action is a random one; ties are broken at random. Both depend on the
        seed and the number of the trial alone. The confidence is the softmax of votes / temperature at the action
        returned.
        """
        rng = generator(self._seed, "action", trial)
        best = np.flatnonzero(self.votes == self.votes.max())
        action = int(rng.choice(best))
        if rng.random() < exploration:
            action = int(rng.integers(self.n_actions))
        weights = [math.exp(votes / self._temperature) for votes in (self.votes - self.votes.max()).tolist()]
        return action, weights[action] / sum(weights)


def find_votes(plan: BrainPlan, temperature: float) -> ActionVotes | None:
    """The votes of the first region, by name, that has action channels."""
    for spec in plan.regions:
        n_actions = find_kind(spec.kind).anatomy(spec).n_actions
        if n_actions:
            return ActionVotes(plan, spec.name, n_actions, temperature)
    return None


def _channels(sizes: dict[str, int], n_actions: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each neuron of the region: the action it belongs to, and the sign of its vote."""
    channels, signs = [], []
    for name, size in sizes.items():
        channels.append(action_of(np.arange(size), size, n_actions))
        signs.append(np.full(size, VOTES.get(name, 0)))
    return np.concatenate(channels), np.concatenate(signs)
