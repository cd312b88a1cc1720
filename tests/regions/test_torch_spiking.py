"""The torch path: the contract of a region, and the kernels' results within a stated tolerance.

Seen on the CPU over 200 steps of the six kinds from the same snapshot: all spikes equal, membranes within 4e-5 mV,
currents within 3e-4 of up to 1000 mV, efficacies within 2e-5 of up to 40 mV. What differs is the rounding of sums.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.regions import reference
from tests.regions.contract import CHECKS, advance, arrivals, assert_same_state, pairs
from tests.regions.test_contract import spec_of
from tests.regions.test_explicit import SPEC, edges
from tests.regions.test_reference_simulation import random_layout
from thalia_dask.errors import ConfigError
from thalia_dask.neurons.base import INHIBITORY
from thalia_dask.neurons.conductance import ConductanceLIFParams
from thalia_dask.neurons.delta import DeltaLIFParams
from thalia_dask.neurons.lif import LIFParams
from thalia_dask.plasticity.stdp import STDP
from thalia_dask.regions import REGIONS, RegionSpec, checks, create_region, torch_spiking
from thalia_dask.regions.base import Snapshot
from thalia_dask.regions.layout import Background, ExplicitConnection, FixedInDegree, Layout, Population
from thalia_dask.regions.spec import Incoming
from thalia_dask.regions.spiking import SpikingRegion
from thalia_dask.regions.torch_spiking import TorchSpikingRegion
from thalia_dask.seeds import generator
from thalia_dask.spikes import Arrivals, Signal
from thalia_dask.synapses import on_torch
from thalia_dask.synapses.distributions import Uniform
from thalia_dask.ticks import Window

needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no CUDA device")
DEVICES = ["cpu:0", pytest.param("cuda", marks=needs_cuda)]
"""Another name of the CPU than ``cpu`` is computed in torch operations."""
kinds = pytest.mark.parametrize("kind", sorted(set(REGIONS) - {"torch_module"}))
devices = pytest.mark.parametrize("device", DEVICES)

MEMBRANE_MV, CURRENT, WEIGHT = 1e-4, 1e-3, 1e-4
"""The tolerance: a membrane potential and a current in mV, an efficacy in mV; and a millionth of the value."""


def assert_alike(expected: Snapshot, got: Snapshot) -> None:
    """Equal where nothing is summed, and within the tolerance elsewhere."""
    assert expected.keys() == got.keys()
    tolerances = {"membrane": MEMBRANE_MV, "current": CURRENT, "weight": WEIGHT, "eligibility": WEIGHT}
    for name in expected:
        left, right = np.asarray(expected[name]), np.asarray(got[name])
        assert left.dtype == right.dtype
        np.testing.assert_allclose(left, right, rtol=1e-6, atol=tolerances.get(name, 1e-5), err_msg=name)


@devices
@kinds
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_contract(kind: str, check, device: str) -> None:
    check(replace(spec_of(kind), device=device))


@kinds
def test_contract_holds_for_the_smallest_region_and_a_short_step(kind: str) -> None:
    for check in CHECKS:
        check(replace(spec_of(kind, 2, dt_ms=0.5), device="cpu:0"))


@kinds
def test_a_region_without_axons_lives_alone(kind: str) -> None:
    spec = RegionSpec("alone", kind, 4, 1.0, 1)
    kernels, on_torch = create_region(spec), create_region(replace(spec, device="cpu:0"))
    assert pairs(advance(on_torch, spec, 0, 40)) == pairs(advance(kernels, spec, 0, 40))
    assert_alike(kernels.snapshot(), on_torch.snapshot())


@devices
@kinds
def test_spikes_are_those_of_the_kernels(kind: str, device: str) -> None:
    spec = spec_of(kind, 60)
    kernels, on_device = create_region(spec), create_region(replace(spec, device=device))
    assert isinstance(on_device, TorchSpikingRegion)
    assert_same_state(kernels.snapshot(), on_device.snapshot())
    advance(kernels, spec, 0, 20, Signal(0, "acetylcholine", 0.2))
    on_device.restore(kernels.snapshot())
    assert_same_state(kernels.snapshot(), on_device.snapshot())
    for start in range(20, 220, 20):
        signals = (Signal(start, "dopamine", 0.4), Signal(start, "action", 1)) if start % 60 == 0 else ()
        if start == 160:
            signals = (*signals, Signal(start, "reset", 0.0))
        expected = pairs(advance(kernels, spec, start, start + 20, *signals))
        got = pairs(advance(on_device, spec, start, start + 20, *signals))
        assert expected
        if device == "cpu:0":
            assert got == expected
        else:
            assert len(set(got) ^ set(expected)) <= 0.01 * len(expected)
            continue
        mean = "membrane_potential_mean"
        np.testing.assert_allclose(on_device.observe()[mean], kernels.observe()[mean], rtol=0, atol=MEMBRANE_MV)
        assert_alike(kernels.snapshot(), on_device.snapshot())


@kinds
def test_kernels_go_on_where_torch_ended(kind: str) -> None:
    spec = spec_of(kind)
    kernels, on_torch = create_region(spec), create_region(replace(spec, device="cpu:0"))
    advance(on_torch, spec, 0, 40)
    kernels.restore(on_torch.snapshot())
    assert_same_state(kernels.snapshot(), on_torch.snapshot())
    assert pairs(advance(kernels, spec, 40, 60)) == pairs(advance(on_torch, spec, 40, 60))


JUMPING = DeltaLIFParams(resting_mv=-60.0, threshold_mv=-50.0, reset_mv=-60.0)
MODELS = Layout(
    populations=(
        Population("a", 30, LIFParams(adaptation_mv=2.0), Background(800.0, 1.0)),
        Population("b", 20, ConductanceLIFParams(resting_mv=-52.0), Background(1000.0, 3.0)),
        Population("c", 25, JUMPING, Background(900.0, 1.1)),
        Population("d", 10, DeltaLIFParams(resting_mv=0.0)),
    ),
    connections=tuple(
        FixedInDegree(
            source, target, 12, Uniform(*sorted((0.5 * weight, 1.5 * weight))), Uniform(0.1, 6.0), channel, rule
        )
        for source, target, weight, channel, rule in (
            ("a", "a", 0.5, 0, STDP(potentiation=0.05, depression=0.05)),
            ("a", "b", 1.0, 0, None),
            ("b", "c", 2.0, 0, STDP(potentiation=0.05, depression=0.05)),
            ("c", "d", 3.0, 0, None),
            ("c", "a", -0.3, INHIBITORY, None),
            ("b", "b", 2.0, INHIBITORY, None),
            ("in", "a", 0.12, 0, STDP(potentiation=0.05, depression=0.05)),
            ("in", "d", 0.04, 0, None),
        )
    ),
    ports=("in",),
)
MIXED = RegionSpec(
    "mixed", "mixed", 1, 0.1, 7, incoming=(Incoming("x.all", 9, "in"), Incoming("y.all", 4, "in", 0.5))
)
"""All models, synapses of 1 to 60 steps, learning on some of them."""


@devices
def test_models_and_delays_beside_each_other(device: str) -> None:
    kernels, on_device = SpikingRegion(MIXED, MODELS), TorchSpikingRegion(replace(MIXED, device=device), MODELS)
    n_spikes = 0
    for start in range(0, 600, 60):
        window = Window(start, start + 60)
        expected, got = (pairs(region.advance(window, arrivals(MIXED, window))) for region in (kernels, on_device))
        n_spikes += len(expected)
        if device == "cpu:0":
            assert got == expected
            assert_alike(kernels.snapshot(), on_device.snapshot())
    assert n_spikes > 200
    assert kernels.snapshot()["in_flight"].shape[1] > 20


@pytest.mark.parametrize("seed", range(4))
def test_same_spikes_as_plain_loops(seed: int) -> None:
    rng = generator(seed, "reference")
    layout = random_layout(rng)
    spec = RegionSpec("r", "r", 1, 0.5, seed, incoming=(Incoming("x.all", 6, "in", 0.7), Incoming("y.all", 9, "in")))
    fires = rng.random((100, 15)) < 0.1
    events = [(s, int(a >= 6), a - 6 * (a >= 6)) for s, a in np.argwhere(fires).tolist()]
    region = TorchSpikingRegion(spec, layout)
    packet = region.advance(Window(0, 100), Arrivals(*np.array(events, np.int32).T.copy()))
    assert pairs(packet) == reference.simulate(spec, layout, events, 100)


@pytest.mark.parametrize("kind", ["cortex", "striatum"])
def test_little_room_changes_nothing(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fixed room that is too small at first, and parts of a few steps: the same bits."""
    spec = spec_of(kind)
    roomy = TorchSpikingRegion(spec, REGIONS[kind].layout(spec))
    monkeypatch.setattr(on_torch, "_LEAST_SYNAPSES", 2)
    monkeypatch.setattr(on_torch, "_LEAST_SPIKES", 1)
    monkeypatch.setattr(torch_spiking, "_AT_ONCE", 3 * sum(roomy.populations.values()))
    tight = TorchSpikingRegion(spec, REGIONS[kind].layout(spec), fixed_room=True)
    for start in range(0, 60, 20):
        signals = [Signal(start, "action", 0), Signal(start, "dopamine", 0.5)]
        expected = pairs(advance(roomy, spec, start, start + 20, *signals))
        assert pairs(advance(tight, spec, start, start + 20, *signals)) == expected
        assert_same_state(roomy.snapshot(), tight.snapshot())
        assert (
            roomy.observe()["membrane_potential_mean"].tolist() == tight.observe()["membrane_potential_mean"].tolist()
        )


def test_spikes_in_flight_are_those_of_the_kernels() -> None:
    """Long and short delays on one axon, several spikes of one axon in a step, and a snapshot wherever they are."""
    cell = LIFParams(tau_excitatory_ms=0.05, refractory_ms=0.0)
    ring = edges(*((i, (i + 1) % 4, 1e6, d) for i in range(4) for d in (1, 7, 50, 50)))
    outside = edges((0, 1, 0.1, 0), (0, 2, 0.2, 3), (0, 2, 0.3, 3), (0, 3, 0.4, 20), (1, 3, 0.5, 2))
    net = Layout(
        (Population("a", 4, cell),),
        (ExplicitConnection("a", "a", ring), ExplicitConnection("in", "a", outside)),
        ports=("in",),
    )
    spec = replace(SPEC, incoming=(Incoming("x.all", 2, "in"), Incoming("y.all", 2, "in")))
    events = [(0, 0, 0), (0, 0, 0), (0, 0, 1), (0, 1, 0), (2, 0, 0), (2, 1, 1), (9, 0, 0), (9, 0, 0), (9, 0, 0)]
    columns = np.array(events, np.int32).T.copy()
    kernels, on_torch = SpikingRegion(spec, net), TorchSpikingRegion(spec, net)
    for start in range(30):
        here = columns[:, columns[0] == start].copy()
        for region in (kernels, on_torch):
            if start == 0:
                region.tensors["membrane"][0] = 0.0
            region.advance(Window(start, start + 1), Arrivals(*here))
        expected, got = kernels.snapshot(), on_torch.snapshot()
        assert got["in_flight"].tolist() == expected["in_flight"].tolist()
        assert_alike(expected, got)
        fresh = TorchSpikingRegion(spec, net)
        fresh.restore(expected)
        assert_same_state(fresh.snapshot(), expected)
        ends = [pairs(region.advance(Window(start + 1, start + 60), Arrivals())) for region in (kernels, fresh)]
        assert ends[0] == ends[1]
        assert fresh.snapshot()["in_flight"].tolist() == kernels.snapshot()["in_flight"].tolist()
        kernels.restore(expected)


def test_what_was_long_ago_does_not_come_again() -> None:
    """The record of spikes is a ring; steps that are left out count as silent."""
    net = Layout(
        (Population("a", 2, LIFParams(tau_excitatory_ms=0.05)),),
        (ExplicitConnection("a", "a", edges((0, 1, 1e6, 9))),),
    )
    for gap in (3, 15, 107):
        region = TorchSpikingRegion(SPEC, net)
        region.tensors["membrane"][0] = 0.0
        assert pairs(region.advance(Window(0, 1), Arrivals())) == [(0, 0)]
        fired = pairs(region.advance(Window(gap, gap + 30), Arrivals()))
        assert fired == ([(10, 1)] if gap == 3 else [])


@needs_cuda
@kinds
def test_recorded_steps_are_the_same(kind: str) -> None:
    spec = replace(spec_of(kind), device="cuda")
    layout = REGIONS[kind].layout(spec)
    one, other = TorchSpikingRegion(spec, layout, record=False), TorchSpikingRegion(spec, layout)
    expected, got = pairs(advance(one, spec, 0, 40)), pairs(advance(other, spec, 0, 40))
    assert len(set(got) ^ set(expected)) <= 0.01 * len(expected)


def test_what_has_no_form_in_torch_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Other(STDP):
        code = 77

    class OtherCell(LIFParams):
        code = 77

    monkeypatch.setattr(checks, "RULES", (*checks.RULES, Other))
    cells, learning = Population("a", 2), edges((0, 1, 1.0, 1))
    net = Layout((cells,), (ExplicitConnection("a", "a", learning, rule=Other()),))
    with pytest.raises(ConfigError, match="learning rule with code 77 has no form in torch operations; write device"):
        TorchSpikingRegion(SPEC, net)
    with pytest.raises(ConfigError, match="neuron model OtherCell has no form in torch operations; write device"):
        TorchSpikingRegion(SPEC, Layout((replace(cells, neuron=OtherCell()),), ()))
