"""From what an environment shows to the intensities that drive sensory axons."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Discrete, Space
from gymnasium.spaces.utils import flatten, flatten_space
from numpy.typing import NDArray

from thalia_dask.errors import ConfigError

Intensities = NDArray[np.float32]

CELLS_PER_DIMENSION = 12
_LARGEST_BOUND = 1e6
"""A bound beyond it is the largest number of the dtype, written by somebody who meant infinity."""


class Encoder(ABC):
    """Turns an observation into one intensity in [0, 1] for each sensory axon.

    Attributes
    ----------
    size : number of axons.
    """

    size: int

    @abstractmethod
    def __call__(self, observation: Any) -> Intensities:
        """Encode one observation; the result has shape (size,), or (frames, size) to be shown one after the other."""


def encoder_for(space: Space[Any]) -> Encoder:
    """Choose the encoder of an observation space.

    Bounded boxes of more than one dimension, such as images, and boxes from 0 to 1 give one axon a number; other
    boxes a population of cells a number; discrete spaces one axon a value. Composed spaces are flattened to a box.

    Raises
    ------
    ConfigError : for a space without a fixed number of values, such as a Sequence.
    """
    if isinstance(space, Discrete):
        return OneHot(space)
    if isinstance(space, Box):
        if _is_bounded(space).all() and (len(space.shape) > 1 or _is_unit(space)):
            return Scaled(space)
        return PopulationCode(space)
    if space.is_np_flattenable:
        return Flattened(space)
    raise ConfigError(
        f"observations of type {type(space).__name__} cannot be shown to a brain, because their length is not fixed; "
        "write an environment that shows a Box, a Discrete space, or a Tuple or Dict of these"
    )


class Scaled(Encoder):
    """One axon a number, from its lower bound (0) to its upper bound (1); numbers from 0 to 1 pass through."""

    def __init__(self, space: Box) -> None:
        self.size = int(np.prod(space.shape))
        self._low = space.low.ravel().astype(np.float64)
        self._range = np.maximum(space.high.ravel() - self._low, np.finfo(np.float64).tiny)

    def __call__(self, observation: NDArray[Any]) -> Intensities:
        values = (np.ravel(observation) - self._low) / self._range
        return np.clip(values, 0.0, 1.0).astype(np.float32)


class Film(Encoder):
    """Frames of ``size`` numbers from 0 to 1, which are shown one after the other."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __call__(self, observation: NDArray[Any]) -> Intensities:
        return observation.astype(np.float32)


class PopulationCode(Encoder):
    """A population of cells with Gaussian tuning for each number.

    The preferred values of ``cells`` cells lie evenly from -1 to 1, and the standard deviation of a tuning curve is
    their distance, so that about five cells respond to any value. Onto that range a number with bounds is scaled, and
    one without is squashed by tanh: the environment's units are taken to be of order 1. See Pouget, Dayan & Zemel
    (2000), "Information processing with population codes", Nat. Rev. Neurosci. 1:125.
    """

    def __init__(self, space: Box, cells: int = CELLS_PER_DIMENSION) -> None:
        self.size = int(np.prod(space.shape)) * cells
        self._bounded = _is_bounded(space).ravel()
        low = np.where(self._bounded, space.low.ravel(), -1.0)
        high = np.where(self._bounded, space.high.ravel(), 1.0)
        self._middle = (low + high) / 2
        self._half_range = np.maximum((high - low) / 2, np.finfo(np.float64).tiny)
        self._preferred = np.linspace(-1.0, 1.0, cells)
        self._width = self._preferred[1] - self._preferred[0]

    def __call__(self, observation: NDArray[Any]) -> Intensities:
        values = (np.ravel(observation) - self._middle) / self._half_range
        values = np.where(self._bounded, np.clip(values, -1.0, 1.0), np.tanh(values))
        distance = (values[:, None] - self._preferred) / self._width
        intensities: Intensities = np.exp(-0.5 * distance**2).astype(np.float32).ravel()
        return intensities


class OneHot(Encoder):
    """One axon a value."""

    def __init__(self, space: Discrete) -> None:
        self.size = int(space.n)
        self._start = int(space.start)

    def __call__(self, observation: int | np.integer[Any]) -> Intensities:
        intensities = np.zeros(self.size, np.float32)
        intensities[int(observation) - self._start] = 1.0
        return intensities


class Flattened(Encoder):
    """The encoder of the box that a composed space is when its parts are laid side by side."""

    def __init__(self, space: Space[Any]) -> None:
        self._space = space
        self._encode_flat = encoder_for(flatten_space(space))
        self.size = self._encode_flat.size

    def __call__(self, observation: Any) -> Intensities:
        return self._encode_flat(flatten(self._space, observation))


def _is_bounded(space: Box) -> NDArray[np.bool_]:
    """Which numbers of a box have bounds that mean something."""
    low, high = (bound.astype(np.float64) for bound in (space.low, space.high))  # the least integer has no size
    bounded: NDArray[np.bool_] = (np.abs(low) < _LARGEST_BOUND) & (np.abs(high) < _LARGEST_BOUND)
    return bounded


def _is_unit(space: Box) -> bool:
    return bool(np.all(space.low == 0.0) and np.all(space.high == 1.0))
