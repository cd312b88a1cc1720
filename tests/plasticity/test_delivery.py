"""What a spike from outside delivers: the efficacy that it leaves behind, whatever had been put off until then.

in ──plastic, no delay──> cell <──strong, instantaneous── force
"""

from __future__ import annotations

import numpy as np
import pytest

from thalia_dask.neurons.lif import SLOW, LIFParams
from thalia_dask.plasticity.base import Rule
from thalia_dask.plasticity.dopamine_stdp import DopamineSTDP
from thalia_dask.plasticity.inhibitory_stdp import InhibitorySTDP
from thalia_dask.plasticity.stdp import STDP
from thalia_dask.plasticity.synaptic_scaling import SynapticScaling
from thalia_dask.regions.layout import ExplicitConnection, Layout, Population
from thalia_dask.regions.layout_region import LayoutRegion
from thalia_dask.regions.spec import Incoming, RegionSpec
from thalia_dask.regions.spiking import SpikingRegion
from thalia_dask.regions.torch_spiking import TorchSpikingRegion
from thalia_dask.spikes import Arrivals, Signal
from thalia_dask.synapses.connectivity import EdgeList
from thalia_dask.ticks import Window

CELL = LIFParams(refractory_ms=0.0, tau_slow_ms=0.01)
RULES: list[tuple[Rule, tuple[str, ...]]] = [
    (STDP(scaling=0.0, depression=0.5, tau_post_ms=500.0), ()),
    (InhibitorySTDP(rate=0.5, tau_ms=500.0), ()),
    (DopamineSTDP(potentiation=0.05, depression=0.0), ("dopamine",)),
    (SynapticScaling(tau_scaling_ms=2000.0), ()),
]


def synapse(axon: int, weight_mv: float) -> EdgeList:
    ends, delays = np.array([axon], np.int32), np.zeros(1, np.int32)
    return EdgeList(ends, np.zeros(1, np.int32), np.array([weight_mv], np.float32), delays)


def arrivals(*events: tuple[int, int]) -> Arrivals:
    """Pairs (step, axon)."""
    steps, axons = np.array(events, np.int32).T
    return Arrivals(steps.copy(), np.zeros(len(events), np.int32), axons.copy())


@pytest.mark.parametrize("kind", [SpikingRegion, TorchSpikingRegion])
@pytest.mark.parametrize(("rule", "gates"), RULES, ids=repr)
def test_a_spike_delivers_the_efficacy_that_it_leaves(
    rule: Rule, gates: tuple[str, ...], kind: type[LayoutRegion]
) -> None:
    layout = Layout(
        (Population("cell", 1, CELL),),
        (
            ExplicitConnection("in", "cell", synapse(0, 0.05), rule=rule, gates=gates),
            ExplicitConnection("in", "cell", synapse(1, 1e6), SLOW),
        ),
        ports=("in",),
    )
    region = kind(RegionSpec("r", "r", 1, 1.0, 1, incoming=(Incoming("x.all", 2, "in"),)), layout)
    region.advance(Window(0, 20), arrivals((5, 0), (7, 1)))  # the cell fires at 8
    region.advance(Window(20, 1000), Arrivals(signals=(Signal(20, "dopamine", 1.0),)))
    before = float(region.tensors["weight"][0])
    region.advance(Window(1000, 1001), arrivals((1000, 0)))
    delivered, after = float(region.tensors["current"][0, 0]), float(region.tensors["weight"][0])
    assert delivered == pytest.approx(after, rel=1e-5)
    assert abs(after - before) > 0.001
