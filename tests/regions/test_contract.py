"""Every kind keeps the contract of a region."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.regions.contract import CHECKS, advance, assert_same_state, pairs
from thalia_dask.errors import StateError
from thalia_dask.neurons.adex import AdExParams
from thalia_dask.neurons.lif import LIFParams
from thalia_dask.regions import REGIONS, RegionSpec, create_region, find_kind
from thalia_dask.regions.layout import Layout, Population
from thalia_dask.regions.layout_region import LayoutRegion
from thalia_dask.regions.spec import Incoming
from thalia_dask.regions.spiking import SpikingRegion
from thalia_dask.regions.torch_spiking import TorchSpikingRegion
from thalia_dask.spikes import Arrivals, Signal
from thalia_dask.ticks import Window


def spec_of(kind: str, size: int = 24, dt_ms: float = 1.0) -> RegionSpec:
    """A region with a stimulus, and with axons in each of its ports."""
    bare = RegionSpec("here", kind, size, dt_ms, 3)
    anatomy = find_kind(kind).anatomy(bare)
    axons = [Incoming(f"there.{port}", 8 + i, port, 1.5) for i, port in enumerate(anatomy.ports)]
    incoming = tuple(sorted([*axons, Incoming("stimulus", 15, anatomy.stimulus_port)], key=lambda i: i.source))
    return RegionSpec("here", kind, size, dt_ms, 3, incoming=incoming)


kinds = pytest.mark.parametrize("kind", REGIONS)
spiking_kinds = pytest.mark.parametrize("kind", sorted(set(REGIONS) - {"torch_module"}))


@kinds
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_contract(kind: str, check) -> None:
    check(spec_of(kind))


@kinds
def test_contract_holds_for_the_smallest_region_and_a_short_step(kind: str) -> None:
    size = 2 if kind == "striatum" else 1
    for check in CHECKS:
        check(spec_of(kind, size, dt_ms=0.5))


@kinds
def test_a_region_without_axons_lives_alone(kind: str) -> None:
    region = create_region(RegionSpec("alone", kind, 4, 1.0, 1))
    advance(region, RegionSpec("alone", kind, 4, 1.0, 1), 0, 20)
    before = region.snapshot()
    region.restore(before)
    assert region.snapshot().keys() == before.keys()


@kinds
def test_name_and_seed_make_the_region(kind: str) -> None:
    base = spec_of(kind)
    states = []
    for name, seed in (("here", 3), ("elsewhere", 3), ("here", 4)):
        spec = RegionSpec(name, kind, base.size, base.dt_ms, seed, incoming=base.incoming)
        states.append(create_region(spec).snapshot())
    if "weight" in states[0]:
        assert (states[0]["weight"] != states[1]["weight"]).any()
        assert (states[0]["weight"] != states[2]["weight"]).any()


@pytest.mark.parametrize("device", ["cpu", "cpu:0"], ids=["kernels", "torch"])
@spiking_kinds
def test_concentrations_do_not_fall_below_zero(kind: str, device: str) -> None:
    """Neither those by which a region learns and is driven, nor those from which it goes on."""
    spec = replace(spec_of(kind), device=device)
    taken, robbed = create_region(spec), create_region(spec)
    for region, amount in ((taken, -0.5), (robbed, -2.0)):
        levels = [Signal(20, name, amount) for name in ("acetylcholine", "noradrenaline")]
        advance(region, spec, 0, 20)
        advance(region, spec, 20, 60, *levels)
    assert robbed.snapshot()["acetylcholine_level"] == robbed.snapshot()["noradrenaline_level"] == 0.0
    assert_same_state(robbed.snapshot(), taken.snapshot())
    with pytest.raises(StateError, match=r"'acetylcholine_level' is -1.5, which no level of acetylcholine can be"):
        taken.restore({**robbed.snapshot(), "acetylcholine_level": -1.5})


LEARNED = {"weight"}
SLOW = {"adaptation", "eligibility_step"}
"""Thresholds keep what a reset finds; the time of a last tag means nothing where nothing is eligible."""


@spiking_kinds
def test_reset_clears_what_is_transient_and_keeps_what_was_learned(kind: str) -> None:
    spec = spec_of(kind)
    worn, fresh = create_region(spec), create_region(spec)
    advance(worn, spec, 0, 30, Signal(0, "dopamine", 1.0))
    advance(worn, spec, 30, 31, Signal(30, "dopamine", 1.0))
    past, virgin = worn.snapshot(), fresh.snapshot()
    kept = {name for name in past if name in LEARNED | SLOW or name.endswith(("_step", "_level"))}
    changed = {name for name in past if np.asarray(past[name]).tobytes() != np.asarray(virgin[name]).tobytes()}
    assert {"membrane", "current", "in_flight"} <= changed
    fresh.restore({**virgin, **{name: past[name] for name in kept}})
    reset = Signal(31, "reset", 0.0)
    assert pairs(advance(worn, spec, 31, 50, reset)) == pairs(advance(fresh, spec, 31, 50, reset))
    assert_same_state(worn.snapshot(), fresh.snapshot())


@pytest.mark.parametrize("region", [SpikingRegion, TorchSpikingRegion])
def test_reset_clears_a_current_of_adaptation_and_keeps_thresholds(region: type[LayoutRegion]) -> None:
    cells = (Population("a", 2, AdExParams()), Population("b", 2, LIFParams(adaptation_mv=2.0)))
    worn = region(RegionSpec("net", "explicit", 4, 1.0, 1), Layout(cells, ()))
    worn.tensors["adaptation"].fill_(3.0)
    worn.advance(Window(0, 1), Arrivals(signals=(Signal(0, "reset", 0.0),)))
    first, last = worn.tensors["adaptation"][[0, 2]].tolist()
    assert abs(first) < 0.1
    assert last > 2.9


def test_reset_clears_the_state_of_a_torch_module() -> None:
    spec = spec_of("torch_module")
    worn, fresh = create_region(spec), create_region(spec)
    advance(worn, spec, 0, 30)
    reset = Signal(30, "reset", 0.0)
    assert pairs(advance(worn, spec, 30, 50, reset)) == pairs(advance(fresh, spec, 30, 50))


@pytest.mark.parametrize("kind", ["cerebellum", "cortex", "hippocampus", "striatum"])
def test_plastic_kinds_learn(kind: str) -> None:
    spec = spec_of(kind, 40)
    region = create_region(spec)
    before = region.snapshot()["weight"]
    advance(region, spec, 0, 60, Signal(0, "acetylcholine", 0.5))
    advance(region, spec, 60, 90, Signal(60, "action", 0), Signal(60, "dopamine", 1.0))
    assert (region.snapshot()["weight"] != before).any()


@pytest.mark.parametrize("kind", ["thalamus", "prefrontal"])
def test_other_kinds_keep_their_efficacies(kind: str) -> None:
    spec = spec_of(kind, 40)
    region = create_region(spec)
    before = region.snapshot()["weight"]
    advance(region, spec, 0, 60, Signal(0, "action", 0), Signal(0, "dopamine", 1.0))
    assert (region.snapshot()["weight"] == before).all()


def test_a_cerebellum_without_climbing_fibres_keeps_its_efficacies() -> None:
    taught = spec_of("cerebellum", 40)
    spec = replace(taught, incoming=tuple(end for end in taught.incoming if end.port != "climbing"))
    region = create_region(spec)
    before = region.snapshot()["weight"]
    advance(region, spec, 0, 60)
    assert (region.snapshot()["weight"] == before).all()
