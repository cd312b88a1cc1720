"""A kernel that has become slow is seen here: each against another program for the same work, in alternating runs.

Only ratios are asserted, with room for a busy machine: each bound is about 0.4 of what an idle one shows.
``make guard`` prints both.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import replace
from time import perf_counter

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.guards.plain_numpy import PlainNumpy
from benchmarks.network import Network
from benchmarks.networks.areas import Areas
from benchmarks.networks.cuba import cuba
from benchmarks.ours import OneRegion, build, connections, region_of
from thalia_dask.engine.event_queue import Inbox
from thalia_dask.engine.executor import Emission
from thalia_dask.engine.observer import WindowReport
from thalia_dask.plasticity.stdp import STDP
from thalia_dask.recording.recorder import Recorder
from thalia_dask.regions.base import MEMBRANE_POTENTIAL_MEAN
from thalia_dask.regions.spiking import SpikingRegion
from thalia_dask.spikes import Arrivals, SpikePacket
from thalia_dask.ticks import Window

ROUNDS = 15
N_STEPS = 500


def times_faster(benchmark: BenchmarkFixture, ours: Callable[[], object], theirs: Callable[[], object]) -> float:
    """Median time of ``theirs`` over that of ``ours``; they take turns."""
    seconds: list[float] = []

    def their_turn() -> None:
        began = perf_counter()
        theirs()
        seconds.append(perf_counter() - began)

    benchmark.pedantic(ours, setup=their_turn, rounds=ROUNDS, warmup_rounds=1)
    ratio = statistics.median(seconds) / benchmark.stats.stats.median
    benchmark.extra_info["times faster"] = round(ratio, 2)
    return ratio


@pytest.mark.parametrize(("delay_steps", "bound"), [((1, 1), 4.0), ((1, 100), 3.0)])
def test_spiking_region_against_plain_numpy(
    benchmark: BenchmarkFixture, delay_steps: tuple[int, int], bound: float
) -> None:
    network = cuba(4000, delay_steps)
    by_hand = PlainNumpy(network)
    by_hand.run(2 * N_STEPS)
    with OneRegion(build(network), warm_up_ms=0.2 * N_STEPS, duration_ms=0.1 * N_STEPS) as region:
        assert region.run().rate_hz == pytest.approx(by_hand.run(N_STEPS) / 4000 / (N_STEPS * 1e-4), rel=0.3)
        assert times_faster(benchmark, region.run, lambda: by_hand.run(N_STEPS)) > bound


def test_a_window_does_not_cost_more_where_much_is_known_beforehand(benchmark: BenchmarkFixture) -> None:
    """A hundred windows at the beginning of a short stimulus, and of one that is a thousand times as long."""

    def pop(n_steps: int) -> None:
        steps = np.repeat(np.arange(n_steps, dtype=np.int32), 10)
        inbox = Inbox()
        inbox.schedule(0, steps, steps)
        began = perf_counter()
        assert sum(len(inbox.pop_until(stop)) for stop in range(1, 101)) == 1000
        seconds.append(perf_counter() - began)

    seconds: list[float] = []
    benchmark.pedantic(lambda: [pop(n) for n in (100, 100_000)], rounds=ROUNDS, warmup_rounds=1)
    ratio = statistics.median(seconds[::2]) / statistics.median(seconds[1::2])
    benchmark.extra_info["times faster"] = round(ratio, 2)
    assert ratio > 0.4


def test_recording_a_window_does_not_cost_more_where_many_are_pending(benchmark: BenchmarkFixture) -> None:
    """The first hundred windows of a recording, and as many after ten thousand."""

    def record() -> None:
        recorder, window, waits = Recorder(plan, flush_every_ms=1e9), Window(0, 0), []
        for _ in range(101):
            began = perf_counter()
            for _ in range(100):
                window = Window(window.stop, window.stop + 5)
                recorder.on_window(WindowReport(window, {}, emissions, 0.0))
            waits.append(perf_counter() - began)
        seconds.append((waits[0], waits[-1]))

    seconds: list[tuple[float, float]] = []
    plan = Areas(2, 10, 2).plan()
    observed = {MEMBRANE_POTENTIAL_MEAN: np.zeros(5, np.float32)}
    emissions = {name: Emission(SpikePacket(), observed, 0.0) for name in plan.region_names}
    benchmark.pedantic(record, rounds=ROUNDS, warmup_rounds=1)
    first, last = (statistics.median(column) for column in zip(*seconds, strict=True))
    benchmark.extra_info["times faster"] = round(first / last, 2)
    assert first / last > 0.4


def test_learning_costs_little(benchmark: BenchmarkFixture) -> None:
    network = cuba(4000, (1, 20))
    static, learning = Clocked(build(network)), Clocked(learning_region(network))
    assert times_faster(benchmark, learning.run, static.run) > 0.25


class Clocked:
    """A region, and how far it has come."""

    def __init__(self, region: SpikingRegion) -> None:
        self._region, self._now = region, 0

    def run(self) -> None:
        self._region.advance(Window(self._now, self._now + N_STEPS), Arrivals())
        self._now += N_STEPS


def learning_region(network: Network) -> SpikingRegion:
    """The network with STDP between its excitatory neurons."""
    rule = STDP(potentiation=1e-4, depression=1e-4)
    synapses = (replace(c, rule=rule) if c.source == c.target == "exc" else c for c in connections(network))
    return region_of(network, tuple(synapses))
