"""What is wrong with a config, told so that it can be mended."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticUndefined

from thalia_dask.names import NAME_RULE

Key = tuple[Any, ...]
Origins = dict[Key, str]
"""Key path -> the file or override that gave it."""


def describe_problems(
    error: ValidationError, model: type[BaseModel], values: Mapping[str, Any], origins: Origins
) -> str:
    """One line for each wrong value: its origin, dotted path, value, the reason and the mend."""
    grouped: dict[Key, list[ErrorDetails]] = {}
    for detail in error.errors(include_url=False):
        grouped.setdefault(_real_path(detail, values), []).append(detail)
    lines = [
        f"{_origin(path, origins)}: {_problem(path, details, model, _meant(path, values, origins))}"
        for path, details in sorted(grouped.items(), key=str)
    ]
    if len(lines) == 1:
        return lines[0]
    return "\n  ".join([f"{len(lines)} values are wrong:", *lines])


def _problem(path: Key, details: Sequence[ErrorDetails], model: type[BaseModel], meant: str) -> str:
    dotted, first = ".".join(map(str, path)), details[0]
    inside = ".".join(map(str, path[:-1])) or "the config"
    if first["type"] == "invalid_key":
        return f"the key {first['input']!r} in {inside} should be a text; {_right_key(path, model)}"
    if first["type"] == "extra_forbidden":
        return f"unknown key {dotted} (given {first['input']!r}); {_right_key(path, model)}"
    field = _field_at(model, path)
    mend = f"write {_what_to_write(field)}" if field else ""
    if first["type"] == "missing":
        return f"{dotted} is missing; {meant}{mend}"
    reasons = " or ".join(dict.fromkeys(_reason(detail) for detail in details))
    if first["loc"][-1:] == ("[key]",):
        return f"the key {first['input']!r} in {inside} {reasons}; {NAME_RULE}"
    return "; ".join(filter(None, (f"{dotted} is {first['input']!r}, which {reasons}", mend)))


def _reason(detail: ErrorDetails) -> str:
    if detail["type"] == "value_error":
        return str(detail["ctx"]["error"])
    if detail["type"] in ("model_type", "dict_type"):
        return "should be a mapping"
    if detail["type"] == "too_short":  # the least length of all lists and mappings that have one is 1
        return "should not be empty"
    given = detail["input"]
    if detail["type"] == "list_type" and isinstance(given, Mapping) and all(str(key).isdigit() for key in given):
        return "should be a list, of which only an entry that is given can be set by its number"
    return detail["msg"].removeprefix("Input ").removeprefix("Dictionary ")


def _what_to_write(field: FieldInfo) -> str:
    default = field.default
    if default is PydanticUndefined or default is None or isinstance(default, BaseModel):
        return str(field.description)
    return f"{field.description} (default {json.dumps(default)})"


def _real_path(detail: ErrorDetails, values: Any) -> Key:
    """Cut an error's location to what lies in the config: pydantic appends the members of a union."""
    path: list[Any] = []
    for place in detail["loc"]:
        found = _key_of(values, place)
        if not found:
            return (*path, place) if detail["type"] == "missing" else tuple(path)
        path += found
        values = values[found[0]]
    return tuple(path)


def _key_of(values: Any, place: int | str) -> list[Any]:
    """The key or index that pydantic calls so, which tells all keys but texts and numbers as text; [] for none."""
    if isinstance(values, list):
        return [place] if isinstance(place, int) else []
    if not isinstance(values, Mapping):
        return []
    return [place] if place in values else [key for key in values if not isinstance(key, str) and str(key) == place]


def _meant(path: Key, values: Any, origins: Origins) -> str:
    """The entry beside the one that lacks a key, where that is an override's own and called much like it."""
    *above, entry = path[:-1] or ("",)
    for key in above:
        values = values[key]
    if not isinstance(values, Mapping) or not _origin(path, origins).startswith("--set "):
        return ""
    close = get_close_matches(str(entry), [key for key in values if key != entry], n=1)
    return f"did you mean {'.'.join(map(str, [*above, close[0]]))}? " if close else ""


def _origin(path: Key, origins: Origins) -> str:
    for length in range(len(path), -1, -1):
        if path[:length] in origins:
            return origins[path[:length]]
    return "config"


def _right_key(path: Key, model: type[BaseModel]) -> str:
    """Say what to write for an unknown key: a similar key beside it, or the same key where it belongs."""
    siblings = list(_fields(_model_at(model, path[:-1])))
    close = get_close_matches(str(path[-1]), siblings, n=1)
    if close:
        return f"did you mean '{close[0]}'?"
    elsewhere = [candidate for candidate in _all_paths(model) if candidate.endswith(f".{path[-1]}")]
    if elsewhere:
        return f"did you mean {' or '.join(elsewhere)}?"
    return f"write one of {', '.join(siblings)}"


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return {str(field.validation_alias or name): field for name, field in model.model_fields.items()}


def _field_at(model: type[BaseModel], path: Key) -> FieldInfo | None:
    """Find the field that a path leads to or through: a region's name, say, leads through ``regions``."""
    field = None
    for key in path:
        found = _fields(model).get(str(key))
        if found is not None:
            field, model = found, _model_in(found.annotation) or model
    return field


def _model_at(model: type[BaseModel], path: Key) -> type[BaseModel]:
    for key in path:
        field = _fields(model).get(str(key))
        model = (_model_in(field.annotation) if field else None) or model
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for argument in get_args(annotation) if (found := _model_in(argument))), None)


def _all_paths(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Dotted paths of the keys that need no name of a region in between."""
    for name, field in _fields(model).items():
        yield prefix + name
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _all_paths(field.annotation, f"{prefix}{name}.")
