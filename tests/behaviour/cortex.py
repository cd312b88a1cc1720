"""What the cortex is asked: in which order its layers fire, and how sparsely."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.behaviour.alone import Alone
from tests.behaviour.patterns import random_patterns
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
