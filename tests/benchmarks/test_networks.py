"""The networks are what their descriptions say, and ours runs them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.network import Network
from benchmarks.networks.areas import Areas
from benchmarks.networks.brunel import brunel
from benchmarks.networks.coba import coba
from benchmarks.networks.cuba import cuba
from benchmarks.networks.microcircuit import microcircuit, microcircuit_region, peak_to_current, synapse_counts
from benchmarks.ours import OneRegion, build
from benchmarks.regions import ManyRegions
from thalia_dask.engine.sequential import SequentialExecutor

AREAS = Areas(n_areas=4, n_neurons=500, in_degree=80)


@pytest.fixture(scope="module")
def small() -> Network:
    return cuba(2000, (1, 100), probability=0.04)


def test_cuba_has_a_fixed_in_degree(small: Network) -> None:
    inhibitory = small.sources >= 1600
    assert set(np.bincount(small.targets)) == {80}
    assert set(np.bincount(small.targets[inhibitory])) == {16}
    assert set(small.weights[inhibitory]) == {np.float32(-9.0)}
    assert set(small.weights[~inhibitory]) == {np.float32(1.62)}
    assert (small.delays.min(), small.delays.max()) == (1, 100)


def test_total_efficacy_does_not_grow_with_the_network() -> None:
    sums = [np.abs(cuba(n).weights).sum() / n for n in (4000, 8000)]
    assert sums[0] == pytest.approx(sums[1], rel=1e-4)


def test_a_network_survives_its_file(small: Network, tmp_path: Path) -> None:
    small.save(tmp_path / "network.npz")
    loaded = Network.load(tmp_path / "network.npz")
    assert (loaded.name, loaded.cells, loaded.populations) == (small.name, small.cells, small.populations)
    for name in ("sources", "targets", "weights", "delays", "membrane", "conductances"):
        assert np.array_equal(getattr(loaded, name), getattr(small, name))


def test_microcircuit_has_the_published_numbers() -> None:
    assert synapse_counts().sum() == pytest.approx(298.9e6, rel=1e-3)
    assert peak_to_current() * 0.15 / 0.04 == pytest.approx(87.8, rel=1e-3), "pA, with 40 MOhm"
    network = microcircuit(0.02)
    assert len(network.sources) == synapse_counts(0.02).sum()
    assert network.delays[network.weights > 0].mean() == pytest.approx(15, rel=0.05)
    assert network.delays.min() == 1


@pytest.mark.parametrize(
    ("network", "rates_hz"),
    [(cuba(2000, probability=0.04), (3, 8)), (coba(4000), (10, 20)), (brunel(1250), (10, 150))],
    ids=lambda value: getattr(value, "name", ""),
)
def test_networks_are_active_in_ours(network: Network, rates_hz: tuple[float, float]) -> None:
    with OneRegion(build(network), warm_up_ms=100.0, duration_ms=200.0) as region:
        assert rates_hz[0] < region.run().rate_hz < rates_hz[1]


def test_microcircuit_is_as_active_with_its_own_synapses_as_with_given_ones() -> None:
    rates_hz = []
    for region in (build(microcircuit(0.03)), microcircuit_region(0.03)):
        with OneRegion(region, warm_up_ms=200.0, duration_ms=500.0) as ours:
            rates_hz.append(ours.run().rate_hz)
    assert rates_hz[0] == pytest.approx(rates_hz[1], rel=0.2)


def test_areas_spike_as_they_do_in_one_region() -> None:
    """The same edges, whether axons leave a region or not: one spike more or less would let them drift apart."""
    with (
        ManyRegions(AREAS.plan(), AREAS.creators(), SequentialExecutor(), 0.0, 30.0) as apart,
        OneRegion(build(AREAS.joined()), 0.0, 30.0) as together,
    ):
        ours, theirs = apart.run().rate_hz, together.run().rate_hz
    assert ours > 0
    assert ours == pytest.approx(theirs, rel=0.01)
