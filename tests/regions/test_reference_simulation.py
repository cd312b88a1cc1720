"""The fused kernel against plain Python loops: the same spikes on random networks."""

from __future__ import annotations

import numpy as np
import pytest

from tests.regions import reference
from tests.regions.contract import pairs
from thalia_dask.neurons.lif import EXCITATORY, INHIBITORY, SLOW, LIFParams
from thalia_dask.regions.layout import Background, Connection, Layout, Population
from thalia_dask.regions.spec import Incoming, RegionSpec
from thalia_dask.regions.spiking import SpikingRegion
from thalia_dask.seeds import generator
from thalia_dask.spikes import Arrivals
from thalia_dask.ticks import Window

N_STEPS = 150


def random_layout(rng: np.random.Generator) -> Layout:
    """Two or three populations, connected by every channel, with delays of their own."""
    names = ["a", "b", "c"][: rng.integers(2, 4)]
    populations = tuple(
        Population(
            name,
            int(rng.integers(3, 13)),
            LIFParams(
                tau_membrane_ms=float(rng.uniform(8, 30)),
                refractory_ms=float(rng.integers(0, 4)),
                adaptation_mv=float(rng.uniform(0, 3)),
                tau_adaptation_ms=float(rng.uniform(30, 120)),
            ),
            Background(float(rng.uniform(200, 900)), float(rng.uniform(0.5, 3))) if rng.random() < 0.7 else None,
        )
        for name in names
    )
    connections = [
        Connection(
            source,
            target,
            float(rng.uniform(0.1, 0.9)),
            float(rng.uniform(10, 60)) * (-1 if channel == INHIBITORY else 1) * (0.1 if channel == SLOW else 1),
            channel,
            delay_ms=(float(rng.integers(0, 3)), float(rng.integers(3, 8))),
        )
        for channel in (EXCITATORY, INHIBITORY, SLOW)
        for source in [*names, "in"]
        for target in names
        if rng.random() < 0.5
    ]
    connections.append(Connection("in", "a", 0.5, 150.0, delay_ms=(0.0, 2.0)))
    connections.append(Connection("in", "b", 1.0, 80.0, delay_ms=(0.0, 0.0), aligned=True))
    return Layout(populations, tuple(connections), ("in",), "in", "a")


def random_network(seed: int, dt_ms: float) -> tuple[RegionSpec, Layout, list[tuple[int, int, int]]]:
    """And its input, as (step, projection, axon)."""
    rng = generator(seed, "reference")
    layout = random_layout(rng)
    incoming = (Incoming("x.all", 6, "in", 0.7), Incoming("y.all", 9, "in"))
    fires = rng.random((N_STEPS, 15)) < 0.1
    arrivals = [(s, int(a >= 6), a - 6 * (a >= 6)) for s, a in np.argwhere(fires).tolist()]
    return RegionSpec("r", "r", 1, dt_ms, seed, incoming=incoming), layout, arrivals


def between(start: int, stop: int, arrivals: list[tuple[int, int, int]]) -> Arrivals:
    return Arrivals(*np.array([arrival for arrival in arrivals if start <= arrival[0] < stop], np.int32).T.copy())


@pytest.mark.parametrize("dt_ms", [1.0, 0.5])
@pytest.mark.parametrize("seed", range(6))
def test_same_spikes_as_plain_loops(seed: int, dt_ms: float) -> None:
    spec, layout, arrivals = random_network(seed, dt_ms)
    packet = SpikingRegion(spec, layout).advance(Window(0, N_STEPS), between(0, N_STEPS, arrivals))
    expected = reference.simulate(spec, layout, arrivals, N_STEPS)
    assert len(expected) > 30, "the network is alive"
    assert len({neuron for _, neuron in expected}) > 5
    assert pairs(packet) == expected


def test_regions_that_take_turns_do_not_disturb_each_other() -> None:
    networks = [random_network(seed, 0.5) for seed in range(4)]
    regions = [SpikingRegion(spec, layout) for spec, layout, _ in networks]
    spikes: list[list[tuple[int, int]]] = [[] for _ in networks]
    for start in range(0, N_STEPS, 10):
        window = Window(start, start + 10)
        for region, (_, _, arrivals), emitted in zip(regions, networks, spikes, strict=True):
            emitted += pairs(region.advance(window, between(window.start, window.stop, arrivals)))
    assert spikes == [reference.simulate(*network, N_STEPS) for network in networks]


def test_random_numbers_of_the_reference_are_philox() -> None:
    assert reference.philox([0, 0, 0, 0], [0, 0]) == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
