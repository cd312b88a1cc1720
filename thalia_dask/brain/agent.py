"""What a brain makes of its regions' spikes: actions, expectations of reward, releases of neuromodulators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from thalia_dask.brain.actions import find_votes
from thalia_dask.brain.memory import Memory, check_alike
from thalia_dask.brain.neuromodulation import Neuromodulation
from thalia_dask.config import ThaliaConfig
from thalia_dask.engine.observer import Observer
from thalia_dask.errors import StateError
from thalia_dask.modulation.neuromodulators import NeuromodulatorLevels
from thalia_dask.topology.plan import BrainPlan


class Agent:
    """Selects actions and takes rewards.

    Attributes
    ----------
    observers : those parts of it that must hear of every window.
    neuromodulation : what it expects, and what is new to it.
    levels : of the neuromodulators.
    action : the last one of the episode; None before it.
    confidence : how clearly that one won, in [0, 1].
    """

    def __init__(self, plan: BrainPlan, config: ThaliaConfig) -> None:
        self.neuromodulation = Neuromodulation(plan, config.brain.neuromodulation)
        self.levels = NeuromodulatorLevels(plan.dt_ms)
        self.action: int | None = None
        self.confidence = 0.0
        self._votes = find_votes(plan, config.brain.vote_temperature)
        self._trial = 0
        self._decided = False
        self._showing = False
        self.observers: list[Observer] = [self.neuromodulation]
        if self._votes is not None:
            self.observers.append(self._votes)

    def begin(self) -> None:
        """A stimulus will be shown, a new one unless the last one goes on."""
        if self._votes is not None and self._decided:
            self._votes.clear()
        self._decided = False
        self.neuromodulation.begin(anew=not self._showing)
        self._showing = False

    def perceive(self, step: int, *, goes_on: bool) -> Mapping[str, float]:
        """A stimulus has been shown up to a step, to its end unless it goes on; returns what it releases."""
        self._showing = goes_on
        return {} if goes_on else self.neuromodulation.perceived(self.levels.level("acetylcholine", step))

    def select(self, exploration: float) -> tuple[int, bool]:
        """Select an action, a random one with probability ``exploration``; returns it, and whether it is news.

        It stands until the next stimulus: regions have heard of it.

        Raises
        ------
        StateError : before any stimulus, or in a brain without a striatum.
        """
        if self._votes is None:
            raise StateError(
                "select_action: this brain has no region that votes for actions; add one of kind 'striatum'"
            )
        if not self._votes.heard_anything:
            raise StateError("select_action: nothing has happened yet in this episode; call forward(stimulus) first")
        if self._decided and self.action is not None:
            return self.action, False
        self._trial += 1
        self.action, self.confidence = self._votes.select(self._trial, exploration)
        self._decided = True
        return self.action, True

    def reward(self, reward: float) -> Mapping[str, float]:
        """Take a reward; returns what it releases, the reward prediction error as ``"dopamine"``.

        Raises
        ------
        StateError : if it would be that of an action, and none has been selected in this episode.
        """
        if self.action is None and self.neuromodulation.value is None:
            raise StateError("deliver_reward: no action was selected in this episode; call select_action() first")
        return self.neuromodulation.rewarded(reward, self.confidence, at_once=self._decided)

    def reset(self) -> None:
        """A new episode begins."""
        self.action, self._decided, self._showing = None, False, False
        self.neuromodulation.reset()
        if self._votes is not None:
            self._votes.reset()

    def snapshot(self) -> dict[str, Any]:
        """What it remembers, as JSON values: a :class:`Memory` but for ``recorded``."""
        return {
            "trial": self._trial,
            "action": self.action,
            "confidence": self.confidence,
            "decided": self._decided,
            "showing": self._showing,
            "neuromodulation": self.neuromodulation.snapshot(),
            "levels": self.levels.snapshot(),
            "votes": None if self._votes is None else self._votes.snapshot(),
        }

    def restore(self, memory: Memory) -> None:
        """Return to what :meth:`snapshot` gave.

        Raises
        ------
        StateError : if it is that of another brain.
        """
        given, own = memory.model_dump(), self.snapshot()
        for part in ("neuromodulation", "levels", "votes"):
            check_alike(given[part], own[part], f"memory/{part}")
        self._trial, self.action = memory.trial, memory.action
        self.confidence, self._decided, self._showing = memory.confidence, memory.decided, memory.showing
        self.neuromodulation.restore(memory.neuromodulation)
        self.levels.restore(memory.levels)
        if self._votes is not None and memory.votes is not None:
            self._votes.restore(memory.votes.model_dump())
