"""A worker's regions compute as far ahead as causality allows, never further, and never wait without end."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
import pytest

from tests.toy_brains import plan
from tests.toy_regions import SilentRegion
from thalia_dask.distributed.mailbox import Mailbox
from thalia_dask.distributed.span import Neighbourhood, Span
from thalia_dask.distributed.wire import Packets, encode_packets
from thalia_dask.errors import ClusterError
from thalia_dask.regions.base import Region
from thalia_dask.spikes import Arrivals, SpikePacket
from thalia_dask.ticks import Window

NOTHING = Arrivals()


class Noting(SilentRegion):
    """Writes down which windows it computed, in one list with others, and what arrived."""

    def __init__(self, name: str, log: list[tuple[str, int]]) -> None:
        super().__init__()
        self._name, self._log = name, log
        self.arrived: list[int] = []

    def advance(self, window: Window, arrivals: Arrivals) -> SpikePacket:
        self._log.append((self._name, window.start))
        self.arrived += arrivals.steps.tolist()
        return SpikePacket()


class Sent(list[tuple[str, int, tuple[str, ...]]]):
    def __call__(self, worker: str, packets: Packets) -> None:
        self.append((worker, packets.until, tuple(packets.spikes)))


def span(
    homes: dict[str, str],
    axons: Sequence[tuple[str, str, int]],
    regions: dict[str, Region],
    *,
    steps: int = 12,
    window: int = 2,
    send: Sent | None = None,
    patience_s: float = 10.0,
) -> Span:
    brain = plan(dict.fromkeys(homes, 1), axons)
    neighbourhood = Neighbourhood(homes, "here", brain.projections)
    arrivals = dict.fromkeys(regions, NOTHING)
    return Span(
        regions, neighbourhood, Window(0, steps), window, arrivals, Sent() if send is None else send, patience_s
    )


def test_region_without_input_runs_ahead_of_one_that_waits_for_another_worker() -> None:
    """far (elsewhere) ──4──> a ──6──> b, and c alone: windows of 2 steps."""
    log: list[tuple[str, int]] = []
    regions = {name: Noting(name, log) for name in "abc"}
    homes = {"a": "here", "b": "here", "c": "here", "far": "there"}
    one = span(homes, [("far", "a", 4), ("a", "b", 6)], regions)
    thread = threading.Thread(target=one.work)
    thread.start()
    done = {"a": 2, "b": 5, "c": 6}  # a: its own look-ahead; b: 6 steps beyond what a has done; c: everything
    _wait_for(log, sum(done.values()))
    assert {name: sum(1 for who, _ in log if who == name) for name in "abc"} == done
    packet = SpikePacket(np.array([1, 7], np.int32), np.zeros(2, np.int32))
    one.receive("there", Packets(8, {"far": packet}))
    thread.join(10)
    assert regions["a"].arrived == [1 + 4, 7 + 4]
    assert sorted(start for who, start in log if who == "b") == [0, 2, 4, 6, 8, 10]
    assert set(one.result()) == {"a", "b", "c"}


def _wait_for(log: list[tuple[str, int]], n: int) -> None:
    settled = threading.Event()
    for _ in range(200):
        if len(log) >= n:
            break
        settled.wait(0.01)
    settled.wait(0.1)


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


def test_mailbox_keeps_what_is_early_and_throws_away_what_is_late() -> None:
    log: list[tuple[str, int]] = []
    homes, axons = {"a": "here", "far": "there"}, [("far", "a", 4)]
    mailbox = Mailbox(("a", "far"))

    def message(sequence: int, step: int) -> bytes:
        packet = SpikePacket(np.array([step], np.int32), np.zeros(1, np.int32))
        return encode_packets(sequence, Packets(12, {"far": packet}), {"a": 0, "far": 1})

    mailbox.receive("there", message(2, 1))
    mailbox.receive("there", message(3, 2))
    for sequence, arrived in ((2, [1 + 4]), (3, [2 + 4])):
        region = Noting("a", log)
        one = span(homes, axons, {"a": region})
        mailbox.attach(sequence, one)
        mailbox.receive("there", message(sequence - 1, 0))
        one.work()
        mailbox.detach()
        assert region.arrived == arrived
        one.result()


def test_abandoned_span_ends() -> None:
    one = span({"a": "here", "far": "there"}, [("far", "a", 4)], {"a": SilentRegion()})
    mailbox = Mailbox(("a", "far"))
    mailbox.attach(1, one)
    thread = threading.Thread(target=one.work)
    thread.start()
    mailbox.abandon(1)
    thread.join(10)
    with pytest.raises(ClusterError, match="another worker could not carry out its part"):
        one.result()
