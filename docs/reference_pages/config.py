"""Config: every key of a config file, and of a cluster file."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from docs.reference_pages.markdown import code, page, table, words
from thalia_dask.config import ThaliaConfig
from thalia_dask.config.clusters import CLUSTERS

_PLACES = {dict: ".NAME", list: "[]"}


def config_page() -> str:
    parts = [
        "# Config: every key",
        "How to write, extend and override a config: [Configure](../how-to/configure.md). "
        "All keys have defaults unless the table says *required*; unknown keys are refused.",
    ]
    for name, model in sections(ThaliaConfig):
        parts += [f"## `{name}`", words(model), _keys(model)]
    parts += [
        "## Cluster file",
        "What `--cluster CLUSTER.yaml` reads; `kind` says which keys there are. "
        "How to choose: [Choose a cluster](../how-to/clusters.md).",
    ]
    for kind, cluster in CLUSTERS.items():
        parts += [f"### `kind: {kind}`", words(cluster), _keys(cluster)]
    return page(parts)


def sections(model: type[BaseModel], before: str = "") -> Iterator[tuple[str, type[BaseModel]]]:
    """Path and model of every mapping in a config, each before those within it."""
    for name, field in model.model_fields.items():
        for place, part in _models(field.annotation):
            path = f"{before}{field.validation_alias or name}{place}"
            yield path, part
            yield from sections(part, f"{path}.")


def _models(annotation: Any) -> Iterator[tuple[str, type[BaseModel]]]:
    """The models that a value of this type may hold, each with its place in it."""
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        yield "", annotation
    place = _PLACES.get(get_origin(annotation), "")
    for argument in get_args(annotation):
        for within, model in _models(argument):
            yield place + within, model


def _keys(model: type[BaseModel]) -> str:
    rows = [
        (code(name), _kind(field.annotation), _default(field), str(field.description))
        for name, field in model.model_fields.items()
    ]
    return table(("key", "type", "default", "write"), rows)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "*required*"
    default = field.get_default(call_default_factory=True)
    return "see below" if isinstance(default, BaseModel) else code(json.dumps(default))


def _kind(annotation: Any) -> str:
    """A type as people write it in YAML."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _kind(arguments[0])
    if origin is Literal:
        return " or ".join(code(json.dumps(value)) for value in arguments)
    if origin in (Union, UnionType):
        return " or ".join(_kind(argument) for argument in arguments)
    if origin is dict:
        return "mapping"
    if origin is list:
        return "list"
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        return "mapping"
    return {NoneType: "`null`", bool: "boolean", int: "integer", float: "number", str: "text"}[annotation]
