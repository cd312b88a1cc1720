"""Background synaptic bombardment: an independent Poisson spike train onto every neuron.

Random numbers come from the counter-based generator Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers:
as easy as 1, 2, 3", SC'11): they are a function of (key, step, neuron) alone, so no generator state exists to be
saved and no window, worker or order of calls can change them.
"""

from __future__ import annotations

import math

import numpy as np

from thalia_dask.jit import Floats, Words, kernel
from thalia_dask.neurons.lif import EXCITATORY

_MULTIPLIER_0, _MULTIPLIER_1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_WEYL_0, _WEYL_1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_LOW, _HIGH_SHIFT = np.uint64(0xFFFFFFFF), np.uint64(32)


@kernel
def philox(
    counter_0: np.uint64,
    counter_1: np.uint64,
    counter_2: np.uint64,
    counter_3: np.uint64,
    key_0: np.uint64,
    key_1: np.uint64,
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Four uniform 32-bit words (as uint64) for a 128-bit counter and a 64-bit key, all given as uint64."""
    for _ in range(10):
        product_0 = _MULTIPLIER_0 * counter_0
        product_1 = _MULTIPLIER_1 * counter_2
        counter_0, counter_1, counter_2, counter_3 = (
            (product_1 >> _HIGH_SHIFT) ^ counter_1 ^ key_0,
            product_1 & _LOW,
            (product_0 >> _HIGH_SHIFT) ^ counter_3 ^ key_1,
            product_0 & _LOW,
        )
        key_0 = (key_0 + _WEYL_0) & _LOW
        key_1 = (key_1 + _WEYL_1) & _LOW
    return counter_0, counter_1, counter_2, counter_3


def poisson_thresholds(mean_counts: list[float]) -> Words:
    """Cumulative Poisson distributions as 32-bit integers, shape (populations, largest count + 1).

    A uniform word u stands for the smallest k with u < thresholds[k]; 0 everywhere where the mean is 0.
    """
    rows = []
    for mean in mean_counts:
        term = cumulative = math.exp(-mean)
        row = [cumulative]
        while cumulative < 1.0 - 2.0**-33:
            term *= mean / len(row)
            cumulative += term
            row.append(cumulative)
        rows.append(row if mean > 0 else [1.0])
    width = max((len(row) for row in rows), default=1)
    return np.array([[round(c * 2**32) for c in row + [1.0] * (width - len(row))] for row in rows], np.uint64)


@kernel
def _count(word: np.uint64, thresholds: Words) -> int:
    count = 0
    while count < thresholds.shape[0] - 1 and word >= thresholds[count]:
        count += 1
    return count


@kernel
def bombard(
    step: int, first: int, last: int, thresholds: Words, weight: float, key: Words, input_current: Floats
) -> None:
    """Add one step of background input to neurons ``first … last - 1``.

    ``thresholds`` is a row of :func:`poisson_thresholds`, ``weight`` the efficacy in mV, ``key`` two uint64 words.
    """
    low_step, high_step = np.uint64(step) & _LOW, np.uint64(step) >> _HIGH_SHIFT
    for block in range(first // 4, (last + 3) // 4):
        words = philox(low_step, high_step, np.uint64(block), np.uint64(0), key[0], key[1])
        for lane in range(4):
            i = 4 * block + lane
            if first <= i < last:
                count = _count(words[lane], thresholds)
                if count:
                    input_current[EXCITATORY, i] += np.float32(count) * weight
