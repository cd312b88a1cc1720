"""A plan in figures, for people to read before anything is built."""

from __future__ import annotations

from dataclasses import dataclass

from thalia_dask.regions import find_kind
from thalia_dask.regions.spec import RegionSpec
from thalia_dask.ticks import to_ms
from thalia_dask.topology.plan import STIMULUS, AxonalProjection, BrainPlan

BYTES_PER_SYNAPSE = 10
BYTES_PER_NEURON = 64


@dataclass(frozen=True, slots=True)
class RegionSummary:
    """One region; ``input_size`` counts its stimulus axons, ``n_synapses`` and ``learning_bytes`` are estimates."""

    name: str
    kind: str
    populations: tuple[tuple[str, int], ...]
    input_size: int
    n_neurons: int
    n_synapses: int
    learning_bytes: int

    @property
    def memory_bytes(self) -> int:
        """Estimate what state and synapses take."""
        return BYTES_PER_NEURON * self.n_neurons + BYTES_PER_SYNAPSE * self.n_synapses + self.learning_bytes


@dataclass(frozen=True, slots=True)
class ProjectionSummary:
    """One projection; ``sets_window`` where no other has a shorter delay."""

    source: str
    target: str
    n_axons: int
    delay_ms: float
    sets_window: bool


@dataclass(frozen=True, slots=True)
class BrainSummary:
    """A brain; ``longest_window_ms`` is the shortest delay between regions, None where none projects."""

    dt_ms: float
    seed: int
    regions: tuple[RegionSummary, ...]
    projections: tuple[ProjectionSummary, ...]
    longest_window_ms: float | None

    @property
    def n_neurons(self) -> int:
        return sum(region.n_neurons for region in self.regions)

    @property
    def n_synapses(self) -> int:
        return sum(region.n_synapses for region in self.regions)

    @property
    def memory_bytes(self) -> int:
        return sum(region.memory_bytes for region in self.regions)


def summarize(plan: BrainPlan) -> BrainSummary:
    """Count what a plan would build; builds nothing."""
    look_ahead = plan.look_ahead_steps
    return BrainSummary(
        dt_ms=plan.dt_ms,
        seed=plan.seed,
        regions=tuple(_summarize_region(spec) for spec in plan.regions),
        projections=tuple(_summarize_projection(p, plan.dt_ms, look_ahead) for p in plan.projections),
        longest_window_ms=None if look_ahead is None else to_ms(look_ahead, plan.dt_ms),
    )


def _summarize_region(spec: RegionSpec) -> RegionSummary:
    anatomy = find_kind(spec.kind).anatomy(spec)
    return RegionSummary(
        name=spec.name,
        kind=spec.kind,
        populations=anatomy.populations,
        input_size=sum(end.source_size for end in spec.incoming if end.source == STIMULUS),
        n_neurons=anatomy.n_neurons,
        n_synapses=anatomy.n_synapses,
        learning_bytes=anatomy.learning_bytes,
    )


def _summarize_projection(projection: AxonalProjection, dt_ms: float, look_ahead: int | None) -> ProjectionSummary:
    return ProjectionSummary(
        source=f"{projection.source}.{projection.source_population}",
        target=f"{projection.target}.{projection.port}",
        n_axons=projection.last - projection.first,
        delay_ms=to_ms(projection.delay_steps, dt_ms),
        sets_window=projection.delay_steps == look_ahead,
    )
