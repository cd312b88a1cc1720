"""Synapses of one axon lie in the order of their delays, so those that learn are among others that must not.

in ──plastic, 0 to 5 ms──> cells <──static and inhibitory, 0 to 5 ms── in
"""

from __future__ import annotations

import numpy as np
import pytest

from thalia_dask.neurons.base import INHIBITORY
from thalia_dask.neurons.lif import LIFParams
from thalia_dask.plasticity.base import Rule
from thalia_dask.plasticity.climbing_fibre import ParallelFibre
from thalia_dask.plasticity.dopamine_stdp import DopamineSTDP
from thalia_dask.plasticity.inhibitory_stdp import InhibitorySTDP
from thalia_dask.plasticity.stdp import STDP
from thalia_dask.plasticity.synaptic_scaling import SynapticScaling
from thalia_dask.regions.layout import Background, Connection, Layout, Population
from thalia_dask.regions.spec import Incoming, RegionSpec
from thalia_dask.regions.spiking import SpikingRegion
from thalia_dask.regions.wiring import wire
from thalia_dask.spikes import Arrivals
from thalia_dask.ticks import Window

N_AXONS, N_STEPS = 20, 400
RULES = (
    STDP(scaling=0.0),
    STDP(mu_plus=0.0, mu_minus=0.0),
    STDP(mu_plus=0.4, mu_minus=0.4),
    InhibitorySTDP(),
    DopamineSTDP(baseline=-1.0),
    SynapticScaling(target_hz=50.0, tau_activity_ms=100.0),
    ParallelFibre(),
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)
def test_a_rule_changes_the_synapses_of_its_connection_only(rule: Rule) -> None:
    layout = Layout(
        populations=(Population("cells", 30, LIFParams(), Background(2000.0, 2.0)),),
        connections=(
            Connection("in", "cells", 0.8, 20.0, delay_ms=(0.0, 5.0), rule=rule),
            Connection("in", "cells", 0.5, -5.0, INHIBITORY, delay_ms=(0.0, 5.0)),
        ),
        ports=("in",),
    )
    region = SpikingRegion(RegionSpec("x", "x", 30, 1.0, 1, incoming=(Incoming("y.all", N_AXONS, "in"),)), layout)
    before = region.snapshot()["weight"].numpy().copy()
    steps = np.arange(N_STEPS, dtype=np.int32)
    arrivals = Arrivals(steps, np.zeros(N_STEPS, np.int32), (steps * 7 % N_AXONS).astype(np.int32))
    packet = region.advance(Window(0, N_STEPS), arrivals)
    after = region.snapshot()["weight"].numpy()
    assert len(packet.steps) > 100
    np.testing.assert_array_equal(after[before < 0], before[before < 0])
    assert (after[before > 0] != before[before > 0]).mean() > 0.9


@pytest.mark.parametrize("longest_ms", [0.0, 5.0])
def test_slices_are_mixed_where_delays_are(longest_ms) -> None:
    """With one delay for all, the synapses of a connection lie together."""
    connections = (
        Connection("in", "cells", 0.8, 20.0, delay_ms=(0.0, longest_ms), rule=STDP()),
        Connection("in", "cells", 0.5, -5.0, INHIBITORY, delay_ms=(0.0, longest_ms)),
    )
    layout = Layout((Population("cells", 30, LIFParams()),), connections, ports=("in",))
    spec = RegionSpec("x", "x", 30, 1.0, 1, incoming=(Incoming("y.all", N_AXONS, "in"),))
    mixed = wire(spec, layout).plastic.out_mixed
    assert len(mixed) == N_AXONS
    assert mixed.any() == (longest_ms > 0.0)
