"""The frozen plan of a brain: what is built, and how regions are joined. Picklable, no live object."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from thalia_dask.regions.base import Observable
from thalia_dask.regions.spec import RegionSpec
from thalia_dask.ticks import NEVER

STIMULUS = "stimulus"
LONGEST_WINDOW_STEPS = 1000
"""Bounds memory and the time between two reports where no projection bounds the look-ahead."""


@dataclass(frozen=True, slots=True)
class AxonalProjection:
    """A bundle of axons from a population of one region to a port of another.

    Attributes
    ----------
    source, source_population, target, port : names.
    first, last : the slice of the source region's neuron array, ``first <= neuron < last``.
    delay_steps : axonal delay, at least 1.
    index : position in the target's ``RegionSpec.incoming``.
    """

    source: str
    source_population: str
    target: str
    port: str
    first: int
    last: int
    delay_steps: int
    index: int

    def __str__(self) -> str:
        return f"{self.source}.{self.source_population} -> {self.target}.{self.port}"


@dataclass(frozen=True, slots=True)
class StimulusPort:
    """Where external input enters a region: ``index`` is its position in ``RegionSpec.incoming``."""

    region: str
    size: int
    index: int


@dataclass(frozen=True, slots=True)
class BrainPlan:
    """All that the engine and the recorder need to know about a brain.

    ``regions`` and ``projections`` are ordered by name: nothing depends on the order in a config file.
    ``observables`` are what each region will let be seen in every step, by name; ``efficacies_onto`` the populations,
    by region, onto which efficacies are recorded every ``efficacies_every_steps``.
    """

    dt_ms: float
    seed: int
    regions: tuple[RegionSpec, ...]
    projections: tuple[AxonalProjection, ...]
    stimuli: tuple[StimulusPort, ...]
    populations: tuple[tuple[str, tuple[tuple[str, int], ...]], ...]
    observables: tuple[tuple[str, tuple[tuple[str, Observable], ...]], ...] = ()
    efficacies_onto: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    efficacies_every_steps: int = NEVER

    @property
    def look_ahead_steps(self) -> int | None:
        """The shortest delay between regions, or None where no projection exists."""
        return shortest_delay_steps(self.projections)

    @property
    def device(self) -> str:
        """The torch device on which the regions compute."""
        return self.regions[0].device if self.regions else "cpu"

    def on(self, device: str) -> BrainPlan:
        """The same brain on another device."""
        return replace(self, regions=tuple(replace(spec, device=device) for spec in self.regions))

    @property
    def n_neurons(self) -> int:
        """The neurons of all regions together."""
        return sum(self.sizes.values())

    @property
    def sizes(self) -> dict[str, int]:
        """Region -> its neurons."""
        return {region: sum(size for _, size in populations) for region, populations in self.populations}

    @property
    def region_names(self) -> tuple[str, ...]:
        return tuple(spec.name for spec in self.regions)


def shortest_delay_steps(projections: Iterable[AxonalProjection]) -> int | None:
    """The look-ahead: how long no spike of one region reaches another; None where no projection exists."""
    return min((projection.delay_steps for projection in projections), default=None)


def longest_window_steps(look_ahead_steps: int | None) -> int:
    """The longest window there may be."""
    return min(look_ahead_steps or LONGEST_WINDOW_STEPS, LONGEST_WINDOW_STEPS)
