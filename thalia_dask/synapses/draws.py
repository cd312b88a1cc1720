"""How the synapses of a connection come about: drawn at random, or given."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from thalia_dask.jit import Floats, Int32Array, Int64Array, Words
from thalia_dask.synapses.building import Draw
from thalia_dask.synapses.connectivity import EdgeList
from thalia_dask.synapses.distributions import DELAY, WEIGHT, Distribution, to_delay_steps

_SYNAPSES_AT_ONCE = 1 << 16


@dataclass(frozen=True, slots=True, eq=False)
class RandomDraw(Draw):
    """Synapses that are a function of (key, number of the synapse).

    Attributes
    ----------
    start : int64, shape (targets + 1,). Where the synapses of each target begin.
    sources : the sources of targets ``first … last - 1``, int32, those of one target after those of another.
    key : two uint64 words.
    weights, delays : distributions; a delay of ``delay_unit`` is a step, and none has less than ``earliest``.
    where : the connection, for errors.
    """

    start: Int64Array
    sources: Callable[[int, int], Int32Array]
    key: Words
    weights: Distribution
    delays: Distribution
    delay_unit: float
    earliest: int
    where: str

    def blocks(self) -> Iterator[range]:
        """Ranges of targets."""
        first, n_targets = 0, len(self.start) - 1
        while first < n_targets:
            full = np.searchsorted(self.start, self.start[first] + _SYNAPSES_AT_ONCE, side="right") - 1
            last = min(max(int(full), first + 1), n_targets)
            yield range(first, last)
            first = last

    def pairs(self, block: range) -> tuple[Int32Array, Int32Array]:
        targets = np.arange(block.start, block.stop, dtype=np.int32)
        degrees = np.diff(self.start[block.start : block.stop + 1])
        return self.sources(block.start, block.stop), np.repeat(targets, degrees)

    def strengths(self, block: range) -> tuple[Floats, Int32Array]:
        first, last = int(self.start[block.start]), int(self.start[block.stop])
        weights = self.weights.sample(self.key, WEIGHT, first, last - first)
        delays = self.delays.sample(self.key, DELAY, first, last - first)
        return weights.astype(np.float32), to_delay_steps(delays, self.delay_unit, self.earliest, self.where)


@dataclass(frozen=True, slots=True, eq=False)
class GivenDraw(Draw):
    """Synapses of a list."""

    edges: EdgeList

    def blocks(self) -> Iterator[range]:
        """Ranges of synapses."""
        n = len(self.edges.sources)
        return (range(first, min(first + _SYNAPSES_AT_ONCE, n)) for first in range(0, n, _SYNAPSES_AT_ONCE))

    def pairs(self, block: range) -> tuple[Int32Array, Int32Array]:
        here = slice(block.start, block.stop)
        return self.edges.sources[here].astype(np.int32), self.edges.targets[here].astype(np.int32)

    def strengths(self, block: range) -> tuple[Floats, Int32Array]:
        here = slice(block.start, block.stop)
        return self.edges.weights[here].astype(np.float32), self.edges.delays[here].astype(np.int32)
