"""Synapses that are given one by one arrive where, when and as strongly as they say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.regions.contract import pairs
from thalia_dask.errors import ConfigError
from thalia_dask.neurons.base import EXCITATORY, INHIBITORY, SLOW
from thalia_dask.neurons.conductance import ConductanceLIFParams
from thalia_dask.neurons.delta import DeltaLIFParams
from thalia_dask.neurons.lif import LIFParams
from thalia_dask.regions import spiking
from thalia_dask.regions.kind import SpikingKind
from thalia_dask.regions.layout import ExplicitConnection, Layout, Population
from thalia_dask.regions.spec import Incoming, RegionSpec
from thalia_dask.regions.spiking import SpikingRegion
from thalia_dask.spikes import Arrivals
from thalia_dask.synapses.connectivity import EdgeList
from thalia_dask.ticks import Window

CELL = LIFParams(tau_excitatory_ms=0.05, tau_inhibitory_ms=5.0)
"""An efficacy of 1e6 mV makes it fire in the step after the one in which a spike arrives."""
SPEC = RegionSpec("net", "explicit", 6, 0.1, 1)


def edges(*synapses: tuple[int, int, float, int]) -> EdgeList:
    sources, targets, weights, delays = zip(*synapses, strict=True) if synapses else [()] * 4
    return EdgeList(
        np.array(sources, np.int32),
        np.array(targets, np.int32),
        np.array(weights, np.float32),
        np.array(delays, np.int32),
    )


def layout(*connections: ExplicitConnection, **ports: object) -> Layout:
    return Layout((Population("a", 4, CELL), Population("b", 2, CELL)), connections, **ports)


def test_spikes_travel_along_the_given_synapses() -> None:
    """a0 ──3──> b1 ──40──> a2, a0 ──7──> a3; and a1, which nobody reaches, is silent."""
    net = layout(
        ExplicitConnection("a", "b", edges((0, 1, 1e6, 3))),
        ExplicitConnection("b", "a", edges((1, 2, 1e6, 40))),
        ExplicitConnection("a", "a", edges((0, 3, 1e6, 7))),
    )
    region = SpikingRegion(SPEC, net)
    region.tensors["membrane"][0] = 0.0
    packet = region.advance(Window(0, 60), Arrivals())
    assert pairs(packet) == [(0, 0), (4, 5), (8, 3), (45, 2)]
    assert net.synapse_count(SPEC) == len(region.tensors["weight"]) == 3


def test_parallel_synapses_add_up_in_their_channel() -> None:
    net = layout(
        ExplicitConnection("a", "b", edges((0, 0, 2.0, 1), (0, 0, 3.0, 1))),
        ExplicitConnection("a", "b", edges((0, 0, -4.0, 1)), INHIBITORY),
    )
    region = SpikingRegion(SPEC, net)
    region.tensors["membrane"][0] = 0.0
    region.advance(Window(0, 2), Arrivals())
    assert region.tensors["current"][EXCITATORY, 4] == 5.0
    assert region.tensors["current"][INHIBITORY, 4] == -4.0


def test_axons_of_a_port_are_scaled_by_their_projection() -> None:
    net = layout(ExplicitConnection("in", "b", edges((2, 1, 3.0, 0))), ports=("in",), stimulus="in")
    spec = RegionSpec("net", "explicit", 6, 0.1, 1, incoming=(Incoming("x.all", 3, "in", 1.5),))
    region = SpikingRegion(spec, net)
    zero = np.zeros(1, np.int32)
    region.advance(Window(0, 1), Arrivals(zero, zero, zero + 2))
    assert region.tensors["current"][EXCITATORY].tolist() == [0, 0, 0, 0, 0, 4.5]


@pytest.mark.parametrize("column", [lambda x: np.array(x), lambda x: np.repeat(np.array(x, np.int32), 3)[::3]])
def test_arrivals_of_other_dtype_or_stride_are_read_as_what_they_say(column) -> None:
    net = layout(ExplicitConnection("in", "b", edges((2, 1, 3.0, 0), (1, 0, 2.0, 1))), ports=("in",))
    spec = RegionSpec("net", "explicit", 6, 0.1, 1, incoming=(Incoming("x.all", 3, "in", 1.0),))
    region = SpikingRegion(spec, net)
    region.advance(Window(0, 3), Arrivals(column([1, 2]), column([0, 0]), column([1, 2])))
    assert region.tensors["current"][EXCITATORY].tolist() == [0, 0, 0, 0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (edges((4, 0, 1.0, 1)), r"region 'net', connection a -> b: sources of edges go from 4 to 4; write 0 to 3"),
        (edges((0, -1, 1.0, 1)), r"targets of edges go from -1 to -1; write 0 to 1"),
        (edges((0, 0, 1.0, 0)), r"delays of edges go from 0 to 0; write 1 to 65535"),
        (edges((0, 0, np.nan, 1)), r"weights of edges go from nan to nan; write -1e\+09 to 1e\+09"),
        (
            edges((0, 0, 1.0, 65536)),
            r"connection a -> b: delays inside the region go up to 65536 steps; write 1 to 65535",
        ),
        (
            edges((0, 0, 1.0, 1))._replace(weights=np.ones(3, np.float32)),
            r"edges have \[1, 1, 3, 1\] sources, targets",
        ),
    ],
)
def test_impossible_edges_are_told(wrong: EdgeList, message: str) -> None:
    """Before anything is built."""
    net = layout(ExplicitConnection("a", "b", wrong))
    with pytest.raises(ConfigError, match=message):
        SpikingKind(lambda _: net).anatomy(SPEC)
    with pytest.raises(ConfigError, match=message):
        SpikingRegion(SPEC, net)


def test_impossible_axons_of_a_port_are_told() -> None:
    net = layout(ExplicitConnection("in", "b", edges((3, 1, 3.0, 0))), ports=("in",), stimulus="in")
    spec = replace(SPEC, incoming=(Incoming("x.all", 4, "in"), Incoming("y.all", 3, "in")))
    with pytest.raises(ConfigError, match=r"connection in -> b: sources of edges go from 3 to 3; write 0 to 2"):
        SpikingRegion(spec, net)


def test_models_live_together_and_each_receives_in_its_own_way() -> None:
    """A spike moves a delta neuron in the step in which it arrives, the others from the next on."""
    kinds = (
        LIFParams(resting_mv=-60.0),
        DeltaLIFParams(resting_mv=-60.0, threshold_mv=-50.0, reset_mv=-60.0),
        ConductanceLIFParams(),
    )
    net = Layout(
        (Population("source", 1, CELL), *(Population(f"p{i}", 1, kind) for i, kind in enumerate(kinds))),
        tuple(ExplicitConnection("source", f"p{i}", edges((0, 0, 5.0, 3))) for i in range(3)),
    )
    region = SpikingRegion(SPEC, net)
    region.tensors["membrane"][0] = 0.0
    region.advance(Window(0, 3), Arrivals())
    assert region.tensors["membrane"][1:].tolist() == [-60.0] * 3
    region.advance(Window(3, 4), Arrivals())
    assert region.tensors["membrane"][1:].tolist() == [-60.0, -55.0, -60.0]
    region.advance(Window(4, 5), Arrivals())
    assert (region.tensors["membrane"][[1, 3]] > -60.0).all()
    assert region.tensors["membrane"][2] < -55.0


def test_receptors_that_a_model_does_not_have_are_told() -> None:
    net = Layout((Population("a", 4, ConductanceLIFParams()),), (ExplicitConnection("a", "a", edges(), SLOW),))
    with pytest.raises(
        ConfigError,
        match="region 'net', connection a -> a has receptor channel 2, which ConductanceLIFParams does not have",
    ):
        SpikingRegion(SPEC, net)


def test_long_windows_with_many_spikes_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """More spikes than there is room for, emitted and in flight: the kernel is called again, and nothing changes."""
    brisk = Population("a", 4, replace(CELL, refractory_ms=0.0))
    ring = ExplicitConnection("a", "a", edges(*((i, (i + 1) % 4, 1e6, d) for i in range(4) for d in (1, 7, 300))))
    packets, means = [], []
    for room in (1 << 14, 0):
        monkeypatch.setattr(spiking, "_LEAST_ROOM", room)
        region = SpikingRegion(SPEC, Layout((brisk,), (ring,)))
        region.tensors["membrane"][0] = 0.0
        packets.append(pairs(region.advance(Window(0, 400), Arrivals())))
        means.append(region.observe()["membrane_potential_mean"].tolist())
    assert packets[0] == packets[1]
    assert means[0] == means[1]
    assert len(packets[0]) > 300
