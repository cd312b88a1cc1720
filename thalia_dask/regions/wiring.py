"""From a layout to the synapse table of a region, the same wherever it is built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thalia_dask.errors import ConfigError
from thalia_dask.plasticity.base import PlasticConnection, PlasticTable, index_plastic
from thalia_dask.regions.layout import Layout
from thalia_dask.regions.spec import RegionSpec
from thalia_dask.seeds import derive_seed, generator
from thalia_dask.synapses.table import SynapseTable


@dataclass(frozen=True, slots=True, eq=False)
class Wiring:
    """All synapses of a region.

    Attributes
    ----------
    synapses, plastic : the tables.
    gates : for each plastic connection, the names that gate it.
    """

    synapses: SynapseTable
    plastic: PlasticTable
    gates: tuple[tuple[str, ...], ...]


def wire(spec: RegionSpec, layout: Layout) -> Wiring:
    """Draw every connection of the region from generators named after it, and sort the synapses by axon."""
    slices = layout.slices()
    n_neurons = sum(population.size for population in layout.populations)
    targets = {population.name: population.neuron for population in layout.populations}
    columns: list[tuple[NDArray[Any], ...]] = []
    plastic: list[PlasticConnection] = []
    gates: list[tuple[str, ...]] = []
    plastic_number: list[int] = []
    n_rows = n_neurons + sum(incoming.source_size for incoming in spec.incoming)
    for name, first_row, n_axons, scale, connection in layout.wiring(spec):
        target_first, target_last = slices[connection.target]
        n_targets = target_last - target_first
        neuron = targets[connection.target]
        if connection.channel not in neuron.channels:
            raise ConfigError(
                f"region '{spec.name}': {name} has receptor channel {connection.channel}, which "
                f"{type(neuron).__name__} does not have; write one of {', '.join(map(str, neuron.channels))}"
            )
        earliest = 1 if first_row < n_neurons else 0
        rng = generator(spec.seed, spec.name, "wiring", name)
        edges = connection.draw(n_axons, n_targets, spec.dt_ms, earliest, rng)
        slot = connection.channel * n_neurons + target_first + edges.targets.astype(np.int64)
        weights = (scale * edges.weights).astype(np.float32)
        columns.append((first_row + edges.sources.astype(np.int64), slot, weights, edges.delays))
        plastic_number.append(len(plastic) if connection.rule else -1)
        if connection.rule:
            total = scale * connection.total_weight(n_targets)
            degree = max(1, len(edges.sources) // max(1, n_targets))
            plastic.append(
                PlasticConnection(
                    rule=connection.rule,
                    rows=(first_row, first_row + n_axons),
                    targets=(target_first, target_last),
                    channel=connection.channel,
                    mean_weight=total / degree,
                    total_weight=total,
                )
            )
            gates.append(connection.gates)

    bundle = np.repeat(np.arange(len(columns), dtype=np.int32), [len(column[0]) for column in columns])
    rows, slots, weights, delays = (_join(columns, field) for field in range(4))
    order = np.lexsort((slots, bundle, delays, rows))
    bundle = bundle[order]
    synapses = SynapseTable(
        row_start=np.searchsorted(rows[order], np.arange(n_rows + 1)).astype(np.int64),
        slot=slots[order].astype(np.int32),
        weight=weights[order].astype(np.float32),
        delay=delays[order].astype(np.uint16),
    )
    owner = np.array([*plastic_number, -1], np.int32)[bundle]
    table = index_plastic(plastic, owner, synapses, n_neurons, spec.dt_ms)
    return Wiring(synapses, table, tuple(gates))


def noise_key(spec: RegionSpec) -> NDArray[np.uint64]:
    """The two 32-bit words that name a region's noise."""
    seed = derive_seed(spec.seed, spec.name, "noise")
    return np.array([seed & 0xFFFFFFFF, seed >> 32], np.uint64)


def _join(columns: list[tuple[NDArray[Any], ...]], field: int) -> NDArray[Any]:
    return np.concatenate([np.empty(0, np.int64), *(column[field] for column in columns)])
