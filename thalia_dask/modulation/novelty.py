"""How new a pattern of spikes is: the share of it that no mixture of earlier patterns explains.

    y = P x,   novelty = |y| / |x|,   P -= rate u u' P,   u = y / |y|        P: identity at first

The novelty filter of Kohonen & Oja (1976), Biol. Cybern. 21:85. Novel stimuli release acetylcholine: Hasselmo (2006),
Curr. Opin. Neurobiol. 16:710.

Sums are NumPy's own, whose order is fixed; that of BLAS depends on its threads and on the processor.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

_DUST = 1e-10
"""A smaller share is what rounding leaves of what is known, which has no direction to learn."""


class NoveltyFilter:
    """Becomes familiar with patterns by seeing them; ``rate`` is the share that one presentation takes away."""

    def __init__(self, n_neurons: int, rate: float) -> None:
        self._rate = rate
        self._filter = np.eye(n_neurons)

    def perceive(self, counts: NDArray[np.int64]) -> float:
        """The novelty of spike counts (neurons,), from 0 to 1; silence is not novel."""
        size = math.sqrt((counts * counts).sum())
        if size == 0.0:
            return 0.0
        left = (self._filter * counts).sum(axis=1)
        distance = math.sqrt((left * left).sum())
        if distance > _DUST * size:
            unit = left / distance
            self._filter -= np.outer(self._rate * unit, (unit[:, None] * self._filter).sum(axis=0))
        return distance / size

    def snapshot(self) -> list[list[float]]:
        """The state, as JSON values."""
        rows: list[list[float]] = self._filter.tolist()
        return rows

    def restore(self, snapshot: list[list[float]]) -> None:
        """Return to what :meth:`snapshot` gave."""
        self._filter = np.array(snapshot)
