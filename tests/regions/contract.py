"""The contract of a region, as checks that any kind must pass. A kind of your own gets them for free::

@pytest.mark.parametrize("check", CHECKS)
def test_contract(check):
    check(RegionSpec("mine", "my_kind", 20, dt_ms=1.0, seed=1, incoming=(Incoming("stimulus", 12, "in"),)))
"""

from __future__ import annotations

import numpy as np

from thalia_dask.regions import Region, RegionSpec, create_region, find_kind
from thalia_dask.regions.base import Snapshot
from thalia_dask.seeds import generator
from thalia_dask.spikes import Arrivals, Signal, SpikePacket
from thalia_dask.ticks import Window

RATE = 0.3
"""Probability of a spike on each axon in each step: a strong stimulus."""


def arrivals(spec: RegionSpec, window: Window, signals: tuple[Signal, ...] = ()) -> Arrivals:
    """Random spikes on every axon, a function of (region, step) alone, in canonical order."""
    rows = [
        (step, projection, neuron)
        for step in range(window.start, window.stop)
        for projection, incoming in enumerate(spec.incoming)
        for neuron in np.flatnonzero(
            generator(5, spec.name, step, projection).random(incoming.source_size) < RATE
        ).tolist()
    ]
    steps, projections, neurons = np.array(rows, np.int32).reshape(-1, 3).T.copy()
    return Arrivals(steps, projections, neurons, signals)


def advance(region: Region, spec: RegionSpec, start: int, stop: int, *signals: Signal) -> SpikePacket:
    window = Window(start, stop)
    return region.advance(window, arrivals(spec, window, signals))


def pairs(*packets: SpikePacket) -> list[tuple[int, int]]:
    return [pair for p in packets for pair in zip(p.steps.tolist(), p.neurons.tolist(), strict=True)]


def assert_same_state(a: Snapshot, b: Snapshot) -> None:
    """The same names and the same bits."""
    assert a.keys() == b.keys()
    for name in a:
        left, right = np.asarray(a[name]), np.asarray(b[name])
        assert left.dtype == right.dtype, name
        assert left.shape == right.shape, name
        assert left.tobytes() == right.tobytes(), f"'{name}' differs"


def check_anatomy(spec: RegionSpec) -> None:
    """What a kind says of a region without building it is what is built."""
    anatomy, region = find_kind(spec.kind).anatomy(spec), create_region(spec)
    assert tuple(region.populations.items()) == anatomy.populations
    assert anatomy.n_neurons == sum(size for _, size in anatomy.populations)
    assert anatomy.default_output in dict(anatomy.populations)
    assert anatomy.default_port in anatomy.ports
    assert anatomy.stimulus_port in anatomy.ports
    if anatomy.n_synapses:
        assert len(region.snapshot()["weight"]) == anatomy.n_synapses


def check_output(spec: RegionSpec) -> None:
    """Spikes are int32, ordered by (step, neuron), once each, within the window and the region; somebody fires."""
    region = create_region(spec)
    packet = advance(region, spec, 0, 60)
    assert packet.steps.dtype == packet.neurons.dtype == np.int32
    emitted = pairs(packet)
    assert emitted == sorted(set(emitted))
    assert emitted, "a strong stimulus makes the region fire"
    assert {step for step, _ in emitted} <= set(range(60))
    n_neurons = sum(region.populations.values())
    assert all(0 <= neuron < n_neurons for _, neuron in emitted)


def check_observables(spec: RegionSpec) -> None:
    """Every declared observable has one finite float32 value a step, or step and probe, whatever the window."""
    region, other = create_region(spec), create_region(spec)
    observed: dict[str, list[float]] = {name: [] for name in region.observables}
    for start, stop in ((0, 1), (1, 8), (8, 20)):
        advance(region, spec, start, stop)
        values = region.observe()
        assert values.keys() == region.observables.keys()
        for name, series in values.items():
            assert series.dtype == np.float32
            of_cells = (len(spec.probes),) if region.observables[name].dims else ()
            assert series.shape == (stop - start, *of_cells)
            assert np.isfinite(series).all()
            observed[name] += series.tolist()
    advance(other, spec, 0, 20)
    assert observed == {name: series.tolist() for name, series in other.observe().items()}


def check_adjacent_windows_join(spec: RegionSpec) -> None:
    """Spikes and state do not depend on how time is cut into windows; an empty packet is a packet."""
    dopamine, action = Signal(20, "dopamine", 0.7), Signal(20, "action", 0)
    whole = create_region(spec)
    expected = pairs(advance(whole, spec, 0, 20), advance(whole, spec, 20, 40, action, dopamine))
    for cuts in ([20], [1, 20, 21], list(range(1, 40)), [7, 13, 20, 33]):
        region, packets = create_region(spec), []
        for start, stop in zip([0, *cuts], [*cuts, 40], strict=True):
            packets.append(advance(region, spec, start, stop, *([action, dopamine] if start == 20 else [])))
        assert pairs(*packets) == expected
        assert_same_state(region.snapshot(), whole.snapshot())


def check_snapshot_is_complete(spec: RegionSpec) -> None:
    """Put into another region with another past, as often as one likes, a snapshot gives the same future."""
    region = create_region(spec)
    advance(region, spec, 0, 25, Signal(0, "dopamine", 0.3))
    saved = region.snapshot()
    expected = pairs(advance(region, spec, 25, 50, Signal(25, "action", 0), Signal(25, "dopamine", -0.5)))
    final = region.snapshot()
    other = create_region(spec)
    advance(other, spec, 3, 10, Signal(3, "dopamine", 2.0))
    for one in (other, other, region):
        one.restore(saved)
        assert_same_state(one.snapshot(), saved)
        again = advance(one, spec, 25, 50, Signal(25, "action", 0), Signal(25, "dopamine", -0.5))
        assert pairs(again) == expected
        assert_same_state(one.snapshot(), final)


def check_snapshot_is_a_copy(spec: RegionSpec) -> None:
    """What happens later does not change a snapshot, nor does a change of the snapshot reach the region."""
    region = create_region(spec)
    advance(region, spec, 0, 10)
    saved = region.snapshot()
    before = {name: np.asarray(value).copy() for name, value in saved.items()}
    advance(region, spec, 10, 30, Signal(10, "dopamine", 1.0))
    assert_same_state(saved, before)
    region.restore(saved)
    for value in saved.values():
        if hasattr(value, "fill_") and value.is_floating_point():
            value.fill_(1e3)
    assert_same_state(region.snapshot(), before)


def check_same_spec_same_region(spec: RegionSpec) -> None:
    """Construction draws from the spec alone."""
    one, other = create_region(spec), create_region(spec)
    assert_same_state(one.snapshot(), other.snapshot())
    assert pairs(advance(one, spec, 0, 30)) == pairs(advance(other, spec, 0, 30))


def check_reset_twice_is_reset_once(spec: RegionSpec) -> None:
    once, twice = create_region(spec), create_region(spec)
    for region, n_resets in ((once, 1), (twice, 2)):
        advance(region, spec, 0, 20)
        advance(region, spec, 20, 40, *[Signal(20, "reset", 0.0)] * n_resets)
    assert_same_state(once.snapshot(), twice.snapshot())


CHECKS = (
    check_anatomy,
    check_output,
    check_observables,
    check_adjacent_windows_join,
    check_snapshot_is_complete,
    check_snapshot_is_a_copy,
    check_same_spec_same_region,
    check_reset_twice_is_reset_once,
)
