"""The mean over many neurons, as fast as they can be read and always in the same order."""

from __future__ import annotations

import numpy as np

from thalia_dask.jit import Floats, kernel

N_LANES = 64
_AT_ONCE = 4 * N_LANES


@kernel
def mean(values: Floats, lanes: Floats) -> float:
    """Mean of ``values`` (n,), float32: every 64th goes to the same partial sum, four at once.

    ``lanes`` (N_LANES,), the partial sums, is scratch. A sum in one chain would wait for each addition before the
    next, so in the end these are added by halves.
    """
    n = values.shape[0]
    for lane in range(N_LANES):
        lanes[lane] = 0.0
    whole = n - n % _AT_ONCE
    for first in range(0, whole, _AT_ONCE):
        four = values[first : first + _AT_ONCE]
        for lane in range(N_LANES):
            left, right = four[lane] + four[lane + N_LANES], four[lane + 2 * N_LANES] + four[lane + 3 * N_LANES]
            lanes[lane] += left + right
    for first in range(whole, n - n % N_LANES, N_LANES):
        some = values[first : first + N_LANES]
        for lane in range(N_LANES):
            lanes[lane] += some[lane]
    rest = values[n - n % N_LANES :]
    for lane in range(rest.shape[0]):
        lanes[lane] += rest[lane]
    n_sums = N_LANES
    while n_sums > 1:
        n_sums //= 2
        for lane in range(n_sums):
            lanes[lane] += lanes[lane + n_sums]
    return float(lanes[0] / np.float32(n))
