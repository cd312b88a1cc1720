"""Creators of regions from plain dictionaries: at module level, so that they pickle by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from numbers import Integral
from typing import Any

from thalia_dask.config.models import RegionConfig
from thalia_dask.errors import ConfigError
from thalia_dask.events.adapters import EventDrivenCortex, EventDrivenRegion, EventRegionConfig
from thalia_dask.regions.layered_cortex import LayeredCortex, LayeredCortexConfig

Description = Mapping[str, Any]

_KEYS_OF_ALL = ("name", "n_input", "output_targets")
_KEYS = {
    "cerebellum": ("n_granule",),
    "cortex": ("n_layers", "layer_sizes"),
    "hippocampus": ("dg_size", "ca3_size", "ca1_size"),
    "pfc": ("n_neurons",),
    "striatum": ("n_actions", "neurons_per_action", "n_context"),
    "thalamus": ("n_output",),
}


def create_thalamus_region(config_dict: Description, device: str = "cpu") -> EventDrivenRegion:
    """Keys: n_input, and n_output, the number of relay cells."""
    return _region("thalamus", config_dict, device, size=_count("thalamus", config_dict, "n_output", 256))


def create_cortex_region(config_dict: Description, device: str = "cpu") -> EventDrivenRegion:
    """Keys: n_input, n_layers and layer_sizes."""
    place = _place("cortex", config_dict, device)
    n_input = _count("cortex", config_dict, "n_input", 784)
    given = {name: config_dict[name] for name in ("n_layers", "layer_sizes") if name in config_dict}
    return EventDrivenCortex(config=place, cortex=LayeredCortex(LayeredCortexConfig(n_input=n_input, **given)))


def create_hippocampus_region(config_dict: Description, device: str = "cpu") -> EventDrivenRegion:
    """Keys: n_input, dg_size, ca3_size and ca1_size."""
    sizes = {field: _count("hippocampus", config_dict, f"{field}_size", 100) for field in ("dg", "ca3", "ca1")}
    total = sum(sizes.values())
    fractions = {f"{field}_fraction": size / total for field, size in sizes.items()}
    return _region("hippocampus", config_dict, device, size=total, params=fractions)


def create_pfc_region(config_dict: Description, device: str = "cpu") -> EventDrivenRegion:
    """Keys: n_input and n_neurons."""
    return _region("pfc", config_dict, device, size=_count("pfc", config_dict, "n_neurons", 128))


def create_striatum_region(config_dict: Description, device: str = "cpu") -> EventDrivenRegion:
    """Keys: n_input, n_actions and neurons_per_action; n_context, which Thalia has, is taken and not used."""
    n_actions = _count("striatum", config_dict, "n_actions", 10)
    size = n_actions * _count("striatum", config_dict, "neurons_per_action", 20)
    return _region("striatum", config_dict, device, size=size, params={"n_actions": n_actions})


def create_cerebellum_region(config_dict: Description, device: str = "cpu") -> EventDrivenRegion:
    """Keys: n_input and n_granule."""
    return _region("cerebellum", config_dict, device, size=_count("cerebellum", config_dict, "n_granule", 100))


_CREATORS: dict[str, Callable[[Description, str], EventDrivenRegion]] = {
    "cerebellum": create_cerebellum_region,
    "cortex": create_cortex_region,
    "hippocampus": create_hippocampus_region,
    "pfc": create_pfc_region,
    "striatum": create_striatum_region,
    "thalamus": create_thalamus_region,
}


def create_region_creator(
    region_type: str, config_dict: Description, device: str = "cpu"
) -> Callable[[], EventDrivenRegion]:
    """A picklable call without arguments that creates the described region.

    Raises
    ------
    ConfigError : for an unknown type of region.
    """
    if region_type not in _CREATORS:
        raise ConfigError(f"Unknown region type '{region_type}'; write one of {', '.join(_CREATORS)}")
    return partial(_CREATORS[region_type], config_dict, device)


def _region(
    region_type: str, config_dict: Description, device: str, *, size: int, params: dict[str, Any] | None = None
) -> EventDrivenRegion:
    place = _place(region_type, config_dict, device)
    n_input = _count(region_type, config_dict, "n_input", 256)
    kind = "prefrontal" if region_type == "pfc" else region_type
    return EventDrivenRegion(place, RegionConfig(kind=kind, size=size, input_size=n_input, params=params or {}))


def _place(region_type: str, config_dict: Description, device: str) -> EventRegionConfig:
    keys = (*_KEYS_OF_ALL, *_KEYS[region_type])
    for key in config_dict:
        if key not in keys:
            raise ConfigError(
                f"the description of a region of type '{region_type}' has the key {key!r}, which means nothing "
                f"there; write some of {', '.join(keys)}"
            )
    return EventRegionConfig(
        name=config_dict.get("name", region_type), output_targets=config_dict.get("output_targets", ()), device=device
    )


def _count(region_type: str, config_dict: Description, key: str, default: int) -> int:
    value = config_dict.get(key, default)
    if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
        raise ConfigError(
            f"{key} of a region of type '{region_type}' is {value!r}; write a whole number of at least 1"
        )
    return int(value)
