"""Delayed match to sample: say whether a light is the one that was on before the darkness."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Discrete

from thalia_dask.errors import ConfigError
from thalia_dask.tasks.lights import Pixels, lights, n_pixels, space_of_lights


class DelayedMatch(gymnasium.Env[Pixels, np.int64]):
    """A trial an episode: a light (the sample), darkness, and a light again (the probe), half of the time the same.

    An observation is the whole film, one row a frame. The action 1 says that the probe was the sample, 0 that it was
    another; the reward is 1 if that is right. Neither of the two lights tells the answer, only their conjunction, of
    which the first is gone when the second comes.

    Parameters
    ----------
    n_stimuli : lights that may be the sample and the probe; at least 2.
    delay : frames of darkness between the sample and the probe, which have a frame each.

    Attributes
    ----------
    n_pixels : of a frame.

    Raises
    ------
    ConfigError : for fewer than two stimuli, or a delay that is no number of frames.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012 (the name and type are Gymnasium's)

    def __init__(self, n_stimuli: int = 2, delay: int = 1) -> None:
        for name, given, least in (("n_stimuli", n_stimuli, 2), ("delay", delay, 0)):
            if type(given) is not int or given < least:
                raise ConfigError(f"delayed_match: {name} is {given!r}; write a whole number of at least {least}")
        self.observation_space = space_of_lights(n_stimuli, delay + 2)
        self.action_space = Discrete(2)
        self.n_pixels = n_pixels(n_stimuli)
        self._n_stimuli = n_stimuli
        self._delay = delay
        self._sample = self._probe = 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Pixels, dict[str, Any]]:
        """Show a trial; ``options`` are not used."""
        super().reset(seed=seed, options=options)
        self._sample = self._probe = int(self.np_random.integers(self._n_stimuli))
        if self.np_random.integers(2):
            self._probe = (self._sample + 1 + int(self.np_random.integers(self._n_stimuli - 1))) % self._n_stimuli
        return self._film(), {}

    def step(self, action: np.int64) -> tuple[Pixels, float, bool, bool, dict[str, Any]]:
        """Answer; returns the same film, the reward, and that the trial has ended."""
        return self._film(), float(action == (self._sample == self._probe)), True, False, {}

    def _film(self) -> Pixels:
        frames = [self._sample, *[None] * self._delay, self._probe]
        return np.stack([lights(self._n_stimuli, lit) for lit in frames])
