"""Areas of a brain: a CUBA network in each, and long axons from each to the next three.

A part of every neuron's excitatory synapses comes from other areas instead of its own, so that it is the same CUBA
network for every neuron. Each area can be built alone, from its number, in the process where it lives.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from benchmarks.network import DT_MS, Network
from benchmarks.networks.cuba import CELLS, EXCITATORY_MV, INHIBITORY_MV, REFERENCE_DEGREE, populations
from benchmarks.networks.cuba import scattered_membrane as scattered
from benchmarks.ours import neuron
from thalia_dask.engine.executor import RegionCreator
from thalia_dask.neurons.base import EXCITATORY, INHIBITORY
from thalia_dask.regions.layout import ExplicitConnection, Layout, Population
from thalia_dask.regions.spec import Incoming, RegionSpec
from thalia_dask.regions.spiking import SpikingRegion
from thalia_dask.seeds import generator
from thalia_dask.synapses.connectivity import EdgeList
from thalia_dask.topology.plan import AxonalProjection, BrainPlan

LONG_DELAYS_MS = (5.0, 12.0, 20.0)
"""To the next area, and to the two after it."""
LOCAL_DELAY_STEPS = (1, 20)
FROM_ELSEWHERE = 0.3
"""Share of the excitatory synapses whose source is in another area."""


@dataclass(frozen=True, slots=True)
class Areas:
    """How many areas, how large, and how many synapses each neuron has."""

    n_areas: int
    n_neurons: int
    in_degree: int
    seed: int = 1

    @property
    def n_excitatory(self) -> int:
        return populations(self.n_neurons)[0].size

    def plan(self) -> BrainPlan:
        """What the engine must know; an area's axons are those of its excitatory neurons."""
        exc, inh = populations(self.n_neurons)
        projections = tuple(
            AxonalProjection(_name(source), "exc", _name(target), _port(hop), 0, exc.size, delay_steps, hop)
            for target in range(self.n_areas)
            for hop, (source, delay_steps) in enumerate(self.sources_of(target))
        )
        sizes = ((exc.name, exc.size), (inh.name, inh.size))
        specs = tuple(self.spec(area) for area in range(self.n_areas))
        return BrainPlan(DT_MS, self.seed, specs, projections, (), tuple((spec.name, sizes) for spec in specs))

    def creators(self) -> dict[str, RegionCreator]:
        """How to build each area."""
        return {_name(area): partial(create_area, self, area) for area in range(self.n_areas)}

    def spec(self, area: int) -> RegionSpec:
        """The area as the target of its long axons."""
        incoming = tuple(
            Incoming(f"{_name(source)}.exc", self.n_excitatory, _port(hop))
            for hop, (source, _) in enumerate(self.sources_of(area))
        )
        return RegionSpec(_name(area), "explicit", self.n_neurons, DT_MS, self.seed, incoming=incoming)

    def sources_of(self, area: int) -> list[tuple[int, int]]:
        """The areas whose axons come here, and their delay in steps."""
        return [((area - hop) % self.n_areas, round(ms / DT_MS)) for hop, ms in enumerate(LONG_DELAYS_MS, start=1)]

    def edges(self, area: int) -> dict[str, EdgeList]:
        """Synapses onto an area by where they come from: ``exc``, ``inh`` and the ports of long axons.

        Targets count over the whole area, sources over the excitatory or inhibitory neurons.
        """
        n_exc = self.n_excitatory
        far = round(FROM_ELSEWHERE * self.in_degree * 4 / 5 / len(LONG_DELAYS_MS))
        near, inhibitory = self.in_degree * 4 // 5 - far * len(LONG_DELAYS_MS), self.in_degree // 5
        ports = {_port(hop): (n_exc, far, EXCITATORY_MV, (0, 0)) for hop in range(len(LONG_DELAYS_MS))}
        bundles = {
            "exc": (n_exc, near, EXCITATORY_MV, LOCAL_DELAY_STEPS),
            "inh": (self.n_neurons - n_exc, inhibitory, INHIBITORY_MV, LOCAL_DELAY_STEPS),
            **ports,
        }
        return {name: self._draw(area, name, *bundle) for name, bundle in bundles.items()}

    def _draw(
        self, area: int, name: str, n_sources: int, degree: int, efficacy_mv: float, delay_steps: tuple[int, int]
    ) -> EdgeList:
        rng = generator(self.seed, "areas", str(area), name)
        count = self.n_neurons * degree
        return EdgeList(
            sources=rng.integers(0, n_sources, count, dtype=np.int32),
            targets=np.repeat(np.arange(self.n_neurons, dtype=np.int32), degree),
            weights=np.full(count, efficacy_mv * REFERENCE_DEGREE / self.in_degree, np.float32),
            delays=rng.integers(delay_steps[0], delay_steps[1] + 1, count, dtype=np.int32),
        )

    def membrane(self, area: int) -> np.ndarray:
        """Initial potentials, mV."""
        return scattered(self.n_neurons, generator(self.seed, "areas", str(area), "membrane"))

    def joined(self) -> Network:
        """All areas as one network, for simulators that know no areas."""
        columns = [np.concatenate(column) for column in zip(*self._global_edges(), strict=True)]
        sources, targets, weights, delays = columns
        n_areas, (exc, inh) = self.n_areas, populations(self.n_neurons)
        return Network(
            name=f"areas-{n_areas}x{self.n_neurons}",
            synapse="current",
            cells=CELLS,
            populations=tuple(p._replace(name=f"{_name(a)}_{p.name}") for a in range(n_areas) for p in (exc, inh)),
            sources=sources,
            targets=targets,
            weights=weights,
            delays=delays,
            membrane=np.concatenate([self.membrane(area) for area in range(n_areas)]),
        )

    def _global_edges(self) -> Iterator[EdgeList]:
        for area in range(self.n_areas):
            here = area * self.n_neurons
            origins = {"exc": (here, 0), "inh": (here + self.n_excitatory, 0)}
            for hop, (source, delay_steps) in enumerate(self.sources_of(area)):
                origins[_port(hop)] = (source * self.n_neurons, delay_steps)
            for name, edges in self.edges(area).items():
                first, delay_steps = origins[name]
                yield EdgeList(
                    edges.sources + np.int32(first),
                    edges.targets + np.int32(here),
                    edges.weights,
                    edges.delays + np.int32(delay_steps),
                )


def create_area(areas: Areas, area: int) -> SpikingRegion:
    """Build an area: one population of its excitatory, one of its inhibitory neurons."""
    n_exc, cell = areas.n_excitatory, neuron("current", CELLS)
    connections = []
    for name, edges in areas.edges(area).items():
        channel = INHIBITORY if name == "inh" else EXCITATORY
        for target, first, last in (("exc", 0, n_exc), ("inh", n_exc, areas.n_neurons)):
            chosen = (edges.targets >= first) & (edges.targets < last)
            part = EdgeList(*(column[chosen] for column in edges))
            part = part._replace(targets=part.targets - np.int32(first))
            connections.append(ExplicitConnection(name, target, part, channel))
    layout = Layout(
        populations=(Population("exc", n_exc, cell), Population("inh", areas.n_neurons - n_exc, cell)),
        connections=tuple(connections),
        ports=tuple(_port(hop) for hop in range(len(LONG_DELAYS_MS))),
        default_output="exc",
    )
    region = SpikingRegion(areas.spec(area), layout)
    region.tensors["membrane"].copy_(torch.from_numpy(areas.membrane(area)))
    return region


def _name(area: int) -> str:
    return f"area{area:02}"


def _port(hop: int) -> str:
    return f"from{hop + 1}"
