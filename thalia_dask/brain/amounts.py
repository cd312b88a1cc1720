"""Amounts that come from outside: rewards and neuromodulators."""

from __future__ import annotations

import math
from typing import Any

from thalia_dask.errors import InputError

_LARGEST = 1e30
"""More than that, regions, which count in 32 bits, could not multiply by anything."""


def finite(amount: Any, what: str) -> float:
    """The amount as a number.

    Raises
    ------
    InputError : if it is none, not finite or beyond 1e30; ``what`` is how to call it there.
    """
    try:
        number = math.nan if isinstance(amount, str | bytes | bytearray) else float(amount)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise InputError(f"{what} is {amount!r}; write a finite number")
    if abs(number) > _LARGEST:
        raise InputError(f"{what} is {amount!r}; write a number between {-_LARGEST:g} and {_LARGEST:g}")
    return number
