"""Background synaptic bombardment: an independent Poisson spike train onto every neuron.

The count of a neuron in a step is a function of (key, step, neuron) alone (:mod:`thalia_dask.philox`), so no window,
worker or order of calls can change it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from thalia_dask.jit import Floats, Words, kernel
from thalia_dask.philox import Uint32Array, philox

LANES = 64
BLOCK = 4 * LANES
"""Neurons that get their words from one call: neuron i of a block has word i // 64 of counter i % 64."""


MOST_COUNTS = 600
"""Mean spikes of a step; exp of minus that, from which thresholds are added up, must not be 0."""


class Lots(NamedTuple):
    """Scratch for one block: random words, uint32 (4, lanes), and counts, float32 (4 * lanes,)."""

    words: Uint32Array
    counts: Floats


def lots() -> Lots:
    """Make scratch for :func:`bombard`."""
    return Lots(np.empty((4, LANES), np.uint32), np.empty(BLOCK, np.float32))


def poisson_thresholds(mean_counts: list[float]) -> Words:
    """Cumulative Poisson distributions as 32-bit integers, shape (populations, largest count + 1).

    A uniform word u stands for the smallest k with u < thresholds[k]; 2^32 everywhere where the mean is 0.
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
def bombard(
    step: int, first: int, last: int, thresholds: Words, weight: float, key: Words, scratch: Lots, excitatory: Floats
) -> None:
    """Add one step of background input to ``excitatory`` (neurons,) at neurons ``first … last - 1``.

    ``thresholds`` is a row of :func:`poisson_thresholds`, ``weight`` the efficacy, ``key`` two uint64 words.
    """
    words = scratch.words.reshape(BLOCK)
    for block in range(first // BLOCK, (last + BLOCK - 1) // BLOCK):
        origin = block * BLOCK
        for lane in range(LANES):
            scratch.words[0, lane] = np.uint32(step)
            scratch.words[1, lane] = np.uint32(step >> 32)
            scratch.words[2, lane] = np.uint32(block * LANES + lane)
            scratch.words[3, lane] = 0
        philox(scratch.words, key)
        low, high = max(first, origin), min(last, origin + BLOCK)
        _add(words[low - origin : high - origin], thresholds, weight, scratch.counts, excitatory[low:high])


@kernel
def _add(words: Uint32Array, thresholds: Words, weight: float, counts: Floats, excitatory: Floats) -> None:
    """Count for each word the thresholds that it reaches."""
    one, none = np.float32(1.0), np.float32(0.0)
    for i in range(words.shape[0]):
        counts[i] = none
    for threshold in thresholds:
        if threshold > np.uint64(0xFFFFFFFF):
            break
        least = np.uint32(threshold)
        for i in range(words.shape[0]):
            counts[i] += one if words[i] >= least else none
    for i in range(words.shape[0]):
        excitatory[i] += counts[i] * weight
