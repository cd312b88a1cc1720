"""Names: what one may be, and one that does not exist, told with those that do."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable
from difflib import get_close_matches

from thalia_dask.errors import ConfigError

NAME_RULE = "write a name of letters, digits, '_' and '-' that begins with a letter or '_'"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def is_name(text: str) -> bool:
    """Whether a region, a population or a port may be called so, for a ``"region.population"`` must be readable."""
    return _NAME.fullmatch(text) is not None


def check_names(where: str, noun: str, names: Iterable[str]) -> None:
    """Refuse what is no name, and one that is given twice; ``noun`` is what has them, e.g. ``"population"``."""
    for name, times in Counter(names).items():
        if not is_name(name):
            raise ConfigError(f"{where} has a {noun} called {name!r}, which is no name; {NAME_RULE}")
        if times > 1:
            raise ConfigError(f"{where} has more than one {noun} called '{name}'; write a name of its own for each")


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
