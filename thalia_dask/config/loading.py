"""From YAML files and ``a.b=c`` overrides to a validated config."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from thalia_dask.arguments import as_path
from thalia_dask.config.base import Config
from thalia_dask.config.clusters import CLUSTERS, ClusterConfig
from thalia_dask.config.models import ThaliaConfig
from thalia_dask.config.problems import Origins, describe_problems
from thalia_dask.config.yaml_reading import parse_yaml, read_yaml
from thalia_dask.errors import ConfigError

ModelT = TypeVar("ModelT", bound=BaseModel)

ConfigSource = str | Path | Mapping[str, Any] | Config


def load_config(source: ConfigSource, overrides: Sequence[str] = ()) -> ThaliaConfig:
    """Load a config.

    Parameters
    ----------
    source : a YAML file, or a mapping with the same keys. ``extends: other.yaml`` takes what is not given
        from another file, relative to the one that names it: mappings are merged key by key, anything else
        is replaced. Or a config, which stays as it is: ``load_config(config, ["global.seed=3"])`` is a variant.
    overrides : ``"a.b=c"`` with ``c`` in YAML, laid over the rest in their order; in a list that is given, ``b`` is
        the number of an entry, from 0.

    Raises
    ------
    ConfigError : one for all that is wrong, each with its file, key, value, reason and mend.
    """
    values, origins = _merged(source, overrides, ThaliaConfig)
    return _validated(ThaliaConfig, values, origins)


def load_cluster_config(source: ConfigSource, overrides: Sequence[str] = ()) -> ClusterConfig:
    """Load the description of a cluster, in the way of :func:`load_config`; ``kind`` says which keys there are."""
    values, origins = _merged(source, overrides, ClusterConfig)
    kind = values.get("kind", "local")
    if not isinstance(kind, str) or kind not in CLUSTERS:
        kinds = ", ".join(f"'{name}'" for name in CLUSTERS)
        raise ConfigError(f"{origins['kind',]}: kind is {kind!r}, which is no kind of cluster; write one of {kinds}")
    return _validated(CLUSTERS[kind], values, origins)


def _merged(source: ConfigSource, overrides: Sequence[str], model: type[Config]) -> tuple[dict[str, Any], Origins]:
    values: dict[str, Any] = {}
    origins: Origins = {}
    for origin, layer in [*_layers(source, model), *map(_parse_override, _listed(overrides))]:
        _merge(values, layer, origin, origins)
    return values, origins


def _listed(overrides: object) -> list[str]:
    if isinstance(overrides, Iterable) and not isinstance(overrides, str | Mapping):
        listed = list(overrides)
        if all(isinstance(one, str) for one in listed):
            return listed
    example = [overrides] if isinstance(overrides, str) else ["global.seed=7"]
    raise ConfigError(f"the overrides are {overrides!r}; write a list of texts key.path=value, e.g. {example}")


def _validated(model: type[ModelT], values: dict[str, Any], origins: Origins) -> ModelT:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise ConfigError(describe_problems(error, model, values, origins)) from None


def _layers(source: ConfigSource, model: type[Config]) -> list[tuple[str, dict[str, Any]]]:
    """List the mappings to merge, each with its origin, those that are extended first."""
    if isinstance(source, Mapping):
        origin, folder, content = "the given mapping", Path(), dict(source)
        seen: tuple[Path, ...] = ()
    elif isinstance(source, model):
        return [("the given config", source.model_dump(by_alias=True, exclude_unset=True))]
    else:
        write = f"the path of a YAML file, a mapping with the same keys, or a {model.__name__}"
        path = as_path(source, "the config", write, ConfigError)
        origin, folder, content = str(path), path.parent, read_yaml(path)
        seen = (path.resolve(),)
    layers = [(origin, content)]
    while "extends" in content:
        base = content.pop("extends")
        if not isinstance(base, str):
            raise ConfigError(f"{origin}: extends is {base!r}; write the path of one YAML file")
        path = folder / base
        if path.resolve() in seen:
            chain = " -> ".join(p.name for p in (*seen, path.resolve()))
            raise ConfigError(f"{origin}: extends goes in a circle ({chain}); remove one of these 'extends'")
        if not path.is_file():
            raise ConfigError(
                f"{origin}: extends is '{base}', but there is no file '{path}'; write a path from '{folder}'"
            )
        origin, folder, content = str(path), path.parent, read_yaml(path)
        seen = (*seen, path.resolve())
        layers.insert(0, (origin, content))
    return layers


def _parse_override(text: str) -> tuple[str, dict[str, Any]]:
    key, equals, value = text.partition("=")
    names = [name.strip() for name in key.split(".")]
    origin = f"--set {text}"
    if not equals or not all(names):
        raise ConfigError(f"the override {text!r} is not of the form key.path=value; write e.g. global.seed=7")
    layer: Any = parse_yaml(value, origin)
    for name in reversed(names):
        layer = {name: layer}
    return origin, layer


def _merge(
    into: dict[Any, Any], layer: Mapping[Any, Any], origin: str, origins: Origins, path: tuple[Any, ...] = ()
) -> None:
    for key, value in layer.items():
        here, present = (*path, key), into.get(key)
        if isinstance(present, list) and _numbers_entries(value, present):
            entries = {number: deepcopy(entry) for number, entry in enumerate(present)}
            _merge(entries, {int(number): entry for number, entry in value.items()}, origin, origins, here)
            into[key] = list(entries.values())
            continue
        origins[here] = origin
        if isinstance(value, Mapping):
            if not isinstance(present, dict):
                into[key] = {}
            _merge(into[key], value, origin, origins, here)
        else:
            into[key] = value


def _numbers_entries(value: Any, present: Sequence[Any]) -> bool:
    """Whether it is a mapping from numbers of entries, as an override's path has them."""
    return isinstance(value, Mapping) and bool(value) and set(value) <= {str(n) for n in range(len(present))}
