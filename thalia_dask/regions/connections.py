"""The kinds of connection that a layout may have: what they share, and how each draws its synapses."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from thalia_dask.errors import ConfigError
from thalia_dask.neurons.base import EXCITATORY
from thalia_dask.plasticity.base import Rule
from thalia_dask.synapses.connectivity import EdgeList, aligned_sources, edge_list, in_degree, random_sources


class AnyConnection(ABC):
    """Synapses from a population, or from the axons that end in a port, onto a population.

    Attributes
    ----------
    source, target : a population or port; a population.
    channel : receptor channel (``neurons.base``).
    rule : learning rule, or None for static synapses.
    gates : names of oscillators and neuromodulators whose product scales the rule: (1 + cos phase) / 2, and level.
    """

    source: str
    target: str
    channel: int
    rule: Rule | None
    gates: tuple[str, ...]

    @abstractmethod
    def synapse_count(self, n_axons: int, n_targets: int) -> int:
        """Number of synapses, without drawing them."""

    @abstractmethod
    def total_weight(self, n_targets: int) -> float:
        """Sum of the efficacies onto one target, mV, on average."""

    @abstractmethod
    def draw(self, n_axons: int, n_targets: int, dt_ms: float, earliest: int, rng: np.random.Generator) -> EdgeList:
        """Synapses from ``n_axons`` axons, none with a delay of less than ``earliest`` steps."""


@dataclass(frozen=True, slots=True)
class Connection(AnyConnection):
    """Random synapses.

    Attributes
    ----------
    probability : of a synapse from each possible source; the in-degree is the same for all targets.
    total_weight_mv : efficacies onto one target add up to this on average; negative for inhibition.
    delay_ms : inclusive range of delays; a spike inside the region takes at least one step.
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

    def _separate_groups(self, n_axons: int) -> int:
        """Groups that are not connected to themselves; no neuron is connected to itself."""
        return self.n_groups or (n_axons if self.source == self.target else 0)

    def synapse_count(self, n_axons: int, n_targets: int) -> int:
        n_groups = self._separate_groups(n_axons)
        own_group = -(-n_axons // n_groups) if n_groups else 0
        return n_targets * (1 if self.aligned else in_degree(n_axons - own_group, self.probability))

    def total_weight(self, n_targets: int) -> float:  # noqa: ARG002
        return self.total_weight_mv

    def draw(self, n_axons: int, n_targets: int, dt_ms: float, earliest: int, rng: np.random.Generator) -> EdgeList:
        if self.aligned:
            sources = aligned_sources(n_axons, n_targets)
        else:
            sources = random_sources(n_axons, n_targets, self.probability, self._separate_groups(n_axons), rng)
        low, high = (max(round(ms / dt_ms), earliest) for ms in self.delay_ms)
        return edge_list(sources, self.total_weight_mv, (low, high), rng)


@dataclass(frozen=True, slots=True, eq=False)
class ExplicitConnection(AnyConnection):
    """Synapses that are given one by one: ``edges``, indices within source and target, delays in steps."""

    source: str
    target: str
    edges: EdgeList
    channel: int = EXCITATORY
    rule: Rule | None = None
    gates: tuple[str, ...] = ()

    def synapse_count(self, n_axons: int, n_targets: int) -> int:  # noqa: ARG002
        return len(self.edges.sources)

    def total_weight(self, n_targets: int) -> float:
        return float(np.sum(self.edges.weights, dtype=np.float64)) / max(1, n_targets)

    def draw(
        self,
        n_axons: int,
        n_targets: int,
        dt_ms: float,  # noqa: ARG002
        earliest: int,
        rng: np.random.Generator,  # noqa: ARG002
    ) -> EdgeList:
        edges = self.edges
        where = f"edges of connection {self.source} -> {self.target}"
        lengths = [len(column) for column in edges]
        if len(set(lengths)) > 1:
            raise ConfigError(f"{where} have {lengths} {', '.join(edges._fields)}; write as many of each")
        for what, column, least, most in (
            ("sources", edges.sources, 0, n_axons - 1),
            ("targets", edges.targets, 0, n_targets - 1),
            ("delays", edges.delays, earliest, np.iinfo(np.uint16).max),
        ):
            if len(column) and not least <= column.min() <= column.max() <= most:
                raise ConfigError(
                    f"{where}: {what} go from {column.min()} to {column.max()}; write {least} to {most}"
                )
        return edges
