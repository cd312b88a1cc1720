"""How numeric kernels are compiled: without the interpreter lock, once, and cached on disk.

No ``fastmath``: sums keep their order, so results are the same to the bit wherever they are computed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numba.core import event
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Words = NDArray[np.uint64]
Int32Array = NDArray[np.int32]
Int64Array = NDArray[np.int64]

_Kernel = TypeVar("_Kernel", bound=Callable[..., Any])

_LOG = logging.getLogger(__name__)


_OPTIONS: dict[str, Any] = {"nogil": True, "cache": True, "error_model": "numpy"}
_UNCOUNTED: dict[str, Any] = {**_OPTIONS, "_nrt": False}
"""Without numba's runtime (``_nrt``), nobody counts references to the arrays that are passed: with tables of thirty
arrays, at every call, that took longer than a step."""


def kernel(function: _Kernel) -> _Kernel:
    """Compile a function with numba at its first call; later processes load it from the cache.

    It cannot make arrays, assign slices or return an array.
    """
    return cast("_Kernel", numba.njit(**_UNCOUNTED)(function))


def inlined(function: _Kernel) -> _Kernel:
    """Compile a function into each kernel that calls it: tables of many arrays are expensive to pass."""
    return cast("_Kernel", numba.njit(**_UNCOUNTED, forceinline=True)(function))


def making_arrays(function: _Kernel) -> _Kernel:
    """As :func:`kernel`, for what is not part of a step and makes arrays or assigns slices."""
    return cast("_Kernel", numba.njit(**_OPTIONS)(function))


def for_types_of(function: _Kernel, *arguments: object) -> _Kernel:
    """A kernel for arguments of exactly these types: dtype, number of dimensions, order and alignment in memory.

    A call of it does not find out the types anew, which for tables of many arrays takes numba as long as twenty steps
    of a thousand neurons. Nobody looks whether later arguments have them: others would be misread.
    """
    if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
        return function
    types = tuple(numba.typeof(argument) for argument in arguments)  # type: ignore[no-untyped-call]
    return cast("_Kernel", cast("Any", function).compile(types))


@contextmanager
def compiling_is_told() -> Iterator[None]:
    """Log once that kernels are being compiled; nothing where all of them come from the cache."""
    with event.install_listener("numba:compile", _FirstCompilation()):
        yield


class _FirstCompilation(event.Listener):
    def __init__(self) -> None:
        self._told = False

    def on_start(self, event: event.Event) -> None:
        """Called for a kernel that is not in the cache."""
        compiled = event.data["dispatcher"].py_func.__module__
        if not self._told and compiled.startswith("thalia_dask."):
            self._told = True
            _LOG.info("compiling kernels, which later starts find in the cache")

    def on_end(self, event: event.Event) -> None:
        """Nothing is to be said."""
