"""What a field of a dataclass of parameters means, and may hold: told by its annotation, and the unit in its name.

period_ms: float                                above 0, for its name ends in _ms
delay_ms: NonNegative                           at least 0, for that is what its annotation says instead
lag_ms: Annotated[float, "of the first, ms"]    the text says what it is, in the reference
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from fnmatch import fnmatchcase
from functools import cache
from itertools import repeat
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin, get_type_hints

import numpy as np

from thalia_dask.errors import ConfigError

MOST = 1e18
"""The product of two such numbers is still a float32, in which regions compute."""
MOST_MV = 1e9
"""A million volts: beside them, float32 has no place for a millivolt."""


class Bounds(NamedTuple):
    """Numbers from ``least`` to ``most``, the first excluded if ``above``; ``told`` completes "write ..."."""

    told: str
    least: float = -MOST
    most: float = MOST
    above: bool = False

    def hold(self, value: float) -> bool:
        return self.least <= value <= self.most and not (self.above and value == self.least)


_ANY = Bounds(f"a number from -{MOST:g} to {MOST:g}")
_POSITIVE = Bounds(f"a number above 0 and at most {MOST:g}", 0.0, above=True)
_NON_NEGATIVE = Bounds(f"a number from 0 to {MOST:g}", 0.0)
_SHARE = Bounds("a share above 0 and at most 1", 0.0, 1.0, above=True)
_POTENTIAL = Bounds(f"a number from -{MOST_MV:g} to {MOST_MV:g}", -MOST_MV, MOST_MV)
_EFFICACY = Bounds(f"its size, from 0 to {MOST_MV:g}; what it excites or inhibits is the kind's", 0.0, MOST_MV)
_COUNT = Bounds("a whole number of at least 1", 1.0)

Signed = Annotated[float, _ANY]
Positive = Annotated[float, _POSITIVE]
NonNegative = Annotated[float, _NON_NEGATIVE]
Share = Annotated[float, _SHARE]
Efficacy = Annotated[float, _EFFICACY]
Whole = Annotated[int, _NON_NEGATIVE]
Count = Annotated[int, _COUNT]

BY_NAME = (
    ("*_ms", _POSITIVE),
    ("*_pf", _POSITIVE),
    ("*_hz", _NON_NEGATIVE),
    ("rate", _NON_NEGATIVE),
    ("*_rate", _NON_NEGATIVE),
    ("n_*", _NON_NEGATIVE),
    ("*_mv", _POTENTIAL),
    ("*_fraction", _SHARE),
    ("probability", _SHARE),
)
"""Bounds of a number that is annotated as no more than that, by its name; the first that fits."""


@cache
def declared(parameters: Any) -> dict[str, Any]:
    """Name -> annotation of every field of a dataclass; Any where it is a name that only type checkers know."""
    try:
        hints = get_type_hints(parameters, include_extras=True)
    except NameError:
        parents: list[Any] = [parent for parent in parameters.__mro__[1:] if is_dataclass(parent)]
        hints = declared(parents[0]) if parents else {}
    return {field.name: hints.get(field.name, Any) for field in fields(parameters)}


def bounds(name: str, annotation: Any) -> Bounds:
    """Of a number in a field of this name and annotation."""
    said = (extra for extra in getattr(annotation, "__metadata__", ()) if isinstance(extra, Bounds))
    named = (by_name for pattern, by_name in BY_NAME if fnmatchcase(name, pattern))
    return next(said, next(named, _ANY))


def meaning(annotation: Any) -> str:
    """What a field of this annotation is, by the text in it; nothing without one."""
    return next((extra for extra in getattr(annotation, "__metadata__", ()) if isinstance(extra, str)), "")


def check_fields(where: str, parameters: object) -> None:
    """Refuse a dataclass with a value of another type or out of its bounds, in it or in a dataclass within it.

    Parameters
    ----------
    where : what the message begins with, before the name of the field, e.g. ``"region 'a', population 'exc': "``.

    Raises
    ------
    ConfigError : with the field, its value and what to write.
    """
    kind: type = type(parameters)
    if is_dataclass(kind):
        for name, alternatives in _fields(kind):
            _check(f"{where}{name}", getattr(parameters, name), alternatives)


def check_value(where: str, name: str, value: Any, annotation: Any) -> None:
    """Refuse a value that a field of this name and annotation cannot have; ``where`` is how to call it."""
    _check(where, value, _read(name, annotation))


class _Type(NamedTuple):
    """One of the types of an annotation, taken apart.

    Attributes
    ----------
    plain : see :func:`_plain`.
    within : bounds of a number, told to be those of a field ``name``.
    items : of a tuple, the types of its items, without an end where it may have any number.
    """

    name: str
    annotation: Any
    plain: Any
    within: Bounds | None
    items: Iterable[tuple[_Type, ...]]


@cache
def _fields(parameters: Any) -> tuple[tuple[str, tuple[_Type, ...]], ...]:
    """Name and types of every field of a dataclass; to read them for each value took half of building a brain."""
    return tuple((name, _read(name, annotation)) for name, annotation in declared(parameters).items())


def _read(name: str, annotation: Any) -> tuple[_Type, ...]:
    return tuple(_type(name, one) for one in _alternatives(annotation))


def _type(name: str, annotation: Any) -> _Type:
    plain = _plain(annotation)
    within = bounds(name, annotation) if plain in (float, int) else None
    of_items = get_args(annotation) if plain is tuple else ()
    items = [_read(name, one) for one in of_items if one is not ...]
    return _Type(name, annotation, plain, within, repeat(items[0]) if of_items[-1:] == (...,) else items)


def _check(where: str, value: Any, alternatives: tuple[_Type, ...]) -> None:
    fitting = next((one for one in alternatives if _fits(value, one.plain, one.annotation)), None)
    if fitting is None:
        annotations = tuple(one.annotation for one in alternatives)
        raise ConfigError(f"{where} is {value!r}; write {_mend(value, annotations)}")
    if fitting.within is not None:
        if not fitting.within.hold(value):
            raise ConfigError(f"{where} is {value!r}; write {_told_number(fitting.name, fitting.annotation)}")
    elif fitting.plain is tuple:
        for item, of_item in zip(value, fitting.items, strict=False):
            _check(where, item, of_item)
    else:
        check_fields(f"{where}.", value)


def can_be_configured(annotation: Any) -> bool:
    """Whether a config, in which a parameter is true or false, a number or a text, can give such a value."""
    return any(_is_of(value, one) for one in _alternatives(annotation) for value in (True, 1, 1.0, ""))


def told(name: str, annotation: Any) -> str:
    """What may be in a field of this name and annotation, to complete "write ..."."""
    alternatives = _alternatives(annotation)
    is_number = _plain(alternatives[0]) in (float, int)
    return _told_number(name, alternatives[0]) if is_number else _mend(None, alternatives)


def _told_number(name: str, annotation: Any) -> str:
    within = bounds(name, annotation)
    return within.told if _plain(annotation) is float else within.told.replace("a number", "a whole number")


def _alternatives(annotation: Any) -> tuple[Any, ...]:
    """The types of a union, or the one that it is."""
    inner = get_args(annotation)[0] if hasattr(annotation, "__metadata__") else annotation
    if get_origin(inner) in (Union, UnionType):
        return get_args(inner)
    return (inner,) if get_origin(inner) is tuple else (annotation,)


def _is_of(value: object, annotation: Any) -> bool:
    return _fits(value, _plain(annotation), annotation)


def _fits(value: object, kind: Any, annotation: Any) -> bool:
    """Whether a value is of an annotation with this plain class."""
    if kind in (float, int):
        return isinstance(value, Real if kind is float else Integral) and not isinstance(value, bool)
    if kind is bool:
        return isinstance(value, bool | np.bool_)
    if kind is tuple:
        of_items = get_args(annotation)
        return isinstance(value, tuple) and (of_items[-1:] in ((), (...,)) or len(of_items) == len(value))
    can_tell = isinstance(kind, type) and kind is not Any and not getattr(kind, "_is_protocol", False)
    return not can_tell or isinstance(value, kind)


def _plain(annotation: Any) -> Any:
    """The class of an annotation: float of Annotated[float, ...] or of numpy.float32, tuple of tuple[str, ...]."""
    kind = get_args(annotation)[0] if hasattr(annotation, "__metadata__") else annotation
    kind = get_origin(kind) or kind
    if isinstance(kind, type) and issubclass(kind, (np.integer, np.floating)):
        return int if issubclass(kind, np.integer) else float
    return kind


def _mend(value: object, alternatives: tuple[Any, ...]) -> str:
    if isinstance(value, type):
        return f"{value.__name__}(), which makes one of this class"
    tried = tuple(value) if isinstance(value, list) else (value,)
    for one in alternatives:
        if _plain(one) is tuple and _is_of(tried, one) and all(map(_is_of, tried, get_args(one))):
            return repr(tried)
    form = f"a value of type {' or '.join(map(_form, alternatives))}"
    examples = [example for one in alternatives if (example := getattr(_plain(one), "example", ""))]
    given = value if isinstance(value, Real) else 1.0
    return f"{form}, such as {examples[0].format(given)}" if examples else form


def _form(annotation: Any) -> str:
    kind, items = _plain(annotation), get_args(annotation)
    if kind is tuple and items:
        return f"tuple ({', '.join('…' if item is ... else _form(item) for item in items)})"
    return "None" if kind is NoneType else str(getattr(kind, "__name__", kind))
