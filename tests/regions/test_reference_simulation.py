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


@pytest.mark.parametrize("dt_ms", [1.0, 0.5])
@pytest.mark.parametrize("seed", range(6))
def test_same_spikes_as_plain_loops(seed: int, dt_ms: float) -> None:
    rng = generator(seed, "reference")
    layout = random_layout(rng)
    incoming = (Incoming("x.all", 6, "in", 0.7), Incoming("y.all", 9, "in"))
    spec = RegionSpec("r", "r", 1, dt_ms, seed, incoming=incoming)
    fires = rng.random((N_STEPS, 15)) < 0.1
    arrivals = [(s, int(a >= 6), a - 6 * (a >= 6)) for s, a in np.argwhere(fires).tolist()]

    region = SpikingRegion(spec, layout)
    columns = np.array(arrivals, np.int32).T.copy()
    packet = region.advance(Window(0, N_STEPS), Arrivals(*columns))
    expected = reference.simulate(spec, layout, arrivals, N_STEPS)
    assert len(expected) > 30, "the network is alive"
    assert len({neuron for _, neuron in expected}) > 5
    assert pairs(packet) == expected


def test_random_numbers_of_the_reference_are_philox() -> None:
    assert reference.philox([0, 0, 0, 0], [0, 0]) == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
