"""The anatomy of a spiking region as data: populations, connections and the ports where axons end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from thalia_dask.declared import Count
from thalia_dask.neurons.base import CHANNEL_NAMES, SLOW, Neuron
from thalia_dask.neurons.lif import LIFParams
from thalia_dask.plasticity.index import learning_bytes
from thalia_dask.regions.connections import AnyConnection
from thalia_dask.regions.connections import Connection as Connection
from thalia_dask.regions.connections import ExplicitConnection as ExplicitConnection
from thalia_dask.regions.connections import FixedInDegree as FixedInDegree
from thalia_dask.regions.connections import FixedTotalNumber as FixedTotalNumber
from thalia_dask.regions.spec import RegionSpec
from thalia_dask.synapses.distributions import Distribution


@dataclass(frozen=True, slots=True)
class Background:
    """Independent Poisson input to every neuron of a population.

    Attributes
    ----------
    rate_hz : spikes onto each neuron.
    weight_mv : their efficacy, on the channel of fast excitation; in mV, or what the neuron's model takes.
    """

    rate_hz: float
    weight_mv: float


@dataclass(frozen=True, slots=True)
class Drive:
    """A tonic current that follows a rhythm, or the level of a neuromodulator.

    ``source`` is an oscillator (the drive is ``amplitude_mv`` x cosine of its phase) or a neuromodulator
    (``amplitude_mv`` x level). ``gates`` are names of either whose product scales it, as they scale a learning rule.
    """

    source: str
    amplitude_mv: float
    gates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Population:
    """Neurons that share their parameters.

    Attributes
    ----------
    name, size : as recorded; the number of neurons.
    neuron : their model, with its parameters.
    background : Poisson input, or None.
    drives : tonic currents, which add up.
    initial_mv : of the membrane potentials at the beginning and after a reset, or None for the resting potential.
    """

    name: str
    size: Count
    neuron: Neuron = field(default_factory=LIFParams)
    background: Background | None = None
    drives: tuple[Drive, ...] = ()
    initial_mv: Distribution | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """A region as data.

    Attributes
    ----------
    populations : in the order of their slices of the neuron array.
    connections : inside the region, and from its ports.
    ports : afferent pathways; the first is where axons end that name none, ``stimulus`` where the stimulus does.
        A region that lives alone needs none.
    default_output : population whose axons leave where a projection names none.
    n_actions : action channels into which reward-modulated target populations are divided, and those that vote
        (``kind.VOTES``); 0 for none.
    """

    populations: tuple[Population, ...]
    connections: tuple[AnyConnection, ...]
    ports: tuple[str, ...] = ()
    stimulus: str = ""
    default_output: str = ""
    n_actions: int = 0

    @property
    def n_channels(self) -> int:
        """Receptor channels that are needed: the slow one costs time, and few regions have it."""
        return 1 + max([SLOW - 1, *(connection.channel for connection in self.connections)])

    def slices(self) -> dict[str, tuple[int, int]]:
        """Population -> first and last index (exclusive) of its neurons."""
        slices, first = {}, 0
        for population in self.populations:
            slices[population.name] = (first, first + population.size)
            first += population.size
        return slices

    def wiring(self, spec: RegionSpec) -> Iterator[tuple[str, int, int, float, AnyConnection]]:
        """Every bundle of synapses: name, first row of its axons, their number, weight scale, connection.

        Rows are the region's own neurons, then the axons of its incoming projections.
        """
        slices = self.slices()
        for name, connection in self._named():
            if connection.source in slices:
                first, last = slices[connection.source]
                yield name, first, last - first, 1.0, connection
        row = sum(population.size for population in self.populations)
        for incoming in spec.incoming:
            for name, connection in self._named():
                if connection.source == incoming.port:
                    name = f"{incoming.source}->{name}"
                    yield name, row, incoming.source_size, incoming.weight_scale, connection
            row += incoming.source_size

    def _named(self) -> Iterator[tuple[str, AnyConnection]]:
        """The connections, each with a name of its own, of which its synapses are a function."""
        times: Counter[str] = Counter()
        for connection in self.connections:
            name = f"{connection.source}->{connection.target}:{CHANNEL_NAMES[connection.channel]}"
            times[name] += 1
            yield name if times[name] == 1 else f"{name}:{times[name]}", connection

    def synapse_count(self, spec: RegionSpec, *, plastic: bool = False) -> int:
        """Number of synapses, or of those that learn, without building them."""
        sizes = {population.name: population.size for population in self.populations}
        return sum(
            connection.synapse_count(n_axons, sizes[connection.target])
            for _, _, n_axons, _, connection in self.wiring(spec)
            if connection.rule or not plastic
        )

    def learning_bytes(self, spec: RegionSpec) -> int:
        """Memory that its rules take, without building anything."""
        kept = [connection.rule.n_kept for connection in self.connections if connection.rule]
        if not kept:
            return 0
        return learning_bytes(self.synapse_count(spec), self.synapse_count(spec, plastic=True), max(kept))
