"""What the cortex is asked: in which order its layers fire, how sparsely, in which rhythm, and what it learns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.behaviour.alone import Alone
from tests.behaviour.patterns import random_patterns
from tests.behaviour.spectrum import peak_hz
from thalia_dask.regions.spec import ParamValue

SIZE, N_AXONS = 512, 64
LAYERS = ("l4", "l23", "l5", "l6")


def onset(seed: int, n_volleys: int = 20, **params: ParamValue) -> dict[str, NDArray[np.float64]]:
    """Rate in Hz of each layer's cells in the 40 ms after all axons begin to fire at 60 Hz, mean over volleys."""
    column = Alone("cortex", SIZE, {"feedforward": N_AXONS}, seed, **params)
    rates = {layer: np.zeros(40) for layer in LAYERS}
    for _ in range(n_volleys):
        column.run(300)
        spikes = column.run(40, {"feedforward": np.full(N_AXONS, 60.0)})
        for layer in LAYERS:
            rates[layer] += 1000 * spikes[layer].mean(1) / n_volleys
    return rates


def latency_ms(rate: NDArray[np.float64]) -> int:
    """When a tenth of the spikes of the span have been fired."""
    fired = np.cumsum(rate)
    return int(np.argmax(fired >= 0.1 * fired[-1]))


def density(seed: int, n_patterns: int = 6, **params: ParamValue) -> dict[str, float]:
    """Sparseness of each layer's rates, <r>^2 / <r^2>, mean over patterns: 1 where all cells fire alike.

    Treves & Rolls (1991), Network 2:371, eq. 4.
    """
    column = Alone("cortex", SIZE, {"feedforward": N_AXONS}, seed, **params)
    density = dict.fromkeys(LAYERS, 0.0)
    for pattern in random_patterns(seed, n_patterns, N_AXONS, N_AXONS // 5):
        spikes = column.run(300, {"feedforward": 100.0 * pattern})
        column.run(200)
        for layer in LAYERS:
            counts = spikes[layer].sum(0)
            density[layer] += float(counts.mean() ** 2 / np.mean(counts**2)) / n_patterns
    return density


def rhythm(seed: int, **params: ParamValue) -> float:
    """Spectral peak of layer 4 while all axons fire at 60 Hz, Hz."""
    column = Alone("cortex", SIZE, {"feedforward": N_AXONS}, seed, **params)
    return peak_hz(column.run(8000, {"feedforward": np.full(N_AXONS, 60.0)})["l4"])


LEARNING: dict[str, ParamValue] = {"interlaminar_mv": 60.0, "inhibition_mv": 150.0, "stdp_rate": 0.01}
"""Axons of layer 4 that reach layer 2/3 so weakly that a cell fires only where many of its own fire together."""
N_LEARNED, N_PROBES = 4, 20


def preference(seed: int, **params: ParamValue) -> float:
    """Mean preference of two columns with the same wiring, of which one learned what is new to the other.

    So what the wiring prefers by itself counts as much for learning as against it.
    """
    columns = (Apprentice(seed, swapped=swapped, **params) for swapped in (False, True))
    return float(np.mean([column.preference() for column in columns]))


class Apprentice:
    """A column that has seen four patterns a hundred times, 100 ms each with 100 ms of rest."""

    def __init__(self, seed: int, *, swapped: bool = False, **params: ParamValue) -> None:
        self._column = Alone("cortex", SIZE, {"feedforward": N_AXONS}, seed, **{**LEARNING, **params})
        patterns = random_patterns(seed, 2 * N_LEARNED, N_AXONS, N_AXONS // 8)
        self._familiar, self._novel = np.split(patterns[::-1] if swapped else patterns, 2)
        for _ in range(100):
            self._responses(self._familiar)

    def preference(self) -> float:
        """Of layer 2/3 for what it has seen, (f - n) / (f + n) of its spikes at familiar and at novel patterns.

        What is learned meanwhile is forgotten.
        """
        familiar, novel = self._probed(self._familiar).sum(), self._probed(self._novel).sum()
        return float((familiar - novel) / (familiar + novel))

    def tuning(self) -> float:
        """How much more cells fire at the familiar pattern that they like best than at the others, (b - o) / (b + o).

        Which they like best is found in half of the presentations, how much more they fire in the others; the mean is
        over all cells, and a silent one prefers nothing.
        """
        counts = self._probed(self._familiar)
        finding, measuring = counts[::2].mean(0), counts[1::2].mean(0)
        best = np.take_along_axis(measuring, finding.argmax(0)[None], 0)[0]
        other = (measuring.sum(0) - best) / (N_LEARNED - 1)
        total = best + other
        return float(np.mean(np.divide(best - other, total, out=np.zeros_like(total), where=total > 0)))

    def _probed(self, patterns: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Spikes of each cell of layer 2/3, shape (N_PROBES, patterns, cells)."""
        saved = self._column.save()
        counts = np.array([self._responses(patterns) for _ in range(N_PROBES)])
        self._column.go_back(saved)
        return counts

    def _responses(self, patterns: NDArray[np.bool_]) -> NDArray[np.float64]:
        counts = []
        for pattern in patterns:
            counts.append(self._column.run(100, {"feedforward": 60.0 * pattern})["l23"].sum(0))
            self._column.run(100)
        return np.array(counts, float)
