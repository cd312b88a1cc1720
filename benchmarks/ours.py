"""One region of this simulator as a contestant, and how a network becomes one."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter
from types import TracebackType
from typing import Self

import numpy as np
import torch

from benchmarks.contest import Stretch
from benchmarks.network import DT_MS, Cells, Network, Synapse
from benchmarks.network import Population as Neurons
from thalia_dask.neurons.base import EXCITATORY, INHIBITORY, Neuron
from thalia_dask.neurons.conductance import ConductanceLIFParams
from thalia_dask.neurons.delta import DeltaLIFParams
from thalia_dask.neurons.lif import LIFParams
from thalia_dask.regions.layout import Background, ExplicitConnection, Layout, Population
from thalia_dask.regions.spec import RegionSpec
from thalia_dask.regions.spiking import SpikingRegion
from thalia_dask.spikes import Arrivals
from thalia_dask.synapses.connectivity import EdgeList
from thalia_dask.ticks import Window, to_steps

WINDOW_STEPS = 100
LEAK_NS = 10.0
"""Free to choose: conductances are given as multiples of it."""


class OneRegion:
    """A region, advanced by this thread."""

    def __init__(self, region: SpikingRegion, warm_up_ms: float, duration_ms: float) -> None:
        torch.set_num_threads(1)
        self._region = region
        self._n_neurons = sum(region.populations.values())
        self._n_steps = to_steps(duration_ms, DT_MS, "the duration")
        self._now = 0
        self._advance(to_steps(warm_up_ms, DT_MS, "the warm-up"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        del self._region

    def run(self) -> Stretch:
        began = perf_counter()
        n_spikes = self._advance(self._n_steps)
        seconds = perf_counter() - began
        return Stretch(seconds, n_spikes / self._n_neurons / (self._n_steps * DT_MS) * 1e3)

    def _advance(self, n_steps: int) -> int:
        n_spikes, stop, nothing = 0, self._now + n_steps, Arrivals()
        while self._now < stop:
            window = Window(self._now, min(self._now + WINDOW_STEPS, stop))
            n_spikes += len(self._region.advance(window, nothing))
            self._now = window.stop
        return n_spikes


def build(network: Network) -> SpikingRegion:
    """The network as a region, in its initial state."""
    return region_of(network, tuple(connections(network)))


def region_of(network: Network, synapses: tuple[ExplicitConnection, ...]) -> SpikingRegion:
    """The neurons of a network, in its initial state, with these synapses."""
    spec = RegionSpec(network.name, "explicit", network.n_neurons, DT_MS, seed=1)
    populations = tuple(population(network.synapse, network.cells, given) for given in network.populations)
    region = SpikingRegion(spec, Layout(populations, synapses))
    region.tensors["membrane"].copy_(torch.from_numpy(network.membrane))
    if network.synapse == "conductance":
        current = region.tensors["current"]
        current[[EXCITATORY, INHIBITORY]] = torch.from_numpy(network.conductances * np.float32(LEAK_NS))
    return region


def population(synapse: Synapse, cells: Cells, given: Neurons) -> Population:
    """A population of the region, with its drive and background."""
    background = Background(given.background_hz, given.background_weight) if given.background_hz else None
    return Population(given.name, given.size, neuron(synapse, cells, given.drive_mv), background)


def neuron(synapse: Synapse, cells: Cells, drive_mv: float = 0.0) -> Neuron:
    """The model and its parameters; a tonic drive is a shift of the resting potential."""
    common = {
        "resting_mv": cells.resting_mv + drive_mv,
        "threshold_mv": cells.threshold_mv,
        "reset_mv": cells.reset_mv,
        "refractory_ms": cells.refractory_ms,
    }
    taus = {"tau_excitatory_ms": cells.tau_excitatory_ms, "tau_inhibitory_ms": cells.tau_inhibitory_ms}
    if synapse == "delta":
        return DeltaLIFParams(tau_membrane_ms=cells.tau_membrane_ms, **common)
    if synapse == "current":
        return LIFParams(tau_membrane_ms=cells.tau_membrane_ms, **common, **taus)
    return ConductanceLIFParams(
        capacitance_pf=LEAK_NS * cells.tau_membrane_ms,
        leak_ns=LEAK_NS,
        reversal_excitatory_mv=cells.reversal_excitatory_mv,
        reversal_inhibitory_mv=cells.reversal_inhibitory_mv,
        **common,
        **taus,
    )


def connections(network: Network) -> Iterator[ExplicitConnection]:
    """The synapses between every two populations, by sign."""
    stops = np.cumsum([population.size for population in network.populations])
    source_of, target_of = (np.searchsorted(stops, ends, side="right") for ends in (network.sources, network.targets))
    firsts = stops - [population.size for population in network.populations]
    names = [population.name for population in network.populations]
    weights = network.weights if network.synapse != "conductance" else np.abs(network.weights) * np.float32(LEAK_NS)
    key = (source_of * len(names) + target_of) * 2 + (network.weights < 0)
    for value in np.unique(key).tolist():
        chosen = key == value
        source, target = divmod(value // 2, len(names))
        edges = EdgeList(
            sources=(network.sources[chosen] - firsts[source]).astype(np.int32),
            targets=(network.targets[chosen] - firsts[target]).astype(np.int32),
            weights=weights[chosen],
            delays=network.delays[chosen],
        )
        channel = INHIBITORY if value % 2 else EXCITATORY
        yield ExplicitConnection(names[source], names[target], edges, channel)
