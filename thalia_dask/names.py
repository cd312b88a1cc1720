"""A name that does not exist, told with those that do."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

from thalia_dask.errors import ConfigError


def check_named(where: str, noun: str, name: object, existing: Collection[str]) -> None:
    """Refuse a name that does not exist, and tell those that do.

    Parameters
    ----------
    where : what gives the name, e.g. ``"projection a -> b"``.
    noun : what is missing, e.g. ``"region"`` or ``"population of region 'a'"``.
    """
    if not isinstance(name, str):
        raise ConfigError(f"{where}: the {noun} is {name!r}, which is no text; {what_to_write('', existing)}")
    if name not in existing:
        raise ConfigError(f"{where}: there is no {noun} called '{name}'; {what_to_write(name, existing)}")


def what_to_write(name: str, existing: Collection[str]) -> str:
    """Name those that exist, first the one that ``name`` is most like."""
    close = get_close_matches(name, existing, n=1)
    guess = f"did you mean '{close[0]}'? " if close else ""
    return f"{guess}write one of: {', '.join(existing) or 'none'}"
