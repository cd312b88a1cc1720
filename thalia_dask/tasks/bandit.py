"""Bandits: each context has an arm that is rewarded most often, and after a reversal it is another one."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Discrete

from thalia_dask.errors import ConfigError
from thalia_dask.tasks.lights import Pixels, lights, space_of_lights


class Bandit(gymnasium.Env[Pixels, np.int64]):
    """A trial an episode: a light shows the context, an arm is pulled, and pays 1 or nothing.

    In each trial one arm pays: the best with a chance of ``p_best``, else any other. The best arm of context k is k,
    and k + 1 from trial ``reversal`` on (modulo ``n_arms``).

    Parameters
    ----------
    n_contexts : contexts, each with a light and a best arm of its own.
    n_arms : arms, the actions; at least 2.
    p_best : the chance that it is the best arm that pays, from 0 to 1.
    reversal : trials before the reversal; None, the default, for none.

    Attributes
    ----------
    optimal : for each trial, whether the best arm was pulled.

    Raises
    ------
    ConfigError : without a context or a choice of arms, for a chance above 1, or a reversal before the first trial.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012 (the name and type are Gymnasium's)

    def __init__(
        self, n_contexts: int = 1, n_arms: int = 2, p_best: float = 0.8, reversal: int | None = None
    ) -> None:
        for name, given, least in (("n_contexts", n_contexts, 1), ("n_arms", n_arms, 2), ("reversal", reversal, 0)):
            if given is not None and (type(given) is not int or given < least):
                raise ConfigError(f"bandit: {name} is {given!r}; write a whole number of at least {least}")
        if type(p_best) not in (int, float) or not 0.0 <= p_best <= 1.0:
            raise ConfigError(f"bandit: p_best is {p_best!r}; write a chance from 0 to 1")
        self.observation_space = space_of_lights(n_contexts)
        self.action_space = Discrete(n_arms)
        self.optimal: list[bool] = []
        self._n_contexts = n_contexts
        self._n_arms = n_arms
        self._p_best = p_best
        self._p_other = (1.0 - p_best) / (n_arms - 1)
        self._reversal = reversal
        self._context = 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Pixels, dict[str, Any]]:
        """Show a context; a seed starts the first trial, ``options`` are not used."""
        super().reset(seed=seed, options=options)
        if seed is not None:
            self.optimal = []
        self._context = int(self.np_random.integers(self._n_contexts))
        return lights(self._n_contexts, self._context), {}

    def step(self, action: np.int64) -> tuple[Pixels, float, bool, bool, dict[str, Any]]:
        """Pull an arm; returns the same lights, the reward, and that the trial has ended."""
        reversed_ = self._reversal is not None and len(self.optimal) >= self._reversal
        best = (self._context + reversed_) % self._n_arms
        self.optimal.append(bool(action == best))
        paid = self.np_random.random() < (self._p_best if action == best else self._p_other)
        return lights(self._n_contexts, self._context), float(paid), True, False, {}
