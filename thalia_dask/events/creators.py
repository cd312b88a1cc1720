"""Creators of regions from plain dictionaries: at module level, so that they pickle by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from thalia_dask.config.models import RegionConfig
from thalia_dask.errors import ConfigError
from thalia_dask.events.adapters import EventDrivenCortex, EventDrivenRegion, EventRegionConfig
from thalia_dask.regions.layered_cortex import LayeredCortex, LayeredCortexConfig

Description = Mapping[str, Any]


def create_thalamus_region(config_dict: Description, device: str = "cpu") -> EventDrivenRegion:
    """Keys: n_input, and n_output, the number of relay cells."""
    return _region("thalamus", config_dict, device, size=config_dict.get("n_output", 256))


def create_cortex_region(config_dict: Description, device: str = "cpu") -> EventDrivenRegion:
    """Keys: n_input, n_layers and layer_sizes."""
    given = {name: config_dict[name] for name in ("n_input", "n_layers", "layer_sizes") if name in config_dict}
    cortex = LayeredCortex(LayeredCortexConfig(**given))
    return EventDrivenCortex(config=_place("cortex", config_dict, device), cortex=cortex)


def create_hippocampus_region(config_dict: Description, device: str = "cpu") -> EventDrivenRegion:
    """Keys: n_input, dg_size, ca3_size and ca1_size."""
    sizes = {field: config_dict.get(f"{field}_size", 100) for field in ("dg", "ca3", "ca1")}
    total = sum(sizes.values())
    fractions = {f"{field}_fraction": size / total for field, size in sizes.items()}
    return _region("hippocampus", config_dict, device, size=total, params=fractions)


def create_pfc_region(config_dict: Description, device: str = "cpu") -> EventDrivenRegion:
    """Keys: n_input and n_neurons."""
    return _region("prefrontal", config_dict, device, size=config_dict.get("n_neurons", 128), name="pfc")


def create_striatum_region(config_dict: Description, device: str = "cpu") -> EventDrivenRegion:
    """Keys: n_input, n_actions and neurons_per_action."""
    n_actions = config_dict.get("n_actions", 10)
    size = n_actions * config_dict.get("neurons_per_action", 20)
    return _region("striatum", config_dict, device, size=size, params={"n_actions": n_actions})


def create_cerebellum_region(config_dict: Description, device: str = "cpu") -> EventDrivenRegion:
    """Keys: n_input and n_granule."""
    return _region("cerebellum", config_dict, device, size=config_dict.get("n_granule", 100))


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
    kind: str,
    config_dict: Description,
    device: str,
    *,
    size: int,
    params: dict[str, Any] | None = None,
    name: str | None = None,
) -> EventDrivenRegion:
    config = RegionConfig(kind=kind, size=size, input_size=config_dict.get("n_input", 256), params=params or {})
    return EventDrivenRegion(_place(name or kind, config_dict, device), config)


def _place(name: str, config_dict: Description, device: str) -> EventRegionConfig:
    return EventRegionConfig(
        name=config_dict.get("name", name), output_targets=config_dict.get("output_targets", ()), device=device
    )
