"""Any torch module with a step is a region: its state, its weights, and no influence from the process around it."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tests.regions.contract import CHECKS, advance, pairs
from thalia_dask.errors import ConfigError
from thalia_dask.regions import RegionSpec, create_region, find_kind, torch_module, torch_region
from thalia_dask.regions.spec import Incoming
from thalia_dask.spikes import Arrivals
from thalia_dask.ticks import Window


class Recurrent(nn.Module):
    """Two tensors of state, random weights, and sums that are long enough for torch to share among threads."""

    def __init__(self, size: int, width: int = 40_000) -> None:
        super().__init__()
        self.spread = nn.Parameter(torch.randn(size, 4))
        self.wide = nn.Parameter(torch.rand(width))

    def forward(self, arriving: Tensor, state: tuple[Tensor, Tensor] | None) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        fast, slow = state if state is not None else (torch.zeros_like(arriving), torch.zeros(4))
        fast = 0.8 * fast + arriving + 0.1 * self.spread @ slow
        slow = 0.9 * slow + 1e-5 * (self.wide * slow.sum()).sum() + arriving @ self.spread
        spikes = (fast > 1.0).float()
        return spikes, (fast - spikes, slow)


class Entry:
    @staticmethod
    def load():
        return Recurrent


@pytest.fixture
def recurrent(monkeypatch: pytest.MonkeyPatch) -> str:
    """The name under which an installed package would register the module."""

    def entry_points(*, group: str, name: str):
        return (Entry,) if (group, name) == (torch_module.MODULE_GROUP, "recurrent") else ()

    monkeypatch.setattr(torch_module, "entry_points", entry_points)
    monkeypatch.setattr(torch_region, "entry_points", entry_points)
    return "recurrent"


def spec_of(module: str, name: str = "net", size: int = 12, seed: int = 1) -> RegionSpec:
    incoming = (Incoming("a.all", 7, "input"), Incoming("stimulus", 12, "input"))
    return RegionSpec(name, "torch_module", size, 1.0, seed, params=(("module", module),), incoming=incoming)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_contract_of_a_module_with_state_and_weights(recurrent: str, check) -> None:
    check(spec_of(recurrent))


def test_weights_come_from_name_and_seed_and_leave_torchs_own_generator_alone(recurrent: str) -> None:
    before = torch.get_rng_state()
    weights = [
        create_region(spec_of(recurrent, name, seed=seed)).snapshot()["module.spread"]
        for name, seed in (("net", 1), ("net", 1), ("other", 1), ("net", 2))
    ]
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    assert not torch.equal(weights[0], weights[3])


def test_regions_that_are_built_at_the_same_time_do_not_disturb_each_other(recurrent: str) -> None:
    """A worker of several threads builds its regions side by side, and torch has one generator for all of them."""
    specs = [spec_of(recurrent, f"net{i}") for i in range(48)]
    expected = [create_region(spec).snapshot()["module.wide"] for spec in specs]
    with ThreadPoolExecutor(8) as pool:
        built = list(pool.map(lambda spec: create_region(spec).snapshot()["module.wide"], specs))
    assert all(torch.equal(a, b) for a, b in zip(built, expected, strict=True))


def test_bits_do_not_depend_on_torchs_threads(recurrent: str) -> None:
    """Workers compute on one thread; a user's process may have any number."""
    threads = torch.get_num_threads()
    ends = []
    try:
        for n in (1, 2, 4):
            torch.set_num_threads(n)
            region = create_region(spec_of(recurrent))
            advance(region, spec_of(recurrent), 0, 30)
            ends.append(region.snapshot()["state.1"])
            assert torch.get_num_threads() == n
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(ends[0], ends[1])
    assert torch.equal(ends[0], ends[2])


class Matrix(nn.Module):
    """A product of each row of input, which torch computes in another way where memory is aligned differently."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.joined = nn.Linear(size, size)

    def forward(self, arriving: Tensor, state: Tensor | None) -> tuple[Tensor, Tensor]:
        state = torch.tanh(self.joined(arriving) + (0.0 if state is None else 0.9 * state))
        return (state > 0.3).float(), state


@pytest.mark.parametrize("size", [10, 19, 27, 45])
def test_bits_do_not_depend_on_where_windows_begin(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(torch_region, "build_module", lambda *_: seeded(Matrix, size))
    spec = spec_of("leaky", size=size)
    ends = []
    for cuts in ((40,), tuple(range(1, 41)), (3, 23, 40)):
        region = create_region(spec)
        for start, stop in pairwise((0, *cuts)):
            advance(region, spec, start, stop)
        ends.append(region.snapshot()["state"])
    assert torch.equal(ends[0], ends[1])
    assert torch.equal(ends[0], ends[2])


class Chunks(nn.Module):
    """Keeps a part of what it computes: a view, which lies elsewhere in memory than what a checkpoint gives back."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.joined = nn.Linear(size, 2 * size)

    def forward(self, arriving: Tensor, state: Tensor | None) -> tuple[Tensor, Tensor]:
        before = torch.zeros_like(arriving) if state is None else state
        _, after = torch.tanh(self.joined(before) + arriving.repeat(2)).chunk(2)
        return (after > 0.3).float(), after


@pytest.mark.parametrize("size", [19, 27, 45, 65])
def test_bits_do_not_depend_on_where_a_state_lies(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(torch_region, "build_module", lambda *_: seeded(Chunks, size))
    spec = spec_of("leaky", size=size)
    region, restored = create_region(spec), create_region(spec)
    advance(region, spec, 0, 20)
    restored.restore(region.snapshot())
    for one in (region, restored):
        advance(one, spec, 20, 22)
    assert torch.equal(region.snapshot()["state"], restored.snapshot()["state"])


def seeded(module: type[nn.Module], *arguments: object) -> nn.Module:
    torch.manual_seed(1)
    return module(*arguments)


class TwoParts(NamedTuple):
    v: Tensor
    i: Tensor


class Named(nn.Module):
    """Keeps a NamedTuple, as Norse's modules do."""

    def forward(self, arriving: Tensor, state: TwoParts | None) -> tuple[Tensor, TwoParts]:
        before = TwoParts(torch.zeros_like(arriving), torch.zeros_like(arriving)) if state is None else state
        after = TwoParts(0.9 * before.v + before.i, 0.8 * before.i + arriving)
        return (after.v > 1.0).float(), after


def test_a_state_keeps_its_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_region, "build_module", lambda *_: Named())
    spec = spec_of("leaky")
    region, other = create_region(spec), create_region(spec)
    advance(region, spec, 0, 10)
    snapshot = region.snapshot()
    assert {"state.0.v", "state.1.i"} <= set(snapshot)
    other.restore(dict(reversed(snapshot.items())))
    assert pairs(advance(other, spec, 10, 30)) == pairs(advance(region, spec, 10, 30))


@pytest.mark.parametrize(
    ("returned", "told"),
    [
        ((torch.ones(1, 12), None), r"a Tensor of shape \(1, 12\) as spikes; return a tensor of shape \(12,\)"),
        ((None, None), r"a NoneType as spikes; return a tensor of shape \(12,\)"),
        ((torch.ones(12), [torch.ones(2)]), r"a list of a Tensor of shape \(2,\) as its state; return a tensor, or"),
        ((torch.ones(12), (torch.ones(2), None)), r"a tuple of a Tensor of shape \(2,\), a NoneType as its state; "),
    ],
)
def test_what_a_module_may_not_return(monkeypatch: pytest.MonkeyPatch, returned: object, told: str) -> None:
    class Other(nn.Module):
        def forward(self, arriving: Tensor, state: object) -> object:
            return returned

    monkeypatch.setattr(torch_region, "build_module", lambda *_: Other())
    with pytest.raises(ValueError, match=f"^the module returned {told}"):
        advance(create_region(spec_of("leaky")), spec_of("leaky"), 0, 5)


def test_axons_spread_evenly_over_units_and_input_is_scaled() -> None:
    spec = RegionSpec(
        "net", "torch_module", 6, 1.0, 1, params=(("input_gain", 1.0),), incoming=(Incoming("a.all", 3, "input"),)
    )
    region = create_region(spec)
    steps = np.zeros(3, np.int32)
    packet = region.advance(Window(0, 2), Arrivals(steps, steps, np.arange(3, dtype=np.int32)))
    assert pairs(packet) == [(0, 0), (0, 2), (0, 4)]
    weak = create_region(
        RegionSpec("net", "torch_module", 6, 1.0, 1, params=(("input_gain", 0.4),), incoming=spec.incoming)
    )
    twice = Arrivals(np.zeros(3, np.int32), np.zeros(3, np.int32), np.array([0, 0, 0], np.int32))
    assert pairs(weak.advance(Window(0, 2), twice)) == [(0, 0)], "three spikes of 0.4 add up"


def test_unknown_module_is_told() -> None:
    with pytest.raises(ConfigError, match=r"params.module of region 'net' is 'leeky', but no installed package"):
        find_kind("torch_module").anatomy(spec_of("leeky"))


def test_a_module_stays_on_the_cpu_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    create_region(replace(spec_of("leaky"), device="cuda:1"))
    assert caplog.messages == ["region 'net' computes on the CPU, as all of kind 'torch_module' do"]
