"""What decays comes to an end: numbers below 1e-38 would stay for ever, and cost many times what others do."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from thalia_dask.neurons.base import EXCITATORY, INHIBITORY, SLOW
from thalia_dask.neurons.delta import DeltaLIFParams
from thalia_dask.neurons.lif import LIFParams
from thalia_dask.regions.layout import ExplicitConnection, Layout, Population
from thalia_dask.regions.spec import RegionSpec
from thalia_dask.regions.spiking import SpikingRegion
from thalia_dask.spikes import Arrivals
from thalia_dask.synapses.connectivity import EdgeList
from thalia_dask.ticks import Window

SPEC = RegionSpec("net", "explicit", 2, 1.0, 1)
N_STEPS = 8000
"""80 of the longest time constant, of which 69 are 1e-30."""


def after_one_spike() -> SpikingRegion:
    """a ══> b by all three channels: a fires once, b never."""
    here, delay = np.zeros(1, np.int32), np.ones(1, np.int32)
    edge = EdgeList(here, here, np.array([0.5], np.float32), delay)
    inhibition = EdgeList(here, here, np.array([-0.5], np.float32), delay)
    layout = Layout(
        (Population("a", 1, LIFParams(adaptation_mv=2.0)), Population("b", 1, LIFParams())),
        (
            ExplicitConnection("a", "b", edge, EXCITATORY),
            ExplicitConnection("a", "b", inhibition, INHIBITORY),
            ExplicitConnection("a", "b", edge, SLOW),
        ),
    )
    region = SpikingRegion(SPEC, layout)
    region.tensors["membrane"][0] = 0.0
    return region


@pytest.mark.parametrize("window_steps", [7, 1000])
def test_currents_and_adaptation_end_and_nothing_vanishes_that_counts(window_steps: int) -> None:
    region = after_one_spike()
    states = [region.tensors[name] for name in ("current", "adaptation")]
    n_spikes = 0
    for start in range(0, N_STEPS, window_steps):
        n_spikes += len(region.advance(Window(start, min(start + window_steps, N_STEPS)), Arrivals()))
        for state in states:
            sizes = state[state != 0.0].abs()
            assert len(sizes) == 0 or sizes.min() > torch.finfo(torch.float32).tiny
        if start + window_steps <= 6000:
            assert region.tensors["current"][SLOW, 1] > 0.0
    assert n_spikes == 1
    assert all(torch.count_nonzero(state) == 0 for state in states)


def test_what_has_ended_does_not_depend_on_windows() -> None:
    one, other = after_one_spike(), after_one_spike()
    for start in range(0, N_STEPS, 50):
        one.advance(Window(start, start + 50), Arrivals())
        for begin in range(start, start + 50, 10):
            other.advance(Window(begin, begin + 10), Arrivals())
        for name, tensor in one.tensors.items():
            assert torch.equal(tensor, other.tensors[name]), (name, start)


def test_a_membrane_that_rests_at_0_comes_to_rest_and_a_nan_stays_to_be_seen() -> None:
    layout = Layout((Population("a", 2, DeltaLIFParams(resting_mv=0.0, reset_mv=0.0, threshold_mv=20.0)),), ())
    region = SpikingRegion(SPEC, layout)
    region.tensors["membrane"][:] = torch.tensor([5.0, torch.nan])
    region.advance(Window(0, 3000), Arrivals())
    assert region.tensors["membrane"][0] == 0.0
    assert region.tensors["membrane"][1].isnan()
