"""Amounts that come from outside: rewards and neuromodulators."""

from __future__ import annotations

import math
from typing import Any

from thalia_dask.errors import InputError


def finite(amount: Any, what: str) -> float:
    """The amount as a number.

    Raises
    ------
    InputError : if it is none, or not finite; ``what`` is how to call it there.
    """
    try:
        number = math.nan if isinstance(amount, str) else float(amount)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise InputError(f"{what} is {amount!r}; write a finite number")
    return number
