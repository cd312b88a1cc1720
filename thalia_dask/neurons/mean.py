"""The mean over many neurons, as fast as they can be read and always in the same order."""

from __future__ import annotations

from thalia_dask.jit import Floats, kernel

N_LANES = 64
_AT_ONCE = 4 * N_LANES


@kernel
def mean(values: Floats, lanes: Floats) -> float:
    """Mean of ``values`` (n,), float32: every 64th goes to the same partial sum, four at once, and these are added.

    ``lanes`` (N_LANES,) is scratch. A sum in one chain would wait for each addition before the next.
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
    for i in range(whole, n):
        lanes[(i - whole) % N_LANES] += values[i]
    total: float = 0.0
    for lane in range(N_LANES):
        total += float(lanes[lane])
    return total / float(n)
