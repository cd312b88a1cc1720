"""How numeric kernels are compiled: without the interpreter lock, once, and cached on disk.

No ``fastmath``: sums keep their order, so results are the same to the bit wherever they are computed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Words = NDArray[np.uint64]
Int32Array = NDArray[np.int32]
Int64Array = NDArray[np.int64]

_Kernel = TypeVar("_Kernel", bound=Callable[..., Any])


def kernel(function: _Kernel) -> _Kernel:
    """Compile a function with numba at its first call; later processes load it from the cache."""
    return cast("_Kernel", numba.njit(nogil=True, cache=True, error_model="numpy")(function))


def inlined(function: _Kernel) -> _Kernel:
    """Compile a function into each kernel that calls it: tables of many arrays are expensive to pass.

    Numba counts the references of every array at every call, inlined or not; with tables of thirty arrays that took
    longer than learning. ``_nrt=False`` turns it off, so such a function cannot make arrays.
    """
    options: dict[str, Any] = {
        "nogil": True,
        "cache": True,
        "error_model": "numpy",
        "forceinline": True,
        "_nrt": False,
    }
    return cast("_Kernel", numba.njit(**options)(function))
