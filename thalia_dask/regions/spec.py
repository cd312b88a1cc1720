"""The small frozen description from which a region is built where it lives."""

from __future__ import annotations

from dataclasses import dataclass

from thalia_dask.declared import NonNegative

ParamValue = bool | int | float | str


@dataclass(frozen=True, slots=True)
class Incoming:
    """Where an axonal projection, or the stimulus, ends in its target region.

    The position in ``RegionSpec.incoming`` is the projection's index in :class:`~thalia_dask.spikes.Arrivals`.

    Attributes
    ----------
    source : ``"region.population"``, or ``"stimulus"``.
    source_size : number of axons.
    port : the afferent pathway of the target that receives them, e.g. ``"feedforward"``.
    weight_scale : factor on the pathway's default efficacy.
    """

    source: str
    source_size: int
    port: str
    weight_scale: NonNegative = 1.0


@dataclass(frozen=True, slots=True)
class RegionSpec:
    """Everything a region is built from: cheap to pickle, no live object inside.

    Attributes
    ----------
    name, kind : the region's own name; its key in ``REGIONS``.
    size : the kind's main size (principal neurons, or actions x neurons per action; see the kind).
    seed : root seed of the brain; the region derives its own from it and its name.
    params : the kind's parameters that differ from their defaults, as sorted pairs.
    incoming : projections that end here, ordered by (source, port).
    device : torch device that holds the state.
    probes : neurons that are looked at in every step, in ascending order; nothing that happens depends on it.
    """

    name: str
    kind: str
    size: int
    dt_ms: float
    seed: int
    params: tuple[tuple[str, ParamValue], ...] = ()
    incoming: tuple[Incoming, ...] = ()
    device: str = "cpu"
    probes: tuple[int, ...] = ()
