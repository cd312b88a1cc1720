"""Whoever has time reads what other workers sent.

other workers --- sockets --> inlets --> the thread that listens
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from time import monotonic

import pytest

from thalia_dask.distributed.inlets import Inlets, framed

AWHILE_S = 30.0


class Ends:
    """Inlets with two senders, and what came through them."""

    def __init__(self) -> None:
        self.received: list[tuple[str, bytes]] = []
        self.lost: list[str] = []
        self.inlets = Inlets(lambda sender, payload: self.received.append((sender, payload)), self.lost.append)
        self.senders = {name: self._connect(name) for name in ("a", "b")}

    def _connect(self, name: str) -> socket.socket:
        outlet, inlet = socket.socketpair()
        inlet.settimeout(0.0)
        self.inlets.add(name, inlet)
        return outlet

    def close(self) -> None:
        self.inlets.close()
        for sender in self.senders.values():
            sender.close()


@pytest.fixture
def ends() -> Iterator[Ends]:
    ends = Ends()
    yield ends
    ends.close()


def listening(ends: Ends) -> threading.Thread:
    """A thread that waits for something to come."""
    thread = threading.Thread(target=ends.inlets.listen, args=(AWHILE_S,))
    thread.start()
    while not ends.inlets._reading.locked():
        pass
    return thread


def test_payload_is_handed_on_once_it_is_whole(ends: Ends) -> None:
    """However it is cut on its way."""
    whole = framed(b"first") + framed(b"") + framed(b"third")
    for i in range(len(whole)):
        ends.senders["a"].send(whole[i : i + 1])
        ends.inlets.listen(AWHILE_S)
    assert ends.received == [("a", b"first"), ("a", b""), ("a", b"third")]
    ends.senders["a"].send(whole)
    ends.senders["b"].send(framed(b"other"))
    ends.inlets.listen(0.0)
    assert sorted(ends.received[3:]) == [("a", b""), ("a", b"first"), ("a", b"third"), ("b", b"other")]


def test_who_does_not_wait_takes_what_is_there_and_no_more(ends: Ends) -> None:
    ends.inlets.listen(0.0)
    ends.senders["b"].send(framed(b"x"))
    ends.inlets.listen(0.0)
    assert ends.received == [("b", b"x")]


def test_who_waits_can_be_woken(ends: Ends) -> None:
    thread = listening(ends)
    began = monotonic()
    ends.inlets.wake()
    thread.join(AWHILE_S)
    assert not thread.is_alive()
    assert monotonic() - began < AWHILE_S / 2


def test_nobody_reads_while_another_thread_does() -> None:
    entered, go_on, received = threading.Event(), threading.Event(), []

    def receive(sender: str, payload: bytes) -> None:
        received.append(payload)
        entered.set()
        assert go_on.wait(AWHILE_S)

    inlets = Inlets(receive, lambda sender: None)
    outlet, inlet = socket.socketpair()
    inlet.settimeout(0.0)
    inlets.add("a", inlet)
    thread = threading.Thread(target=inlets.listen, args=(AWHILE_S,))
    thread.start()
    outlet.send(framed(b"first"))
    assert entered.wait(AWHILE_S)
    outlet.send(framed(b"second"))
    inlets.listen(0.0)
    assert received == [b"first"]
    go_on.set()
    thread.join(AWHILE_S)
    inlets.listen(0.0)
    assert received == [b"first", b"second"]
    inlets.close()
    outlet.close()


def test_waking_before_anybody_waits_is_not_lost(ends: Ends) -> None:
    """Neither by the number of times, more than a socket holds, nor by who does not wait."""
    for _ in range(100_000):
        ends.inlets.wake()
    ends.inlets.listen(0.0)
    began = monotonic()
    ends.inlets.listen(AWHILE_S)
    assert monotonic() - began < AWHILE_S / 2


def test_sender_that_is_gone_is_told_once_after_its_last_payload(ends: Ends) -> None:
    ends.senders["a"].send(framed(b"last"))
    ends.senders["a"].close()
    while not ends.lost:
        ends.inlets.listen(AWHILE_S)
    assert (ends.received, ends.lost, len(ends.inlets)) == ([("a", b"last")], ["a"], 1)
    ends.senders["b"].send(framed(b"still here"))
    ends.inlets.listen(AWHILE_S)
    assert (ends.received[1:], ends.lost) == ([("b", b"still here")], ["a"])


def test_patience_has_no_end(ends: Ends) -> None:
    ends.senders["a"].send(framed(b"x"))
    ends.inlets.listen(1e12)
    assert ends.received == [("a", b"x")]


def test_closing_lets_go_of_every_connection_also_while_a_thread_waits(ends: Ends) -> None:
    thread = listening(ends)
    ends.inlets.close()
    thread.join(AWHILE_S)
    assert not thread.is_alive()
    for sender in ends.senders.values():
        assert sender.recv(1) == b""
    ends.inlets.listen(AWHILE_S)
    ends.inlets.wake()
    ends.inlets.close()
    assert (ends.received, ends.lost, len(ends.inlets)) == ([], [], 0)
