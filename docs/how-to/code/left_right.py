"""A task: say on which side the light is."""

from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Discrete


class LeftRight(gymnasium.Env[np.ndarray, np.int64]):
    """One image of ``width`` pixels an episode, half of it lit; the reward is 1 for naming the lit side."""

    def __init__(self, width: int = 16) -> None:
        self.observation_space = Box(0.0, 1.0, (width,), np.float32)
        self.action_space = Discrete(2)
        self._side = 0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[np.ndarray, dict]:
        super().reset(seed=seed, options=options)
        self._side = int(self.np_random.integers(2))
        return self._image(), {}

    def step(self, action: np.int64) -> tuple[np.ndarray, float, bool, bool, dict]:
        return self._image(), float(action == self._side), True, False, {}

    def _image(self) -> np.ndarray:
        image = np.zeros(self.observation_space.shape, np.float32)
        half = len(image) // 2
        image[self._side * half : (self._side + 1) * half] = 1.0
        return image


gymnasium.register("LeftRight-v0", entry_point=LeftRight)
