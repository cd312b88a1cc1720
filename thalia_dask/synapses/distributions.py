"""How efficacies and delays are distributed over the synapses of a connection."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from thalia_dask.declared import NonNegative
from thalia_dask.errors import ConfigError
from thalia_dask.jit import Words, making_arrays
from thalia_dask.philox import random_words

Doubles = NDArray[np.float64]

LONGEST_DELAY = int(np.iinfo(np.uint16).max)
"""Steps."""
WEIGHT, DELAY = 2, 4
"""Streams of a connection's random words; a distribution may use two."""


class Distribution(ABC):
    """A distribution of values in mV, nS or ms."""

    example: ClassVar[str] = "Constant({}) of thalia_dask.synapses.distributions"
    """What to write, for errors: for one number, what is that number everywhere."""

    @property
    @abstractmethod
    def center(self) -> float:
        """The mean, of a normal distribution before it is clipped."""

    @property
    def ends(self) -> tuple[float, float]:
        """Between which values all lie; the mean, twice, of a distribution without ends, which is clipped."""
        return self.center, self.center

    @abstractmethod
    def sample(self, key: Words, stream: int, first: int, count: int) -> Doubles:
        """Values of synapses ``first … first + count - 1``, float64, shape (count,)."""


@dataclass(frozen=True, slots=True)
class Constant(Distribution):
    """The same value everywhere."""

    value: float

    @property
    def center(self) -> float:
        return self.value

    def sample(self, key: Words, stream: int, first: int, count: int) -> Doubles:  # noqa: ARG002
        return np.full(count, self.value)


@dataclass(frozen=True, slots=True)
class Uniform(Distribution):
    """Any value between ``low`` and ``high``."""

    low: float
    high: float

    @property
    def center(self) -> float:
        return 0.5 * (self.low + self.high)

    @property
    def ends(self) -> tuple[float, float]:
        return self.low, self.high

    def sample(self, key: Words, stream: int, first: int, count: int) -> Doubles:
        return self.low + (self.high - self.low) * _unit(key, stream, first, count)


@dataclass(frozen=True, slots=True)
class Normal(Distribution):
    """Normally distributed around ``mean``; a value that would change its sign is 0."""

    mean: float
    sd: NonNegative

    @property
    def center(self) -> float:
        return self.mean

    def sample(self, key: Words, stream: int, first: int, count: int) -> Doubles:
        normal = _box_muller(_unit(key, stream, first, count), _unit(key, stream + 1, first, count))
        values = self.mean + self.sd * normal
        return np.maximum(values, 0.0) if self.mean > 0 else np.minimum(values, 0.0)


@making_arrays
def _box_muller(one: Doubles, other: Doubles) -> Doubles:
    """Normal numbers from uniform ones: Box & Muller (1958), Ann. Math. Stat. 29:610.

    Compiled, with the C library's functions: NumPy's own differ by a bit where vectors are longer.
    """
    result: Doubles = np.sqrt(-2.0 * np.log(one)) * np.cos(2.0 * math.pi * other)
    return result


def to_delay_steps(delays_ms: Doubles, dt_ms: float, earliest: int, where: str) -> NDArray[np.int32]:
    """Delays in ms as the nearest whole steps, not below ``earliest``; ``where`` is for the error."""
    steps = np.maximum(np.rint(delays_ms / dt_ms), earliest)
    check_longest_delay(where, steps.max(initial=0.0))
    return steps.astype(np.int32)


def check_order(what: str, given: Distribution) -> None:
    """Refuse a distribution from the largest value to the least; ``what`` it is of is for the error."""
    low, high = given.ends
    if low > high:
        raise ConfigError(f"{what} is {given!r}, the largest first; write low={high:g}, high={low:g}")


def check_longest_delay(where: str, steps: float) -> None:
    """Refuse a delay that the synapse table, which keeps it as uint16, cannot hold."""
    if not steps <= LONGEST_DELAY:
        raise ConfigError(
            f"{where}: delays inside the region go up to {steps:.0f} steps; write 1 to {LONGEST_DELAY}, by shorter "
            "delays or a longer dt_ms"
        )


def _unit(key: Words, stream: int, first: int, count: int) -> Doubles:
    """Uniform numbers between 0 and 1, both excluded."""
    return (random_words(key, stream, first, count).astype(np.float64) + 0.5) / 2.0**32
