"""Arguments that many calls take: paths, yes or no, how many, how long."""

from __future__ import annotations

import math
import os
from pathlib import Path

import numpy as np

from thalia_dask.errors import InputError, ThaliaError


def as_path(given: object, what: str, write: str, error: type[ThaliaError] = InputError) -> Path:
    """A path that was given as a text or a ``Path``.

    Parameters
    ----------
    what, write : how to call it in an error, and what to write instead.
    error : what to raise.

    Raises
    ------
    InputError, or ``error`` : if it is something else, bytes too, an empty text, or a text with a null character.
    """
    text = os.fspath(given) if isinstance(given, str | os.PathLike) else None
    if not isinstance(text, str) or not text or "\0" in text:
        raise error(f"{what} is {given!r}; write {write}")
    return Path(text)


def check_flag(given: object, what: str) -> None:
    """Refuse, by an InputError, what is neither True nor False; most other things would count as true."""
    if not isinstance(given, bool):
        raise InputError(f"{what} is {given!r}; write True or False")


def as_count(given: object, what: str, otherwise: str = "") -> int:
    """A whole number of at least 1.

    Raises
    ------
    InputError : if it is something else; ``otherwise`` tells what else may be written.
    """
    if isinstance(given, bool) or not isinstance(given, int | np.integer) or given < 1:
        raise InputError(f"{what} is {given!r}; write a whole number of at least 1{otherwise}")
    return int(given)


def check_positive(given: object, what: str, unit: str) -> None:
    """Refuse, by an InputError, what is no finite number greater than 0."""
    number = isinstance(given, int | float | np.integer | np.floating) and not isinstance(given, bool)
    if not number or not 0 < given < math.inf:  # type: ignore[operator]
        raise InputError(f"{what} is {given!r}; write a number of {unit} greater than 0")
