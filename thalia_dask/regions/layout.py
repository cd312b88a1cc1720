"""The anatomy of a spiking region as data: populations, connections and the ports where axons end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from thalia_dask.neurons.lif import CHANNEL_NAMES, EXCITATORY, LIFParams
from thalia_dask.plasticity.base import Rule
from thalia_dask.regions.spec import RegionSpec
from thalia_dask.synapses.connectivity import in_degree


@dataclass(frozen=True, slots=True)
class Background:
    """Independent Poisson input to every neuron of a population."""

    rate_hz: float
    weight_mv: float


@dataclass(frozen=True, slots=True)
class Drive:
    """A tonic current that follows a rhythm, or the level of a neuromodulator.

    ``source`` is an oscillator (the drive is ``amplitude_mv`` x cosine of its phase) or a neuromodulator
    (``amplitude_mv`` x level).
    """

    source: str
    amplitude_mv: float


@dataclass(frozen=True, slots=True)
class Population:
    """Neurons that share their parameters."""

    name: str
    size: int
    neuron: LIFParams = field(default_factory=LIFParams)
    background: Background | None = None
    drives: tuple[Drive, ...] = ()


@dataclass(frozen=True, slots=True)
class Connection:
    """Synapses from a population, or from the axons that end in a port, onto a population.

    Attributes
    ----------
    source, target : a population or port; a population.
    probability : of a synapse from each possible source; the in-degree is the same for all targets.
    total_weight_mv : efficacies onto one target add up to this on average; negative for inhibition.
    channel : receptor channel (``neurons.lif``).
    delay_ms : inclusive range of delays; a spike inside the region takes at least one step.
    rule : learning rule, or None for static synapses.
    gates : names of oscillators and neuromodulators whose product scales the rule: (1 + cos phase) / 2, and level.
    n_groups : sources and targets of the same of so many equal groups are not connected (lateral inhibition).
    aligned : one synapse per target from the source in the same relative place, instead of random ones.
    """

    source: str
    target: str
    probability: float
    total_weight_mv: float
    channel: int = EXCITATORY
    delay_ms: tuple[float, float] = (0.5, 1.5)
    rule: Rule | None = None
    gates: tuple[str, ...] = ()
    n_groups: int = 0
    aligned: bool = False

    def separate_groups(self, n_axons: int) -> int:
        """Groups that are not connected to themselves; no neuron is connected to itself."""
        return self.n_groups or (n_axons if self.source == self.target else 0)


@dataclass(frozen=True, slots=True)
class Layout:
    """A region as data.

    Attributes
    ----------
    populations : in the order of their slices of the neuron array.
    connections : inside the region, and from its ports.
    ports : afferent pathways; the first is where axons end that name none, ``stimulus`` where the stimulus does.
    default_output : population whose axons leave where a projection names none.
    n_actions : action channels into which reward-modulated target populations are divided; 0 for none.
    """

    populations: tuple[Population, ...]
    connections: tuple[Connection, ...]
    ports: tuple[str, ...]
    stimulus: str
    default_output: str
    n_actions: int = 0

    def slices(self) -> dict[str, tuple[int, int]]:
        """Population -> first and last index (exclusive) of its neurons."""
        slices, first = {}, 0
        for population in self.populations:
            slices[population.name] = (first, first + population.size)
            first += population.size
        return slices

    def wiring(self, spec: RegionSpec) -> Iterator[tuple[str, int, int, float, Connection]]:
        """Every bundle of synapses: name, first row of its axons, their number, weight scale, connection.

        Rows are the region's own neurons, then the axons of its incoming projections.
        """
        slices = self.slices()
        for connection in self.connections:
            if connection.source in slices:
                first, last = slices[connection.source]
                name = f"{connection.source}->{connection.target}:{CHANNEL_NAMES[connection.channel]}"
                yield name, first, last - first, 1.0, connection
        row = sum(population.size for population in self.populations)
        for incoming in spec.incoming:
            for connection in self.connections:
                if connection.source == incoming.port:
                    channel = CHANNEL_NAMES[connection.channel]
                    name = f"{incoming.source}->{incoming.port}->{connection.target}:{channel}"
                    yield name, row, incoming.source_size, incoming.weight_scale, connection
            row += incoming.source_size

    def synapse_count(self, spec: RegionSpec) -> int:
        """Number of synapses, without building them."""
        sizes = {population.name: population.size for population in self.populations}
        total = 0
        for _, _, n_axons, _, connection in self.wiring(spec):
            n_groups = connection.separate_groups(n_axons)
            own_group = -(-n_axons // n_groups) if n_groups else 0
            degree = 1 if connection.aligned else in_degree(n_axons - own_group, connection.probability)
            total += sizes[connection.target] * degree
        return total
