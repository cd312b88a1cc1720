"""Kinds of regions: what a kind shows to the outside, and how one of it is built."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Annotated, Any, TypeVar

from thalia_dask.declared import Bounds, can_be_configured, check_value, declared, told
from thalia_dask.errors import ConfigError
from thalia_dask.names import what_to_write
from thalia_dask.regions.base import Observable, Region
from thalia_dask.regions.checks import check_layout
from thalia_dask.regions.layout import Layout
from thalia_dask.regions.probes import MEAN, observables
from thalia_dask.regions.spec import RegionSpec

_Params = TypeVar("_Params")
_ALL = 1.001
"""Fractions that are written with three digits may be a little more together."""

Amount = Annotated[int, Bounds("a number of at least 0", 0.0, math.inf)]
"""Of what a region has, and be it more than any memory holds: that is told where memory is counted."""

VOTES = {"d1": 1, "d2": -1}
"""Population -> what a spike in an action's channel counts for that action."""


@dataclass(frozen=True, slots=True)
class Anatomy:
    """What the rest of the brain must know of a region without building it.

    Attributes
    ----------
    populations : name and size, in the order of the neuron array.
    ports : afferent pathways; ``default_port`` where a projection names none, ``stimulus_port`` where input enters.
    default_output : population whose axons leave where a projection names none.
    n_neurons, n_synapses : counts; 0 synapses where the kind cannot tell.
    learning_bytes : memory that learning takes besides that of its synapses, by estimate.
    observables : what can be recorded of each step; what has the dim ``probe``, of cells that are asked for.
    learning : populations onto which synapses learn.
    n_actions : action channels whose votes can be read, from spikes of the populations in ``VOTES``; 0 for none.
    """

    populations: tuple[tuple[str, Amount], ...]
    ports: tuple[str, ...]
    default_port: str
    stimulus_port: str
    default_output: str
    n_neurons: Amount
    n_synapses: Amount = 0
    learning_bytes: Amount = 0
    n_actions: Amount = 0
    learning: tuple[str, ...] = ()
    observables: Mapping[str, Observable] = field(default_factory=dict)


class RegionKind(ABC):
    """How to describe and to build regions of one kind. Importing it must not import torch."""

    @abstractmethod
    def anatomy(self, spec: RegionSpec) -> Anatomy:
        """Describe the region without building it; raises ConfigError where the spec is wrong."""

    @abstractmethod
    def create(self, spec: RegionSpec) -> Region:
        """Build the region, in the process where it will live."""


@dataclass(frozen=True, slots=True)
class SpikingKind(RegionKind):
    """A kind that is a layout of spiking populations."""

    layout: Callable[[RegionSpec], Layout]

    def anatomy(self, spec: RegionSpec) -> Anatomy:
        layout = self.layout(spec)
        check_layout(spec, layout)
        return Anatomy(
            populations=tuple((population.name, population.size) for population in layout.populations),
            ports=layout.ports,
            default_port=layout.ports[0] if layout.ports else "",
            stimulus_port=layout.stimulus,
            default_output=layout.default_output,
            n_neurons=sum(population.size for population in layout.populations),
            n_synapses=layout.synapse_count(spec),
            learning_bytes=layout.learning_bytes(spec),
            n_actions=layout.n_actions,
            learning=tuple(sorted({connection.target for connection in layout.connections if connection.rule})),
            observables=MEAN | observables(layout),
        )

    def create(self, spec: RegionSpec) -> Region:
        if spec.device != "cpu":
            from thalia_dask.regions.torch_spiking import TorchSpikingRegion

            return TorchSpikingRegion(spec, self.layout(spec))
        from thalia_dask.regions.spiking import SpikingRegion  # torch takes two seconds to import

        return SpikingRegion(spec, self.layout(spec))


def read_params(spec: RegionSpec, params: type[_Params]) -> _Params:
    """Make a kind's frozen parameter dataclass from the spec.

    Raises
    ------
    ConfigError : for a name the kind does not have, a value of another type or out of its bounds (``declared``), one
        without default that is missing, or a parameter that no config could give.
    """
    kind: Any = params
    known, given = declared(kind), dict(spec.params)
    where = {name: f"params.{name} of region '{spec.name}'" for name in (*known, *given)}
    for one in fields(kind):
        if not can_be_configured(known[one.name]):
            raise ConfigError(
                f"{where[one.name]} is declared as {one.type}, which a config cannot give; declare it as bool, int, "
                "float or str"
            )
    for name, value in given.items():
        if name not in known:
            raise ConfigError(
                f"{where[name]}: kind '{spec.kind}' has no such parameter; {what_to_write(name, known)}"
            )
        check_value(where[name], name, value, known[name])
    for one in fields(kind):
        if one.name not in given and one.default is one.default_factory is MISSING:
            raise ConfigError(f"{where[one.name]} is missing; write {told(one.name, known[one.name])}")
    return params(**given)


def share(size: int, fraction: float) -> int:
    """A part of ``size`` neurons, at least one."""
    return max(1, round(size * fraction))


def shares(spec: RegionSpec, fractions: Mapping[str, float]) -> dict[str, int]:
    """Parts of ``spec.size`` neurons by name, at least one in each.

    Raises
    ------
    ConfigError : if they are more than all together.
    """
    whole = sum(fractions.values())
    if whole > _ALL:
        given = ", ".join(f"{name} {fraction:g}" for name, fraction in fractions.items())
        raise ConfigError(
            f"params of region '{spec.name}': the fractions of its cells, {given}, add up to {whole:g}; "
            "write fractions that are 1 together"
        )
    return {name: share(spec.size, fraction) for name, fraction in fractions.items()}
