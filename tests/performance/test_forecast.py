"""The simulated execution obeys what holds for any execution; the choice follows it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.toy_brains import plan
from thalia_dask.config import load_config
from thalia_dask.performance.choice import MARGIN, choose
from thalia_dask.performance.costs import RegionCost, Spent, Trial
from thalia_dask.performance.forecast import SEQUENTIAL, Setting, Work, step_seconds
from thalia_dask.performance.machine import REFERENCE, Machine
from thalia_dask.performance.span_forecast import ALONE, AMONG_KERNELS, Workers, span_seconds
from thalia_dask.topology.build import build_plan
from thalia_dask.topology.plan import BrainPlan

NOTHING_COSTS = Machine(*[0.0] * 19)
PAIR = plan({"a": 8, "b": 8}, [("a", "b", 4), ("b", "a", 4)])


def ring_of_thalami(names: str) -> BrainPlan:
    regions = {name: {"kind": "thalamus", "size": 8, "input_size": 8} for name in names}
    following = zip(names, names[1:] + names[0], strict=True)
    projections = [{"source": source, "target": target, "delay_ms": 5.0} for source, target in following]
    return build_plan(load_config({"brain": {"regions": regions, "projections": projections}}))


BRAIN = ring_of_thalami("ab")


def kernel(seconds: float) -> RegionCost:
    return RegionCost(0.0, 0.0, seconds)


def python(seconds: float) -> RegionCost:
    return RegionCost(seconds, 0.0, 0.0)


def span(costs, brain, machine, placement, n_threads=1, n_cores=8, n_windows=10):
    return span_seconds(costs, brain.projections, machine, Workers(placement, n_threads, n_cores), 4 * n_windows, 4)


def test_two_workers_halve_what_two_equal_regions_take() -> None:
    costs = {"a": kernel(1.0), "b": kernel(1.0)}
    assert span(costs, PAIR, NOTHING_COSTS, {"a": "x", "b": "x"}) == pytest.approx(80.0)
    assert span(costs, PAIR, NOTHING_COSTS, {"a": "x", "b": "y"}) == pytest.approx(40.0)
    assert span(costs, PAIR, NOTHING_COSTS, {"a": "x", "b": "y"}, n_cores=1) == pytest.approx(80.0)
    half_used = span(costs, PAIR, NOTHING_COSTS, {"a": "x", "b": "y"}, n_cores=1.6)
    assert half_used == pytest.approx(80.0 / 1.6)


def test_threads_share_kernels_but_not_python() -> None:
    together = {"a": "x", "b": "x"}
    assert span({"a": kernel(1.0), "b": kernel(1.0)}, PAIR, NOTHING_COSTS, together, n_threads=2) == pytest.approx(40)
    assert span({"a": python(1.0), "b": python(1.0)}, PAIR, NOTHING_COSTS, together, n_threads=2) == pytest.approx(20)
    handing_over = replace(NOTHING_COSTS, handover_seconds=0.5)
    alternating = span({"a": python(1.0), "b": python(1.0)}, PAIR, handing_over, together, n_threads=2)
    assert alternating == pytest.approx(20 + 10 * 0.5)  # in every window one of the two waits for the other
    alone = span({"a": python(1.0), "b": python(1.0)}, PAIR, handing_over, together)
    assert alone == pytest.approx(11)  # one window of the first region, then each goes on for two


def test_two_threads_go_around_a_ring_without_stopping_after_each_window() -> None:
    """What one computes opens up more for the other. With stretches of a window, it would be 4 x 100 / 2."""
    ring = plan(dict.fromkeys("abcd", 8), [(*ends, 4) for ends in ("ab", "bc", "cd", "da")])
    costs = {name: RegionCost(0.0, 0.0, 0.0, reload_seconds=1.0) for name in "abcd"}
    taken = span(costs, ring, NOTHING_COSTS, dict.fromkeys("abcd", "x"), n_threads=2, n_windows=100)
    assert taken == pytest.approx(150.0, abs=5.0)


def test_messages_are_waited_for_where_delays_give_no_slack() -> None:
    slow_post = replace(NOTHING_COSTS, latency_seconds=3.0)
    costs, apart = {"a": kernel(0.25), "b": kernel(0.25)}, {"a": "x", "b": "y"}
    assert span(costs, PAIR, slow_post, apart) == pytest.approx(10 * 1.0 + 9 * 3.0 + 3.0)  # the last one arrives, too
    patient = plan({"a": 8, "b": 8}, [("a", "b", 4000), ("b", "a", 4000)])
    assert span(costs, patient, slow_post, apart) == pytest.approx(10 * 1.0 + 3.0)  # the message is not waited for


def test_a_stretch_begins_slowly() -> None:
    costs = {name: RegionCost(1.0, 0.0, 0.0, reload_seconds=2.0) for name in "ab"}
    assert span(costs, PAIR, NOTHING_COSTS, {"a": "x", "b": "x"}) == pytest.approx(11 * 3.0)
    assert span(costs, PAIR, NOTHING_COSTS, {"a": "x", "b": "y"}) == pytest.approx(
        10 * (1.0 + ALONE * 2.0)  # no other region displaces what one needs
    )
    handing = replace(NOTHING_COSTS, task_seconds=1.0)
    nothing = {name: kernel(0.0) for name in "ab"}
    assert span(nothing, PAIR, handing, {"a": "x", "b": "y"}) == pytest.approx(10 * 1.0)
    one_way = plan({"a": 8, "b": 8}, [("a", "b", 4)])
    assert span({"a": costs["a"], "b": kernel(0.0)}, one_way, NOTHING_COSTS, {"a": "x", "b": "y"}) < 10 * 3.0 + 1e-9


def test_who_waits_reads_a_message_at_once_and_who_computes_after_its_stretch() -> None:
    """Windows of 4 steps take 1 s. A message takes the reader 0.5 s, whether it was waited for or not."""
    reading = replace(NOTHING_COSTS, receive_seconds=0.5 / AMONG_KERNELS)
    costs = {"a": kernel(0.25), "b": kernel(0.25)}
    waiting, computing = PAIR, plan({"a": 8, "b": 8}, [("a", "b", 8), ("b", "a", 8)])
    for brain in (waiting, computing):
        assert span(costs, brain, reading, {"a": "x", "b": "y"}) == pytest.approx(10 * 1.0 + 9 * 0.5, abs=0.51)
    long = replace(reading, handover_seconds=5.0)
    assert span(costs, PAIR, long, {"a": "x", "b": "y"}) == pytest.approx(10 * 1.0 + 9 * 0.5, abs=0.51)


def test_messages_take_longer_among_kernels() -> None:
    """A message in every window of 4 steps, until kernels fill the cache."""
    sending, apart = replace(NOTHING_COSTS, send_seconds=1.0), {"a": "x", "b": "y"}
    taken = [
        span({"a": kernel(us * 1e-6), "b": kernel(us * 1e-6)}, PAIR, sending, apart) for us in (0.0, 6.25, 12.5, 25.0)
    ]
    assert taken == pytest.approx([10 * 1.0, 10 * (1.0 + AMONG_KERNELS) / 2, *2 * [10 * AMONG_KERNELS]], abs=1e-2)


brains = st.integers(1, 5).flatmap(
    lambda n: st.tuples(
        st.lists(st.floats(1e-6, 1e-2), min_size=n, max_size=n),
        st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1), st.integers(4, 20)), max_size=8),
    )
)


@given(brain=brains, n_workers=st.integers(1, 4), n_threads=st.integers(1, 3), n_cores=st.integers(1, 4))
def test_no_faster_than_the_work_and_no_slower_than_one_by_one(brain, n_workers, n_threads, n_cores) -> None:
    seconds, axons = brain
    names = [f"r{i}" for i in range(len(seconds))]
    joined = {(f"r{a}", f"r{b}"): delay for a, b, delay in axons}
    made = plan(dict.fromkeys(names, 4), [(*ends, delay) for ends, delay in joined.items()])
    costs = dict(zip(names, map(kernel, seconds), strict=True))
    placement = {name: f"w{i % n_workers}" for i, name in enumerate(names)}
    total = 10 * 4 * sum(seconds)
    taken = span(costs, made, NOTHING_COSTS, placement, n_threads, n_cores)
    assert taken >= max(total / min(n_cores, n_workers * n_threads), 10 * 4 * max(seconds)) - 1e-9
    assert taken <= total + 1e-9


@pytest.mark.parametrize("exchange", ["direct", "orchestrated"])
def test_large_regions_gain_and_small_ones_lose(exchange) -> None:
    setting = Setting(2, 1, exchange, n_cores=2)
    large = Work(PAIR, {"a": kernel(5e-3), "b": kernel(5e-3)}, REFERENCE)
    small = Work(PAIR, {"a": kernel(5e-6), "b": kernel(5e-6)}, REFERENCE)
    assert 1.5 < step_seconds(large, SEQUENTIAL) / step_seconds(large, setting) <= 2.0
    assert step_seconds(small, SEQUENTIAL) < step_seconds(small, setting)


def test_what_spikes_took_counts_on_workers_too() -> None:
    """There the orchestrator records them, and the workers carry them."""
    work = Work(BRAIN, {"a": kernel(1.0), "b": kernel(1.0)}, REFERENCE)
    turns = 100 * (2 * REFERENCE.task_seconds + 2 * REFERENCE.projection_seconds)
    spans = 10 * work.orchestrating_seconds
    computing = {"a": 0.5, "b": 0.5}
    plain, heavier, heavy = (
        work.as_spent(Spent(computing, turns + carrying, spans + recording, 1000, 100, 10, 0))
        for carrying, recording in ((0.0, 0.0), (0.1, 0.0), (0.0, 0.1))
    )
    assert step_seconds(plain, SEQUENTIAL) == pytest.approx(1e-3 + turns / 1000, rel=0.02)
    for where in (SEQUENTIAL, Setting(1)):
        assert step_seconds(heavier, where) - step_seconds(plain, where) == pytest.approx(1e-4, rel=5e-3)
    once = (SEQUENTIAL, Setting(1, 1, "orchestrated"), Setting(0, exchange="orchestrated"))
    for where, times in (*((where, 1) for where in once), (Setting(1), 2)):
        assert step_seconds(heavy, where) - step_seconds(plain, where) == pytest.approx(times * 1e-4, rel=5e-3)


def test_spikes_on_their_way_into_the_orchestrator_take_time() -> None:
    work = Work(BRAIN, {"a": kernel(1.0), "b": kernel(1.0)}, REFERENCE)
    silent, active = (
        work.as_spent(Spent({"a": 0.5, "b": 0.5}, 0.01, 0.01, 1000, 100, 10, n_spikes)) for n_spikes in (0, 500_000)
    )
    assert step_seconds(active, SEQUENTIAL) == step_seconds(silent, SEQUENTIAL)
    longer = 500 * REFERENCE.report_spike_seconds
    for exchange in ("direct", "orchestrated"):
        there = Setting(2, 1, exchange)
        assert step_seconds(active, there) - step_seconds(silent, there) == pytest.approx(longer)


def test_short_calls_pay_for_each_of_them() -> None:
    costs, setting = {"a": kernel(1e-3), "b": kernel(1e-3)}, Setting(2, n_cores=2)
    short, long = (step_seconds(Work(PAIR, costs, REFERENCE, call_steps=n), setting) for n in (1, 1000))
    assert short > long + 0.9 * REFERENCE.call_seconds


APART = plan({"a": 8, "b": 8}, [])
"""Windows of a thousand steps."""


@pytest.mark.parametrize("exchange", ["direct", "orchestrated"])
def test_a_window_is_no_longer_than_a_call(exchange) -> None:
    """A region takes a second each time that it is called, whatever the steps."""
    work = Work(APART, {"a": python(1.0), "b": python(1.0)}, NOTHING_COSTS, call_steps=15)
    assert step_seconds(work, Setting(0, exchange=exchange)) == pytest.approx(2.0 / 15)
    assert step_seconds(work, Setting(2, 1, exchange, n_cores=2)) == pytest.approx(1.0 / 15)


def test_the_last_window_of_a_call_is_what_remains_of_it() -> None:
    work = Work(PAIR, {"a": python(1.0), "b": python(1.0)}, NOTHING_COSTS, call_steps=10)  # windows of 4, 4, 2
    assert step_seconds(work, Setting(0, exchange="orchestrated")) == pytest.approx(3 * 2.0 / 10)
    assert step_seconds(work, Setting(2, 1, "orchestrated", n_cores=2)) == pytest.approx(3 * 1.0 / 10)


def test_a_span_ends_after_half_a_second_but_not_within_a_window() -> None:
    """What is paid for once in a span shows how many steps it has: windows of 4 steps, of 0.1 s or of 4 s."""
    ordering = replace(NOTHING_COSTS, orchestrator_window_seconds=1.0)
    for seconds, span_steps in ((0.012, 20), (0.5, 4)):
        work = Work(PAIR, {"a": kernel(seconds), "b": kernel(seconds)}, ordering)
        assert step_seconds(work, SEQUENTIAL) == pytest.approx(2 * seconds + 1.0 / span_steps)


@pytest.mark.parametrize("exchange", ["direct", "orchestrated"])
def test_an_order_takes_longer_to_more_workers(exchange) -> None:
    """Twelve take 3 times as long as two, where an order is measured; workers without a region get none."""
    names = "abcdefghijkl"
    work = Work(plan(dict.fromkeys(names, 1), []), dict.fromkeys(names, kernel(1e-9)), NOTHING_COSTS, call_steps=1)
    work = replace(work, machine=replace(NOTHING_COSTS, call_seconds=1.0))
    taken = [step_seconds(work, Setting(n, 1, exchange, n_cores=n)) for n in (1, 2, 12, 256)]
    assert taken == pytest.approx([0.8, 1.0, 3.0, 3.0])


def test_the_choice_and_its_reason() -> None:
    large = Work(PAIR, {"a": kernel(5e-3), "b": kernel(5e-3)}, REFERENCE)
    small = Work(PAIR, {"a": kernel(5e-6), "b": kernel(5e-6)}, REFERENCE)
    setting = Setting(2, n_cores=2)
    chosen = choose(large, setting)
    assert chosen.parallel
    assert chosen.reason.startswith("dask: by anatomy, a step takes about 10 ms sequentially and 5.")
    assert chosen.reason.endswith(" ms on 2 workers of 1 thread")
    chosen = choose(small, setting)
    assert not chosen.parallel
    assert chosen.reason.startswith("sequential: by anatomy, a step takes about ")
    assert chosen.reason.endswith(f"; Dask is taken where it is at least {MARGIN:g} times as fast")


@pytest.mark.parametrize(
    ("names", "setting", "why"),
    [
        ("a", Setting(2, n_cores=2), "sequential: there is one region, so nothing could be done side by side"),
        ("ab", Setting(1, n_cores=2), "sequential: 1 worker of 1 thread would do one thing at a time, too"),
        ("ab", Setting(2, n_cores=1), "sequential: there is one free core, which workers would have to share"),
    ],
)
def test_where_nothing_can_be_gained(names, setting, why) -> None:
    brain = plan(dict.fromkeys(names, 4), [])
    chosen = choose(Work(brain, {name: kernel(1.0) for name in names}, REFERENCE), setting)
    assert (chosen.parallel, chosen.reason) == (False, why)


def test_a_close_race_is_not_run_on_dask() -> None:
    """A second region of a sixtieth of the first gains 1.01: less than the margin."""
    work = Work(PAIR, {"a": kernel(6e-3), "b": kernel(1e-4)}, REFERENCE)
    setting = Setting(2, n_cores=2)
    assert 1.0 < step_seconds(work, SEQUENTIAL) / step_seconds(work, setting) < MARGIN
    assert not choose(work, setting).parallel


def test_a_trial_decides_where_anatomy_leaves_it_open() -> None:
    def never() -> Trial:
        raise AssertionError("the brain is tried, though the choice does not depend on it")

    setting = Setting(2, n_cores=2)
    works = {us: Work(BRAIN, {"a": kernel(us * 1e-6), "b": kernel(us * 1e-6)}, REFERENCE) for us in (1, 50, 5000)}
    assert not choose(works[1], setting, never).parallel
    assert choose(works[5000], setting, never).parallel
    orchestrating = 100 * works[1].orchestrating_seconds
    spent = {
        us: Trial(Spent({"a": us * 4e-4, "b": us * 4e-4}, orchestrating, orchestrating, 400, 100, 100, 0), None)
        for us in (1, 5000)
    }
    fast, slow = (choose(works[50], setting, lambda us=us: spent[us]) for us in (1, 5000))
    assert (fast.parallel, slow.parallel) == (False, True)
    assert slow.reason.startswith("dask: by a short trial, a step takes about 10 ms")
    gaining_little = Work(BRAIN, {"a": kernel(114e-6), "b": kernel(114e-6)}, REFERENCE)
    with pytest.raises(AssertionError, match="the brain is tried"):  # many spikes could make it a loss
        choose(gaining_little, setting, never)
    told = f"by anatomy, a step takes about {step_seconds(works[50], SEQUENTIAL) * 1e6:.0f} µs"
    assert choose(works[50], setting).reason.split(": ")[1].startswith(told)


def test_regions_whose_anatomy_does_not_tell_what_they_take_are_tried() -> None:
    """Of those that hold Python's lock, processes run side by side, and threads do not."""
    module = {"kind": "torch_module", "size": 8, "input_size": 8}
    brain = build_plan(load_config({"brain": {"regions": {"a": module, "b": module}}}))
    work = Work(brain, {"a": kernel(1e-6), "b": kernel(1e-6)}, REFERENCE)
    slow = Trial(Spent({"a": 4.0, "b": 4.0}, 1e-3, 1e-3, 400, 20, 20, 0), None)
    processes, threads = (
        choose(work, where, lambda: slow) for where in (Setting(2, n_cores=2), Setting(1, 2, n_cores=2))
    )
    assert processes.reason.startswith("dask: by a short trial, a step takes about 20 ms sequentially and 10")
    assert threads.reason.startswith("sequential: by a short trial, a step takes about 20 ms sequentially and 20")


def test_short_windows_that_took_long_in_a_trial_keep_a_brain_sequential() -> None:
    """Between workers windows are 5 steps at most, and sequentially stretches were of 20."""
    work = Work(ring_of_thalami("abcd"), dict.fromkeys("abcd", kernel(50e-6)), REFERENCE)
    long = Spent(dict.fromkeys("abcd", 0.04), 1e-3, 1e-3, 400, 20, 20, 0)
    alike, slower = (
        long._replace(compute_seconds=dict.fromkeys("abcd", s), n_windows=80, n_spans=80) for s in (0.042, 0.12)
    )
    setting = Setting(2, n_cores=2)
    assert choose(work, setting, lambda: Trial(long, alike)).parallel
    assert not choose(work, setting, lambda: Trial(long, slower)).parallel
