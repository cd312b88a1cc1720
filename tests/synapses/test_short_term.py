"""Synapses that tire and warm up: against NEST, against their recursion, cut in pieces, and in torch operations."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from tests.neurons.make_nest_reference import EVERY, N_NEURONS, N_STEPS, PATH
from thalia_dask.errors import ConfigError
from thalia_dask.neurons.base import EXCITATORY, INHIBITORY
from thalia_dask.neurons.delta import DeltaLIFParams
from thalia_dask.neurons.lif import LIFParams
from thalia_dask.plasticity.stdp import STDP
from thalia_dask.regions.layout import Background, Connection, ExplicitConnection, Layout, Population
from thalia_dask.regions.spec import Incoming, RegionSpec
from thalia_dask.regions.spiking import SpikingRegion
from thalia_dask.regions.torch_spiking import TorchSpikingRegion
from thalia_dask.spikes import Arrivals, Signal
from thalia_dask.synapses.connectivity import EdgeList
from thalia_dask.synapses.short_term import TsodyksMarkram
from thalia_dask.ticks import Window
from validation.checks.short_term import MODEL, SYNAPSES, Synapse
from validation.driven import respond

BOTH = TsodyksMarkram(0.2, tau_recovery_ms=60.0, tau_facilitation_ms=90.0)
STEPS = [3, 4, 9, 30, 31, 32, 90]


@pytest.mark.parametrize("synapse", SYNAPSES, ids=lambda synapse: synapse.name)
def test_membranes_are_those_of_nest(synapse: Synapse) -> None:
    with np.load(PATH) as stored:
        membrane = stored[f"{synapse.name}/membrane"]
    assert np.ptp(membrane) > 1.0
    ours = respond(MODEL.neuron, MODEL.given(N_NEURONS, N_STEPS), synapse.short_term)
    np.testing.assert_allclose(ours.membrane[::EVERY], membrane, atol=1e-3)


def releases(rule: TsodyksMarkram) -> list[float]:
    """What each spike of ``STEPS`` (ms) releases."""
    share, resources, factors = rule.utilization, 1.0, []
    for before, step in zip([None, *STEPS], STEPS, strict=False):
        if before is not None:
            interval = step - before
            resources = 1 + (resources * (1 - share) - 1) * math.exp(-interval / rule.tau_recovery_ms)
            faded = share * math.exp(-interval / rule.tau_facilitation_ms) if rule.tau_facilitation_ms else 0.0
            share = rule.utilization + (1 - rule.utilization) * faded
        factors.append(share * resources)
    return factors


def one_axon(kind: type, edges: EdgeList, rule: TsodyksMarkram) -> SpikingRegion | TorchSpikingRegion:
    """Neurons that keep what they get, at the end of one axon; other synapses of it stay as they are."""
    cells = Population("cells", 3, DeltaLIFParams(tau_membrane_ms=1e9, threshold_mv=1e6))
    static = EdgeList(*(np.array([value], dtype) for value, dtype in ((0, "i4"), (2, "i4"), (1, "f4"), (2, "i4"))))
    connections = (
        ExplicitConnection("axons", "cells", edges, short_term=rule),
        ExplicitConnection("axons", "cells", static),
    )
    incoming = (Incoming("stimulus", 1, "axons"),)
    return kind(RegionSpec("r", "explicit", 3, 1.0, 1, incoming=incoming), Layout((cells,), connections, ("axons",)))


EDGES = EdgeList(np.zeros(3, "i4"), np.array([0, 1, 0], "i4"), np.array([2, 3, 5], "f4"), np.array([2, 2, 7], "i4"))


def jumps(region: SpikingRegion | TorchSpikingRegion, cuts: list[int]) -> np.ndarray:
    """By how much membranes jump in each of 100 steps; the region moves into a new one at every cut."""
    trace = np.zeros((101, 3))
    for step in range(100):
        if step in cuts:
            snapshot = region.snapshot()
            region = one_axon(type(region), EDGES, BOTH)
            region.restore(snapshot)
        steps = np.array([step] if step in STEPS else [], np.int32)
        region.advance(Window(step, step + 1), Arrivals(steps, 0 * steps, 0 * steps))
        trace[step + 1] = region.tensors["membrane"].numpy()
    return np.diff(trace, axis=0)


@pytest.mark.parametrize("kind", [SpikingRegion, TorchSpikingRegion])
def test_releases_are_those_of_the_recursion_at_every_delay(kind: type) -> None:
    got = jumps(one_axon(kind, EDGES, BOTH), cuts=[5, 33])
    expected = np.zeros((110, 3))
    for step, factor in zip(STEPS, releases(BOTH), strict=True):
        expected[step + 2] += [2 * factor, 3 * factor, 1.0]
        expected[step + 7, 0] += 5 * factor
    np.testing.assert_allclose(got, expected[:100], atol=2e-5)


def test_without_facilitation_the_share_stays() -> None:
    rule = TsodyksMarkram(0.5, tau_recovery_ms=60.0)
    got = jumps(one_axon(SpikingRegion, EDGES, rule), cuts=[])
    np.testing.assert_allclose(got[np.array(STEPS) + 2, 1], 3 * np.array(releases(rule)), atol=1e-5)


def test_two_spikes_of_an_axon_in_one_step() -> None:
    """The second finds what the first has left, and nothing is facilitated."""
    region = one_axon(SpikingRegion, EDGES, TsodyksMarkram(0.5, tau_recovery_ms=60.0))
    twice = np.array([1, 1], np.int32)
    region.advance(Window(0, 4), Arrivals(twice, 0 * twice, 0 * twice))
    np.testing.assert_allclose(region.tensors["membrane"].numpy(), [2 * 0.75, 3 * 0.75, 2.0], rtol=1e-6)


def test_a_new_episode_finds_rested_synapses() -> None:
    region = one_axon(SpikingRegion, EDGES, BOTH)
    jumps(region, cuts=[])
    region.advance(Window(100, 101), Arrivals(signals=(Signal(100, "reset", 0.0),)))
    spike = np.array([101], np.int32)
    region.advance(Window(101, 105), Arrivals(spike, 0 * spike, 0 * spike))
    assert region.tensors["membrane"][1] == pytest.approx(3 * BOTH.utilization, rel=1e-5)


def noisy(rule: TsodyksMarkram | None) -> tuple[RegionSpec, Layout]:
    """Two populations with background, delays, and a learning rule on the same synapses."""
    populations = (
        Population("exc", 60, LIFParams(), Background(1500.0, 3.0)),
        Population("inh", 20, LIFParams(), Background(1500.0, 3.0)),
    )
    connections = (
        Connection("exc", "exc", 0.3, 40.0, EXCITATORY, (1, 6), rule=STDP(), short_term=rule),
        Connection("exc", "inh", 0.3, 40.0, EXCITATORY, (1, 6), short_term=rule),
        Connection("inh", "exc", 0.3, -40.0, INHIBITORY, (1, 3)),
    )
    return RegionSpec("noisy", "explicit", 80, 1.0, seed=3), Layout(populations, connections)


def run(region: SpikingRegion | TorchSpikingRegion, windows: list[int]) -> list[tuple[int, int]]:
    spikes = []
    for start, stop in pairwise(windows):
        packet = region.advance(Window(start, stop), Arrivals())
        spikes += zip(packet.steps.tolist(), packet.neurons.tolist(), strict=True)
    return spikes


def test_results_depend_neither_on_windows_nor_on_where_they_are_computed() -> None:
    spec, layout = noisy(BOTH)
    whole, cut = SpikingRegion(spec, layout), SpikingRegion(spec, layout)
    spikes = run(whole, [0, 200])
    assert len(spikes) > 100
    assert run(cut, [0, 1, 7, 90, 200]) == spikes
    for name, tensor in whole.tensors.items():
        assert tensor.equal(cut.tensors[name]), name
    on_torch = TorchSpikingRegion(spec, layout)
    assert run(on_torch, [0, 120, 200]) == spikes
    for name in ("short_term_released", "short_term_share", "short_term_resources"):
        np.testing.assert_allclose(on_torch.tensors[name].numpy(), whole.tensors[name].numpy(), atol=1e-5)
    assert run(SpikingRegion(*noisy(None)), [0, 200]) != spikes


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (replace(BOTH, utilization=0.0), "short_term.utilization is 0.0; write a share above 0 and at most 1"),
        (replace(BOTH, tau_recovery_ms=0.0), "short_term.tau_recovery_ms is 0.0; write a number above 0"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(rule: TsodyksMarkram, message: str) -> None:
    with pytest.raises(ConfigError, match=rf"region 'noisy', connection exc -> exc: {message}"):
        SpikingRegion(*noisy(rule))
