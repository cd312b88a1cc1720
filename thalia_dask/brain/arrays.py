"""Tensors, arrays and sequences of either, as NumPy arrays of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thalia_dask.errors import InputError


def as_array(given: Any, what: str) -> NDArray[Any]:
    """What was given, as an array of numbers or booleans; ``what`` is how to call it in an error.

    Raises
    ------
    InputError : if it is something else, a sequence of rows of different shapes, or has values that are masked.
    """
    if isinstance(given, Sequence) and not isinstance(given, (str, bytes)) and len(given):
        rows = [_on_cpu(row, what) for row in given]
        shapes = {row.shape for row in rows}
        if len(shapes) > 1:
            raise InputError(f"{what} is a sequence of rows of different shapes {sorted(shapes)}; make them equal")
        values = np.stack(rows)
    else:
        values = _on_cpu(given, what)
    if values.dtype.kind not in "biuf":
        kind = f"{what} is a {type(given).__name__} of dtype {values.dtype}"
        raise InputError(f"{kind}; write a tensor, an array or a list of real numbers or booleans")
    return values


def _on_cpu(value: Any, what: str) -> NDArray[Any]:
    """A tensor without gradient, dense and of a precision that NumPy has; anything else as NumPy takes it."""
    if np.ma.is_masked(value):
        raise InputError(f"{what} has masked values; write what they are to be, e.g. x.filled(0.0)")
    if hasattr(value, "detach"):
        tensor = value.detach().cpu().to_dense()
        value = tensor.float().numpy() if tensor.is_floating_point() else tensor.numpy()
    try:
        return np.asarray(value)
    except ValueError as error:
        raise InputError(f"{what} cannot be made an array ({error}); write rows of one shape") from error
