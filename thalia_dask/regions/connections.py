"""The kinds of connection that a layout may have: what they share, and how each draws its synapses."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from thalia_dask.declared import MOST_MV, Bounds, NonNegative, Whole
from thalia_dask.errors import ConfigError
from thalia_dask.jit import Words
from thalia_dask.neurons.base import EXCITATORY
from thalia_dask.plasticity.base import Rule
from thalia_dask.synapses.building import Draw
from thalia_dask.synapses.connectivity import (
    EdgeList,
    aligned_sources,
    any_sources,
    distinct_sources,
    in_degree,
    multinomial_in_degree,
    same_in_degree,
)
from thalia_dask.synapses.distributions import (
    LONGEST_DELAY,
    Distribution,
    Normal,
    Uniform,
    check_longest_delay,
    check_order,
)
from thalia_dask.synapses.draws import GivenDraw, RandomDraw
from thalia_dask.synapses.short_term import TsodyksMarkram

Groups = Annotated[int, Bounds("a whole number of at least 0, 0 for none", 0.0, 2.0**31)]
"""So many that their number times that of a neuron is an int64."""


class AnyConnection(ABC):
    """Synapses from a population, or from the axons that end in a port, onto a population.

    Attributes
    ----------
    source, target : a population or port; a population.
    channel : receptor channel (``neurons.base``).
    rule : learning rule, or None for static synapses.
    gates : names of oscillators and neuromodulators whose product scales the rule: (1 + cos phase) / 2, and level.
    short_term : short-term plasticity, or None for efficacies that only a rule changes.
    """

    source: str
    target: str
    channel: int
    rule: Rule | None
    gates: tuple[str, ...]
    short_term: TsodyksMarkram | None

    def __str__(self) -> str:
        return f"connection {self.source} -> {self.target}"

    def check(self, where: str, dt_ms: float) -> None:  # noqa: B027 (where nothing is known beforehand)
        """Refuse what is known to be impossible before anything is drawn; ``where`` is for the error."""

    def check_ends(self, where: str, n_axons: int | None, n_targets: int, earliest: int) -> None:  # noqa: B027
        """Refuse ends that do not exist; ``n_axons`` is None where nobody knows yet what will end in a port."""

    @abstractmethod
    def synapse_count(self, n_axons: int, n_targets: int) -> int:
        """Number of synapses, without drawing them."""

    @property
    @abstractmethod
    def efficacy_range(self) -> tuple[float, float]:
        """The least and the largest efficacy, up to a positive factor."""

    @abstractmethod
    def total_weight(self, n_axons: int, n_targets: int) -> float:
        """Sum of the efficacies onto one target, mV, on average."""

    @abstractmethod
    def draw(self, n_axons: int, n_targets: int, dt_ms: float, earliest: int, key: Words) -> Draw:
        """Synapses from ``n_axons`` axons, none with a delay of less than ``earliest`` steps.

        ``key`` is two uint64 words, of which all that is random is a function.
        """


@dataclass(frozen=True, slots=True)
class Connection(AnyConnection):
    """Random synapses, as many onto every target, none twice.

    Efficacies are uniform on [0.5, 1.5] of their mean, delays over the steps of their range.

    Attributes
    ----------
    probability : of a synapse from each possible source; the in-degree is the same for all targets.
    total_weight_mv : efficacies onto one target add up to this on average; negative for inhibition.
    delay_ms : inclusive range of delays; a spike inside the region takes at least one step.
    n_groups : sources and targets of the same of so many groups are not connected (lateral inhibition). Where it does
        not divide their numbers, some groups have one cell more than others.
    aligned : one synapse per target from the source in the same relative place, whatever ``probability``.
    """

    source: str
    target: str
    probability: float
    total_weight_mv: float
    channel: int = EXCITATORY
    delay_ms: tuple[NonNegative, NonNegative] = (0.5, 1.5)
    rule: Rule | None = None
    gates: tuple[str, ...] = ()
    n_groups: Groups = 0
    aligned: bool = False
    short_term: TsodyksMarkram | None = None

    def check(self, where: str, dt_ms: float) -> None:
        low, high = self.delay_ms
        if low > high:
            raise ConfigError(
                f"{where}: delay_ms goes from {low:g} to {high:g}, the longest first; write ({high:g}, {low:g})"
            )
        if self.aligned and self.n_groups:
            raise ConfigError(
                f"{where} is aligned, so that no synapse is random, and n_groups = {self.n_groups} of them would be "
                "ignored; leave one of the two out"
            )
        check_longest_delay(where, round(high / dt_ms))

    def _separate_groups(self, n_axons: int) -> int:
        """Groups that are not connected to themselves; no neuron is connected to itself."""
        return self.n_groups or (n_axons if self.source == self.target else 0)

    def _in_degree(self, n_axons: int) -> int:
        n_groups = self._separate_groups(n_axons)
        own_group = -(-n_axons // n_groups) if n_groups else 0
        return 1 if self.aligned else in_degree(n_axons - own_group, self.probability)

    def synapse_count(self, n_axons: int, n_targets: int) -> int:
        return n_targets * self._in_degree(n_axons)

    @property
    def efficacy_range(self) -> tuple[float, float]:
        return self.total_weight_mv, self.total_weight_mv

    def total_weight(self, n_axons: int, n_targets: int) -> float:  # noqa: ARG002
        return self.total_weight_mv

    def draw(self, n_axons: int, n_targets: int, dt_ms: float, earliest: int, key: Words) -> Draw:
        degree = self._in_degree(n_axons)
        start = same_in_degree(n_targets, degree)
        n_groups = self._separate_groups(n_axons)
        mean = self.total_weight_mv / max(1, degree)
        low, high = (max(round(ms / dt_ms), earliest) for ms in self.delay_ms)
        return RandomDraw(
            start=start,
            sources=partial(aligned_sources, n_axons, n_targets)
            if self.aligned
            else partial(distinct_sources, start, n_sources=n_axons, n_groups=n_groups, key=key),
            key=key,
            weights=Uniform(0.5 * mean, 1.5 * mean),
            delays=Uniform(low - 0.5, high + 0.5),
            delay_unit=1.0,
            earliest=earliest,
            where=str(self),
        )


@dataclass(frozen=True, slots=True)
class FixedInDegree(AnyConnection):
    """So many synapses onto every target, from any sources, any number of times, a neuron's own axon included.

    NEST's ``fixed_indegree`` with autapses and multapses. ``weight`` is in mV, or what the target's model takes;
    ``delay`` in ms.
    """

    source: str
    target: str
    in_degree: Whole
    weight: Distribution
    delay: Distribution
    channel: int = EXCITATORY
    rule: Rule | None = None
    gates: tuple[str, ...] = ()
    short_term: TsodyksMarkram | None = None

    def check(self, where: str, dt_ms: float) -> None:
        _check_weight(where, self.weight)
        _check_delay(where, self.delay, dt_ms)

    def synapse_count(self, n_axons: int, n_targets: int) -> int:
        return n_targets * self.in_degree if n_axons else 0

    @property
    def efficacy_range(self) -> tuple[float, float]:
        return self.weight.ends

    def total_weight(self, n_axons: int, n_targets: int) -> float:  # noqa: ARG002
        return self.in_degree * self.weight.center

    def draw(self, n_axons: int, n_targets: int, dt_ms: float, earliest: int, key: Words) -> Draw:
        start = same_in_degree(n_targets, self.in_degree if n_axons else 0)
        sources = partial(any_sources, start, n_sources=n_axons, key=key)
        return RandomDraw(start, sources, key, self.weight, self.delay, dt_ms, earliest, str(self))


@dataclass(frozen=True, slots=True)
class FixedTotalNumber(AnyConnection):
    """So many synapses in all, each between any source and any target.

    NEST's ``fixed_total_number``, by which Potjans & Diesmann (2014), Cereb. Cortex 24:785, connect their
    microcircuit. Units as in :class:`FixedInDegree`.
    """

    source: str
    target: str
    n_synapses: int
    weight: Distribution
    delay: Distribution
    channel: int = EXCITATORY
    rule: Rule | None = None
    gates: tuple[str, ...] = ()
    short_term: TsodyksMarkram | None = None

    def check(self, where: str, dt_ms: float) -> None:
        _check_weight(where, self.weight)
        _check_delay(where, self.delay, dt_ms)

    def synapse_count(self, n_axons: int, n_targets: int) -> int:
        return self.n_synapses if n_axons and n_targets else 0

    @property
    def efficacy_range(self) -> tuple[float, float]:
        return self.weight.ends

    def total_weight(self, n_axons: int, n_targets: int) -> float:
        return self.synapse_count(n_axons, n_targets) * self.weight.center / max(1, n_targets)

    def draw(self, n_axons: int, n_targets: int, dt_ms: float, earliest: int, key: Words) -> Draw:
        start = multinomial_in_degree(n_targets, self.synapse_count(n_axons, n_targets), key)
        sources = partial(any_sources, start, n_sources=n_axons, key=key)
        return RandomDraw(start, sources, key, self.weight, self.delay, dt_ms, earliest, str(self))


@dataclass(frozen=True, slots=True, eq=False)
class ExplicitConnection(AnyConnection):
    """Synapses that are given one by one: ``edges``, indices within source and target, delays in steps."""

    source: str
    target: str
    edges: EdgeList
    channel: int = EXCITATORY
    rule: Rule | None = None
    gates: tuple[str, ...] = ()
    short_term: TsodyksMarkram | None = None

    def check(self, where: str, dt_ms: float) -> None:  # noqa: ARG002
        for what, column in self.edges._asdict().items():
            kinds, told = ("fiu", "numbers") if what == "weights" else ("iu", "whole numbers")
            if not (isinstance(column, np.ndarray) and column.ndim == 1 and column.dtype.kind in kinds):
                raise ConfigError(
                    f"{where}: the {what} of edges are {column!r:.80}; write an array of {told}, shape (synapses,)"
                )
        lengths = [len(column) for column in self.edges]
        if len(set(lengths)) > 1:
            raise ConfigError(f"{where}: edges have {lengths} {', '.join(self.edges._fields)}; write as many of each")
        _check_column(f"{where}: weights of edges", self.edges.weights, -MOST_MV, MOST_MV)
        check_longest_delay(where, int(np.max(self.edges.delays, initial=0)))

    def check_ends(self, where: str, n_axons: int | None, n_targets: int, earliest: int) -> None:
        if n_axons is not None:
            _check_column(f"{where}: sources of edges", self.edges.sources, 0, n_axons - 1)
        _check_column(f"{where}: targets of edges", self.edges.targets, 0, n_targets - 1)
        _check_column(f"{where}: delays of edges", self.edges.delays, earliest, LONGEST_DELAY)

    def synapse_count(self, n_axons: int, n_targets: int) -> int:  # noqa: ARG002
        return len(self.edges.sources)

    @property
    def efficacy_range(self) -> tuple[float, float]:
        return float(np.min(self.edges.weights, initial=0.0)), float(np.max(self.edges.weights, initial=0.0))

    def total_weight(self, n_axons: int, n_targets: int) -> float:  # noqa: ARG002
        return float(np.sum(self.edges.weights, dtype=np.float64)) / max(1, n_targets)

    def draw(self, n_axons: int, n_targets: int, dt_ms: float, earliest: int, key: Words) -> Draw:  # noqa: ARG002
        return GivenDraw(self.edges)


def _check_column(what: str, column: NDArray[Any], least: float, most: float) -> None:
    if len(column) and not least <= column.min() <= column.max() <= most:
        raise ConfigError(f"{what} go from {column.min()} to {column.max()}; write {least:g} to {most:g}")


def _check_weight(where: str, weight: Distribution) -> None:
    check_order(f"{where}: weight", weight)
    if isinstance(weight, Normal) and weight.mean == 0.0 < weight.sd:
        raise ConfigError(
            f"{where}: weight is {weight!r}, and nobody knows its sign; write a mean above 0 for excitation, below 0 "
            "for inhibition"
        )


def _check_delay(where: str, delay: Distribution, dt_ms: float) -> None:
    check_order(f"{where}: delay", delay)
    low, high = delay.ends
    if low < 0.0:
        raise ConfigError(f"{where}: delay is {delay!r}; write a distribution of at least 0 ms")
    check_longest_delay(where, high / dt_ms)
