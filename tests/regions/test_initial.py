"""Membrane potentials begin as a population says, on every device and after every reset."""

from __future__ import annotations

import numpy as np
import pytest

from thalia_dask.neurons.adex import AdExParams
from thalia_dask.neurons.base import Neuron
from thalia_dask.neurons.lif import LIFParams
from thalia_dask.regions.layout import Layout, Population
from thalia_dask.regions.layout_region import LayoutRegion
from thalia_dask.regions.spec import RegionSpec
from thalia_dask.regions.spiking import SpikingRegion
from thalia_dask.regions.torch_spiking import TorchSpikingRegion
from thalia_dask.spikes import Arrivals, Signal
from thalia_dask.synapses.distributions import Constant, Normal, Uniform
from thalia_dask.ticks import Window

LAYOUT = Layout(
    (
        Population("even", 2000, initial_mv=Uniform(-65.0, -55.0)),
        Population("bell", 2000, initial_mv=Normal(-60.0, 2.0)),
        Population("rest", 10),
    ),
    (),
)


def membrane(region: LayoutRegion) -> np.ndarray:
    return region.tensors["membrane"].numpy().copy()


@pytest.mark.parametrize("kind", [SpikingRegion, TorchSpikingRegion])
def test_membranes_begin_as_drawn_and_do_so_again_after_a_reset(kind: type[LayoutRegion]) -> None:
    region = kind(RegionSpec("r", "r", 1, 1.0, 5), LAYOUT)
    begun = membrane(region)
    even, bell, rest = np.split(begun, [2000, 4000])
    assert -65.0 <= even.min() < -64.9
    assert -55.1 < even.max() <= -55.0
    assert even.mean() == pytest.approx(-60.0, abs=0.3)
    assert bell.mean() == pytest.approx(-60.0, abs=0.2)
    assert bell.std() == pytest.approx(2.0, abs=0.1)
    assert (rest == LAYOUT.populations[2].neuron.resting_mv).all()
    region.advance(Window(0, 5), Arrivals())
    assert (membrane(region)[:4000] != begun[:4000]).all()
    region.advance(Window(5, 5), Arrivals(signals=(Signal(5, "reset", 0.0),)))
    np.testing.assert_array_equal(membrane(region), begun)


@pytest.mark.parametrize("kind", [SpikingRegion, TorchSpikingRegion])
@pytest.mark.parametrize("neuron", [LIFParams(), AdExParams()])
def test_membranes_above_the_threshold_fire_at_once(kind: type[LayoutRegion], neuron: Neuron) -> None:
    layout = Layout((Population("high", 3, neuron, initial_mv=Constant(1e4)),), ())
    region = kind(RegionSpec("r", "r", 1, 1.0, 5), layout)
    packet = region.advance(Window(0, 50), Arrivals())
    assert (packet.steps.tolist(), packet.neurons.tolist()) == ([0, 0, 0], [0, 1, 2])
    assert np.isfinite(membrane(region)).all()


def test_seeds_and_names_draw_others_and_devices_the_same() -> None:
    spec = RegionSpec("r", "r", 1, 1.0, 5)
    begun = membrane(SpikingRegion(spec, LAYOUT))
    np.testing.assert_array_equal(membrane(TorchSpikingRegion(spec, LAYOUT)), begun)
    for other in (RegionSpec("r", "r", 1, 1.0, 6), RegionSpec("s", "r", 1, 1.0, 5)):
        assert (membrane(SpikingRegion(other, LAYOUT))[:2000] != begun[:2000]).mean() > 0.99
