"""Counter-based random numbers: Philox4x32-10.

Salmon, Moraes, Dror & Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3", SC'11. A number is a function of
(key, counter) alone, so there is no generator state to be saved, and no order of calls can change one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from thalia_dask.jit import Words, kernel

Uint32Array = NDArray[np.uint32]

_MULTIPLIER_0, _MULTIPLIER_1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_WEYL_0, _WEYL_1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_HIGH, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)


@kernel
def philox(counters: Uint32Array, key: Words) -> None:
    """Replace 128-bit ``counters``, uint32 of shape (4, n), by as many uniform words; ``key`` is two 32-bit words.

    The rounds are the outer loop, so that the processor does many counters at a time.
    """
    c0, c1, c2, c3 = counters[0], counters[1], counters[2], counters[3]
    key_0, key_1 = np.uint32(key[0]), np.uint32(key[1])
    for _ in range(10):
        for i in range(c0.shape[0]):
            product_0, product_1 = _MULTIPLIER_0 * np.uint64(c0[i]), _MULTIPLIER_1 * np.uint64(c2[i])
            c0[i] = np.uint32(product_1 >> _HIGH) ^ c1[i] ^ key_0
            c2[i] = np.uint32(product_0 >> _HIGH) ^ c3[i] ^ key_1
            c1[i] = np.uint32(product_1)
            c3[i] = np.uint32(product_0)
        key_0 = np.uint32(np.uint64(key_0) + _WEYL_0 & _LOW)
        key_1 = np.uint32(np.uint64(key_1) + _WEYL_1 & _LOW)


def random_words(key: Words, stream: int, first: int, count: int) -> Uint32Array:
    """Words ``first … first + count - 1`` of one of a key's streams of uniform words, uint32, shape (count,)."""
    origin = first // 4
    n_counters = -(-(first + count) // 4) - origin
    index = np.arange(origin, origin + n_counters, dtype=np.uint64)
    counters = np.empty((4, n_counters), np.uint32)
    counters[0], counters[1], counters[2], counters[3] = index & np.uint64(0xFFFFFFFF), index >> _HIGH, stream, 0
    philox(counters, key)
    return counters.T.reshape(-1)[first - 4 * origin :][:count]
