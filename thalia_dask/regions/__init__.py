"""Regions: what they are (``base``, ``spec``, ``kind``), their common spiking body, and the standard six."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from importlib import import_module
from importlib.metadata import entry_points

from thalia_dask.errors import ConfigError
from thalia_dask.names import what_to_write
from thalia_dask.regions import cerebellum, cortex, hippocampus, prefrontal, striatum, thalamus
from thalia_dask.regions.base import Region
from thalia_dask.regions.kind import Anatomy, RegionKind, SpikingKind
from thalia_dask.regions.spec import RegionSpec
from thalia_dask.regions.torch_module import TorchModuleKind

__all__ = ["REGIONS", "Anatomy", "Region", "RegionKind", "RegionSpec", "create_region", "creator", "find_kind"]

ENTRY_POINT_GROUP = "thalia_dask.regions"

REGIONS: dict[str, RegionKind] = {
    "cerebellum": SpikingKind(cerebellum.layout),
    "cortex": SpikingKind(cortex.layout),
    "hippocampus": SpikingKind(hippocampus.layout),
    "prefrontal": SpikingKind(prefrontal.layout),
    "striatum": SpikingKind(striatum.layout),
    "thalamus": SpikingKind(thalamus.layout),
    "torch_module": TorchModuleKind(),
}
"""Kind -> how to describe and build it. A kind of your own is an entry point of group ``thalia_dask.regions``."""


def find_kind(name: str) -> RegionKind:
    """Look a kind up in ``REGIONS``, then among the entry points of installed packages.

    Raises
    ------
    ConfigError : if there is none of that name.
    """
    if name in REGIONS:
        return REGIONS[name]
    for entry in entry_points(group=ENTRY_POINT_GROUP, name=name):
        kind: RegionKind = entry.load()
        return kind
    known = [*REGIONS, *entry_points(group=ENTRY_POINT_GROUP).names]
    raise ConfigError(f"there is no region kind '{name}'; {what_to_write(name, known)}")


def create_region(spec: RegionSpec, defined_in: str = "__main__") -> Region:
    """Build a region from its spec, in the process where it will live.

    ``defined_in`` is the module to import where nobody has registered the kind yet; the main one has been imported.

    Raises
    ------
    ConfigError : if it refuses its spec, is no region, or has other populations than its kind's anatomy.
    """
    if spec.kind not in REGIONS and defined_in != "__main__":
        import_module(defined_in)
    try:
        kind = find_kind(spec.kind)
    except ConfigError as error:  # where the brain was planned, there was one
        raise ConfigError(
            f"{error}; a kind of a script must be registered at the top level of its module, which workers import, "
            "not under if __name__ == '__main__'"
        ) from error
    region = kind.create(spec)
    if not isinstance(kind, SpikingKind):  # which makes both of one layout, and that may take long
        _check_built(spec, kind, region)
    return region


def _check_built(spec: RegionSpec, kind: RegionKind, region: object) -> None:
    """Refuse what is not what the rest of the brain was told that it would be."""
    where = f"region '{spec.name}': create() of kind '{spec.kind}' returned"
    if not isinstance(region, Region):
        raise ConfigError(f"{where} {region!r}; return a Region")
    built, told = getattr(region, "populations", None), kind.anatomy(spec).populations
    if not isinstance(built, Mapping) or tuple(built.items()) != told:
        given = dict(built) if isinstance(built, Mapping) else built
        raise ConfigError(
            f"{where} a region whose populations are {given}, and anatomy() tells of {dict(told)}; let both have the "
            "same names and sizes in the same order"
        )


def creator(spec: RegionSpec) -> partial[Region]:
    """A picklable call that builds the region."""
    kind = REGIONS.get(spec.kind)
    if kind is None:  # of an installed package, which workers have, too
        return partial(create_region, spec)
    definition = kind.layout if isinstance(kind, SpikingKind) else type(kind)
    return partial(create_region, spec, definition.__module__)
