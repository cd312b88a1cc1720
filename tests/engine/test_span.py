"""Regions compute as far ahead as causality allows, never further, and never wait without end."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.toy_regions import SilentRegion
from tests.toy_spans import Noting, Sent, span
from thalia_dask.engine.span import Packets
from thalia_dask.engine.stretches import fair_steps
from thalia_dask.errors import ClusterError
from thalia_dask.regions.base import Observable
from thalia_dask.spikes import Arrivals, SpikePacket
from thalia_dask.ticks import Window


def test_region_without_input_runs_ahead_of_one_that_waits_for_another_worker() -> None:
    """far (elsewhere) ──4──> a ──6──> b, and c alone: windows of 2 steps."""
    log: list[tuple[str, int, int]] = []
    regions = {name: Noting(name, log) for name in "abc"}
    homes = {"a": "here", "b": "here", "c": "here", "far": "there"}
    one = span(homes, [("far", "a", 4), ("a", "b", 6)], regions)
    thread = threading.Thread(target=one.work)
    thread.start()
    reached = {"a": 4, "b": 10, "c": 12}  # a: its own look-ahead; b: 6 steps beyond what a has done; c: everything
    _wait_for(log, set(reached.items()))
    assert {name: max(stop for who, _, stop in log if who == name) for name in "abc"} == reached
    packet = SpikePacket(np.array([1, 7], np.int32), np.zeros(2, np.int32))
    one.receive("there", Packets(8, {"far": packet}))
    thread.join(10)
    assert regions["a"].arrived == [1 + 4, 7 + 4]
    for name in "abc":
        mine = [(start, stop) for who, start, stop in log if who == name]
        assert [start for start, _ in mine] == [0, *(stop for _, stop in mine[:-1])]
        assert mine[-1][1] == 12
    assert set(one.result()) == {"a", "b", "c"}


def _wait_for(log: list[tuple[str, int, int]], reached: set[tuple[str, int]]) -> None:
    settled = threading.Event()
    for _ in range(200):
        if reached <= {(who, stop) for who, _, stop in log}:
            break
        settled.wait(0.01)
    settled.wait(0.1)


@pytest.mark.parametrize("hop", [1, -1])
def test_around_a_ring_each_stretch_makes_the_next_one_longer(hop: int) -> None:
    """Ten regions, each of which hears the one before it 5 steps later: once around is 50 steps."""
    log: list[tuple[str, int, int]] = []
    names = [f"r{i}" for i in range(10)]
    axons = [(names[i], names[(i + hop) % 10], 5) for i in range(10)]
    regions = {name: Noting(name, log) for name in names}
    one = span(dict.fromkeys(names, "here"), axons, regions, steps=400, window=1)
    one.work()
    assert set(one.result()) == set(names)
    assert one.n_stretches == len(log)
    assert len(log) < 2 * 10 * 400 / 50


@pytest.mark.parametrize(("n_threads", "longest"), [(1, 100), (2, 10)])
def test_a_stretch_is_no_longer_than_what_is_left_for_other_threads(n_threads: int, longest: int) -> None:
    """a ──10──> b: as long as b has nothing to do, a goes no farther than a window if there is a thread for b."""
    log: list[tuple[str, int, int]] = []
    regions = {name: Noting(name, log) for name in "ab"}
    homes = {"a": "here", "b": "here"}
    one = span(homes, [("a", "b", 10)], regions, steps=100, window=10, n_threads=n_threads)
    threads = [threading.Thread(target=one.work) for _ in range(n_threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert set(one.result()) == {"a", "b"}
    assert max(stop - start for who, start, stop in log if who == "a") == longest


@pytest.mark.parametrize(("axons", "stop"), [([("a", "b", 10), ("c", "d", 10)], 100), ([("c", "d", 10)], 10)])
def test_a_thread_takes_all_there_is_if_what_others_compute_opens_up_more(
    axons: list[tuple[str, str, int]], stop: int
) -> None:
    """While one thread is in a, for 100 steps, another may go as far in c, if b can go on from there after that.

    a ──10──> b, c ──10──> d; without the first of them, d alone is left for the thread that is in a.
    """
    log: list[tuple[str, int, int]] = []
    done = threading.Event()

    class Waiting(Noting):
        def advance(self, window: Window, arrivals: Arrivals) -> SpikePacket:
            packet = super().advance(window, arrivals)
            assert done.wait(10)
            return packet

    regions = {"a": Waiting("a", log), "b": Noting("b", log), "c": Waiting("c", log), "d": Noting("d", log)}
    if len(axons) == 1:
        del regions["b"]
    one = span(dict.fromkeys(regions, "here"), axons, regions, steps=100, window=10, n_threads=2)
    threads = [threading.Thread(target=one.work) for _ in range(2)]
    threads[0].start()
    _wait_for(log, {("a", 100)})
    threads[1].start()
    _wait_for(log, {("c", stop)})
    done.set()
    for thread in threads:
        thread.join(10)
    assert set(one.result()) == set(regions)
    assert next(entry for entry in log if entry[0] == "c") == ("c", 0, stop)


@pytest.mark.parametrize(
    ("n_others", "n_hungry", "n_steps", "taken"),
    [(0, 0, 100, 100), (2, 1, 100, 40), (2, 2, 100, 20), (2, 0, 100, 30), (2, 0, 20, 20), (9, 9, 100, 10)],
)
def test_a_fair_share(n_others: int, n_hungry: int, n_steps: int, taken: int) -> None:
    """Of 40 steps that are ready and 30 that others compute, in windows of 10."""
    assert fair_steps(40, 30, n_others, n_hungry, 10, n_steps) == taken


def test_a_stretch_has_an_end_where_nobody_waits_for_it() -> None:
    log: list[tuple[str, int, int]] = []
    one = span({"a": "here"}, [], {"a": Noting("a", log)}, steps=2500, window=1)
    one.work()
    assert log == [("a", 0, 1000), ("a", 1000, 2000), ("a", 2000, 2500)]


def test_what_a_region_observes_in_some_stretches_only_is_missing_in_the_others() -> None:
    class InTheSecond(SilentRegion):
        observables = {"v": Observable("1", "the step")}  # noqa: RUF012

        def advance(self, window: Window, arrivals: Arrivals) -> SpikePacket:
            self._window = window
            return SpikePacket()

        def observe(self) -> dict[str, NDArray[np.float32]]:
            values = np.arange(self._window.start, self._window.stop, dtype=np.float32)
            return {"v": values} if self._window.start == 1000 else {}

    one = span({"a": "here"}, [], {"a": InTheSecond()}, steps=2500, window=1)
    one.work()
    expected = [step if 1000 <= step < 2000 else np.nan for step in range(2500)]
    np.testing.assert_array_equal(one.result()["a"].observed["v"], expected)


@pytest.mark.parametrize(
    ("n_regions", "delay", "untils"),
    [(3, 3, [2, 4, 6, 8]), (4, 3, [4, 8]), (4, 4, [2, 4, 6, 8]), (1, 9, [4, 8])],
)
def test_other_workers_hear_of_windows_or_of_half_of_their_delay(
    n_regions: int, delay: int, untils: list[int]
) -> None:
    """Regions that hear nobody, and x elsewhere, which hears all of them: windows of 2 steps.

    What travels during the next window makes nobody wait. Where a delay is too short for that, messages are few.
    """
    sent = Sent()
    names = [f"r{i}" for i in range(n_regions)]
    homes = {**dict.fromkeys(names, "here"), "x": "there"}
    axons = [(name, "x", delay) for name in names]
    one = span(homes, axons, {name: SilentRegion() for name in names}, steps=8, send=sent)
    one.work()
    assert [until for _, until, _ in sent] == untils


def test_one_message_for_a_window_and_worker() -> None:
    """a and b are heard there, c is not; nobody waits for anything."""
    sent = Sent()
    homes = {"a": "here", "b": "here", "c": "here", "x": "there", "y": "elsewhere"}
    axons = [("a", "x", 3), ("b", "x", 3), ("b", "y", 3), ("c", "a", 3)]
    one = span(homes, axons, {name: SilentRegion() for name in "abc"}, steps=6, send=sent)
    one.work()
    for worker in ("there", "elsewhere"):
        assert [until for to, until, _ in sent if to == worker] == [2, 4, 6]


def test_silence_of_another_worker_ends_in_an_error_that_names_it() -> None:
    one = span({"a": "here", "far": "tcp://there"}, [("far", "a", 4)], {"a": SilentRegion()}, patience_s=0.2)
    one.work()
    with pytest.raises(ClusterError, match=r"nothing was heard of tcp://there for 0.2 s"):
        one.result()
