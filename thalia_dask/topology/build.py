"""From a config to the plan of a brain. The order in a config file has no influence on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from thalia_dask.config.models import (
    BrainConfig,
    GlobalConfig,
    ProjectionConfig,
    RegionConfig,
    RegionSizes,
    ThaliaConfig,
)
from thalia_dask.errors import ConfigError
from thalia_dask.names import check_named
from thalia_dask.regions import Anatomy, find_kind
from thalia_dask.regions.kind import RegionKind
from thalia_dask.regions.spec import Incoming, RegionSpec
from thalia_dask.topology.checks import (
    check_actions,
    check_anatomy,
    check_population,
    check_reached,
    check_unique,
    check_window,
    delay_to_steps,
)
from thalia_dask.topology.delays import WITHIN_REGION_MS, delay_between_kinds
from thalia_dask.topology.plan import STIMULUS, AxonalProjection, BrainPlan, StimulusPort
from thalia_dask.topology.presets import STANDARD_PATHWAYS, standard_regions
from thalia_dask.topology.recorded import find_learning, find_probes, observables_of, sampling_steps


@dataclass(frozen=True, slots=True)
class _Bundle:
    """A projection with its ends found, before its place among the others is known."""

    source: str
    population: str
    target: str
    port: str
    first: int
    last: int
    delay_steps: int
    weight_scale: float

    @property
    def axons(self) -> str:
        return f"{self.source}.{self.population}"

    def __str__(self) -> str:
        return f"{self.axons} -> {self.target}.{self.port}"


def build_plan(config: ThaliaConfig) -> BrainPlan:
    """Resolve a config into the plan of a brain.

    Raises
    ------
    ConfigError : if a name does not exist, a delay is shorter than a step or off the grid, a projection is given
        twice, a region is never reached, regions have different actions, or the window is longer than the shortest
        delay.
    """
    regions = _regions(config.brain)
    bare = {name: _bare_spec(name, region, config.global_) for name, region in regions.items()}
    anatomies = {name: _anatomy(spec) for name, spec in bare.items()}
    check_actions({name: anatomy.n_actions for name, anatomy in anatomies.items()})
    probes = find_probes(config.recording.probes, anatomies)
    bundles = sorted(
        (_bundle(projection, bare, anatomies, config.global_) for projection in _projections(config.brain)),
        key=str,
    )
    check_unique([str(bundle) for bundle in bundles])
    check_reached(regions, ((bundle.source, bundle.target) for bundle in bundles))
    specs = [
        replace(
            spec,
            incoming=_incoming(regions[name].input_size, anatomies[name], name, bundles),
            probes=probes.get(name, ()),
        )
        for name, spec in bare.items()
    ]
    places = {(spec.name, end.source, end.port): i for spec in specs for i, end in enumerate(spec.incoming)}
    plan = BrainPlan(
        dt_ms=config.global_.dt_ms,
        seed=config.global_.seed,
        regions=tuple(specs),
        projections=tuple(_placed(bundle, places[bundle.target, bundle.axons, bundle.port]) for bundle in bundles),
        stimuli=tuple(
            StimulusPort(spec.name, end.source_size, i)
            for spec in specs
            for i, end in enumerate(spec.incoming)
            if end.source == STIMULUS
        ),
        populations=tuple((name, anatomy.populations) for name, anatomy in anatomies.items()),
        observables=tuple(
            (name, observables_of(anatomy, probes.get(name, ()))) for name, anatomy in anatomies.items()
        ),
        efficacies_onto=find_learning(config.recording.efficacies, anatomies),
        efficacies_every_steps=sampling_steps(config.recording, config.global_.dt_ms),
    )
    check_window(plan, config.execution.window_ms)
    for key in ("value_source", "novelty_source"):
        check_population(f"brain.neuromodulation.{key}", getattr(config.brain.neuromodulation, key), plan)
    return plan


def _regions(brain: BrainConfig) -> dict[str, RegionConfig]:
    """Return the regions by name, ordered, with the brain's ``region_params`` laid over their own."""
    if brain.regions and brain.sizes != RegionSizes():
        raise ConfigError(
            "brain.sizes is given, which lays out the standard brain, and brain.regions, which lays out another; "
            "write the sizes of regions in brain.regions, or leave one of the two out"
        )
    regions = dict(sorted((brain.regions or standard_regions(brain.sizes)).items()))
    for name, params in sorted(brain.region_params.items()):
        check_named("brain.region_params", "region", name, regions)
        regions[name] = regions[name].model_copy(update={"params": {**regions[name].params, **params}})
    return regions


def _projections(brain: BrainConfig) -> list[ProjectionConfig]:
    """Return the projections in an order of their own, so that even the first error is always the same."""
    if brain.projections is not None:
        given: Iterable[ProjectionConfig] = brain.projections
    else:
        given = STANDARD_PATHWAYS if brain.regions is None else ()
    return sorted(given, key=lambda p: (p.source, p.target, p.delay_ms or 0.0, p.weight_scale))


def _bare_spec(name: str, region: RegionConfig, general: GlobalConfig) -> RegionSpec:
    return RegionSpec(
        name=name,
        kind=region.kind,
        size=region.size,
        dt_ms=general.dt_ms,
        seed=general.seed,
        params=tuple(sorted(region.params.items())),
        device=general.device,
    )


def _anatomy(spec: RegionSpec) -> Anatomy:
    try:
        kind = find_kind(spec.kind)
    except ConfigError as error:
        raise ConfigError(
            f"region '{spec.name}': {error}, or import the module that registers it first (--import MODULE)"
        ) from None
    if not isinstance(kind, RegionKind):
        raise ConfigError(
            f"region '{spec.name}': kind '{spec.kind}' is registered as {kind!r}; register a RegionKind, such as "
            "SpikingKind(layout)"
        )
    try:
        anatomy = kind.anatomy(spec)
    except Exception as error:
        error.add_note(f"This was raised when region '{spec.name}' of kind '{spec.kind}' was planned.")
        raise
    check_anatomy(f"region '{spec.name}': kind '{spec.kind}'", anatomy)
    return anatomy


def _bundle(
    projection: ProjectionConfig,
    specs: Mapping[str, RegionSpec],
    anatomies: Mapping[str, Anatomy],
    general: GlobalConfig,
) -> _Bundle:
    where = f"projection {projection.source} -> {projection.target}"
    source, _, population = projection.source.partition(".")
    target, _, port = projection.target.partition(".")
    check_named(where, "region", source, specs)
    check_named(where, "region", target, specs)
    population = population or anatomies[source].default_output
    port = port or anatomies[target].default_port
    sizes = dict(anatomies[source].populations)
    check_named(where, f"population of region '{source}'", population, sizes)
    check_named(where, f"port of region '{target}'", port, anatomies[target].ports)
    before = list(sizes).index(population)
    first = sum(list(sizes.values())[:before])
    return _Bundle(
        source=source,
        population=population,
        target=target,
        port=port,
        first=first,
        last=first + sizes[population],
        delay_steps=_delay_steps(projection, where, specs[source], specs[target], general),
        weight_scale=projection.weight_scale,
    )


def _delay_steps(
    projection: ProjectionConfig, where: str, source: RegionSpec, target: RegionSpec, general: GlobalConfig
) -> int:
    dt_ms, round_delays = general.dt_ms, general.round_delays
    if projection.delay_ms is not None:
        return delay_to_steps(projection.delay_ms, dt_ms, f"delay_ms of {where}", round_delays=round_delays)
    if source.name == target.name:
        return max(1, round(WITHIN_REGION_MS / dt_ms))
    standard_ms = delay_between_kinds(source.kind, target.kind)
    return delay_to_steps(standard_ms, dt_ms, f"the standard delay_ms of {where}", round_delays=round_delays)


def _incoming(
    input_size: int | None, anatomy: Anatomy, target: str, bundles: Iterable[_Bundle]
) -> tuple[Incoming, ...]:
    ends = [Incoming(b.axons, b.last - b.first, b.port, b.weight_scale) for b in bundles if b.target == target]
    if input_size is not None:
        ends.append(Incoming(STIMULUS, input_size, anatomy.stimulus_port))
    return tuple(sorted(ends, key=lambda end: (end.source, end.port)))


def _placed(bundle: _Bundle, index: int) -> AxonalProjection:
    return AxonalProjection(
        source=bundle.source,
        source_population=bundle.population,
        target=bundle.target,
        port=bundle.port,
        first=bundle.first,
        last=bundle.last,
        delay_steps=bundle.delay_steps,
        index=index,
    )
