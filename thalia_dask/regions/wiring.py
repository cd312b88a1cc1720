"""From a layout to the synapse table of a region, the same wherever it is built."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from thalia_dask.jit import Floats, Words
from thalia_dask.plasticity.base import PlasticTable
from thalia_dask.plasticity.index import PlasticConnection, index_plastic
from thalia_dask.regions.checks import check_layout
from thalia_dask.regions.layout import Layout, Population
from thalia_dask.regions.spec import RegionSpec
from thalia_dask.seeds import derive_seed
from thalia_dask.synapses.building import Placement, build
from thalia_dask.synapses.short_term import ShortTermTable, TsodyksMarkram, index_short_term
from thalia_dask.synapses.table import SynapseTable


@dataclass(frozen=True, slots=True, eq=False)
class Wiring:
    """All synapses of a region.

    Attributes
    ----------
    synapses, short_term, plastic : the tables.
    gates : for each plastic connection, the names that gate it.
    """

    synapses: SynapseTable
    short_term: ShortTermTable
    plastic: PlasticTable
    gates: tuple[tuple[str, ...], ...]


def wire(spec: RegionSpec, layout: Layout) -> Wiring:
    """Draw every connection of the region from a key named after it, and sort the synapses by axon and delay.

    Raises
    ------
    ConfigError : if the layout, or a number in it, cannot be simulated.
    """
    check_layout(spec, layout)
    slices = layout.slices()
    n_neurons = sum(population.size for population in layout.populations)
    placements: list[Placement] = []
    plastic: list[PlasticConnection] = []
    gates: list[tuple[str, ...]] = []
    short_term: list[TsodyksMarkram] = []
    marks: list[tuple[int, int]] = []
    n_rows = n_neurons + sum(incoming.source_size for incoming in spec.incoming)
    for name, first_row, n_axons, scale, connection in layout.wiring(spec):
        targets = slices[connection.target]
        n_targets = targets[1] - targets[0]
        earliest = 1 if first_row < n_neurons else 0
        draw = connection.draw(n_axons, n_targets, spec.dt_ms, earliest, _key(spec, "wiring", name))
        mark = len(plastic) if connection.rule else -1, len(short_term) if connection.short_term else -1
        owner = -1 if mark == (-1, -1) else len(marks)
        largest = math.inf
        if owner >= 0:
            marks.append(mark)
        if connection.short_term:
            short_term.append(connection.short_term)
        if connection.rule:
            total = scale * connection.total_weight(n_axons, n_targets)
            degree = max(1, connection.synapse_count(n_axons, n_targets)) / max(1, n_targets)
            rows = (first_row, first_row + n_axons)
            mean = total / degree
            plastic.append(PlasticConnection(connection.rule, rows, targets, connection.channel, mean, total))
            gates.append(connection.gates)
            largest = connection.rule.largest * abs(mean)
        first_slot = connection.channel * n_neurons + targets[0]
        placements.append(Placement(draw, first_row, first_slot, scale, owner, largest))
    synapses, owners = build(n_rows, placements)
    of_mark = np.array([*marks, (-1, -1)], np.int16)  # an owner of -1 is the last
    return Wiring(
        synapses,
        index_short_term(short_term, of_mark[owners, 1], synapses, spec.dt_ms),
        index_plastic(plastic, of_mark[owners, 0], synapses, n_neurons, spec.dt_ms),
        tuple(gates),
    )


def noise_key(spec: RegionSpec) -> Words:
    """The two 32-bit words that name a region's noise."""
    return _key(spec, "noise")


def initial_membrane(spec: RegionSpec, population: Population) -> Floats:
    """Membrane potentials with which a population begins, mV, float32, shape (neurons,)."""
    if population.initial_mv is None:
        return np.full(population.size, population.neuron.resting_mv, np.float32)
    key = _key(spec, "initial", population.name)
    return population.initial_mv.sample(key, 0, 0, population.size).astype(np.float32)


def _key(spec: RegionSpec, *purpose: str) -> Words:
    seed = derive_seed(spec.seed, spec.name, *purpose)
    return np.array([seed & 0xFFFFFFFF, seed >> 32], np.uint64)
