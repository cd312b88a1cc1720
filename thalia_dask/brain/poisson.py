"""Poisson spikes on stimulus axons, from the random numbers that NumPy's ``Philox`` draws, by a compiled loop.

Making a NumPy generator for every step takes ten times as long as drawing from it. The bits are those of
``np.random.Generator(np.random.Philox(key=key, counter=[0, 0, step, 0])).random(size, np.float32)``.
"""

from __future__ import annotations

import numpy as np

from thalia_dask.jit import Int32Array, Words, kernel, making_arrays
from thalia_dask.philox import Uint32Array

LOTS = 1 << 24
"""How many different lots there are: NumPy makes a float32 of 24 of 32 random bits."""

_MULTIPLIER_0, _MULTIPLIER_1 = np.uint64(0xD2E7470EE14C6C93), np.uint64(0xCA5A826395121157)
_WEYL_0, _WEYL_1 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBB67AE8584CAA73B)
_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)
_WORDS, _HALVES = 4, 8


@kernel
def _high(a: np.uint64, b: np.uint64) -> np.uint64:
    """The high 64 bits of a product of two words."""
    a_low, a_high, b_low, b_high = a & _LOW, a >> _HALF, b & _LOW, b >> _HALF
    middle = a_high * b_low + (a_low * b_low >> _HALF)
    other = a_low * b_high + (middle & _LOW)
    return a_high * b_high + (middle >> _HALF) + (other >> _HALF)


@kernel
def _philox4x64(key: np.uint64, index: int, step: int, words: Words) -> None:
    """Ten rounds of Philox4x64 (Salmon et al. 2011, SC'11) of the counter (index, 0, step, 0)."""
    c0, c1, c2, c3 = np.uint64(index), np.uint64(0), np.uint64(step), np.uint64(0)
    key_0, key_1 = key, np.uint64(0)
    for _ in range(10):
        high_0, low_0 = _high(_MULTIPLIER_0, c0), _MULTIPLIER_0 * c0
        high_1, low_1 = _high(_MULTIPLIER_1, c2), _MULTIPLIER_1 * c2
        c0, c1, c2, c3 = high_1 ^ c1 ^ key_0, low_1, high_0 ^ c3 ^ key_1, low_0
        key_0, key_1 = key_0 + _WEYL_0, key_1 + _WEYL_1
    words[0], words[1], words[2], words[3] = c0, c1, c2, c3


@making_arrays
def poisson_spikes(key: np.uint64, start: int, n_steps: int, below: Uint32Array) -> tuple[Int32Array, Int32Array]:
    """Steps and axons of the spikes in steps ``start … start + n_steps - 1``, ordered by (step, axon).

    An axon fires where its lot, one of ``LOTS``, is less than its value of ``below``, uint32, shape (n_steps, size)
    or (1, size) for all steps.
    """
    size = below.shape[1]
    steps, axons = np.empty(n_steps * size, np.int32), np.empty(n_steps * size, np.int32)
    words, n_spikes = np.empty(_WORDS, np.uint64), 0
    for offset in range(n_steps):
        row = below[offset if below.shape[0] > 1 else 0]
        for first in range(0, size, _HALVES):
            mine = row[first : first + _HALVES]
            if not mine.any():
                continue
            _philox4x64(key, first // _HALVES + 1, start + offset, words)
            for i in range(mine.shape[0]):
                half = words[i // 2] >> (_HALF * np.uint64(i % 2)) & _LOW
                if half >> np.uint64(8) < mine[i]:
                    steps[n_spikes], axons[n_spikes] = start + offset, first + i
                    n_spikes += 1
    return steps[:n_spikes].copy(), axons[:n_spikes].copy()
