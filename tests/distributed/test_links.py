"""Links, over each kind of connection: in order, whole, whatever the socket takes; and their end is noticed.

first worker --- payloads --> second worker
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import dask
import pytest
from distributed import LocalCluster, Worker
from distributed.comm.tcp import TCP

from thalia_dask.distributed.certificates import load_security, make_certificates
from thalia_dask.distributed.links import Links

pytestmark = pytest.mark.cluster


@pytest.fixture(params=["tcp", "tls", "inproc"])
def workers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[Worker]]:
    """Two, in this process."""
    security = None
    if request.param == "tls":
        make_certificates(tmp_path)
        security = load_security(tmp_path)
    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        protocol=f"{request.param}://",
        security=security,
        dashboard_address=None,
        processes=False,
    ) as cluster:
        yield list(cluster.workers.values())


class Ends:
    """Links of two workers, connected from the first to the second."""

    def __init__(self, workers: list[Worker], *, listens: bool = True) -> None:
        self.worker, other = workers
        self.address = other.address
        self.received: list[bytes] = []
        self.lost: list[tuple[str, str]] = []
        self.target = Links(other, "run", self._receive, lambda address: self.lost.append(("target", address)))
        self.source = Links(
            self.worker, "run", lambda *_: None, lambda address: self.lost.append(("source", address))
        )
        self._closed = threading.Event()
        self._listening = threading.Thread(target=self._listen)
        if listens:
            self._listening.start()
        connected = threading.Event()

        async def open_links() -> None:
            await self.source.open([self.address])
            connected.set()

        self.worker.loop.add_callback(open_links)
        assert connected.wait(30)

    def _listen(self) -> None:
        """As the threads of a span that have nothing else to do."""
        while not self._closed.is_set():
            self.target.inlets.listen(10.0)

    def break_link(self) -> None:
        """As if the cable were cut; runs on the event loop."""
        (comm,) = self.target._incoming
        if isinstance(comm, TCP) and comm.stream is not None:
            comm.stream.socket.shutdown(socket.SHUT_RDWR)
        else:
            comm.abort()

    def _receive(self, sender: str, payload: bytes) -> None:
        assert sender == self.worker.address
        self.received.append(bytes(payload))

    def close(self) -> None:
        self.source.close()
        self.target.close()
        self._closed.set()
        self.target.inlets.wake()
        if self._listening.ident is not None:
            self._listening.join(10)
        assert not self._listening.is_alive()


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.fixture
def ends(workers: list[Worker]) -> Iterator[Ends]:
    ends = Ends(workers)
    yield ends
    ends.close()


def test_everything_arrives_whole_and_in_order(ends: Ends) -> None:
    """More at once than a socket takes, from a thread that is not the event loop's, and small payloads behind it."""
    random = Random(1)
    sent = [random.randbytes(random.choice([0, 10, 1000, 3_000_000])) for _ in range(60)]
    for payload in sent:
        ends.source.send(ends.address, payload)
    wait_for(lambda: len(ends.received) == len(sent))
    assert ends.received == sent
    for number in range(200):
        ends.source.send(ends.address, b"%d" % number)
    wait_for(lambda: len(ends.received) == len(sent) + 200)
    assert ends.received[len(sent) :] == [b"%d" % number for number in range(200)]


def test_both_ends_notice_that_a_link_broke(ends: Ends) -> None:
    """Also the one that only sends, and has nothing to send."""
    ends.source.send(ends.address, b"before")
    wait_for(lambda: ends.received == [b"before"])
    ends.worker.loop.add_callback(ends.break_link)
    wait_for(lambda: set(ends.lost) == {("source", ends.address), ("target", ends.worker.address)})
    ends.source.send(ends.address, b"after")
    ends.source.send(ends.address, b"even later")
    assert ends.received == [b"before"]


def test_payloads_that_nobody_reads_wait_longer_than_dask_lets_them() -> None:
    """Dask has a connection broken whose other end has not read for 11 s at least."""
    with (
        dask.config.set({"distributed.comm.timeouts.tcp": "11s"}),
        LocalCluster(
            n_workers=2, threads_per_worker=1, protocol="tcp://", dashboard_address=None, processes=False
        ) as c,
    ):
        ends = Ends(list(c.workers.values()), listens=False)
        payload = bytes(20_000_000)
        ends.source.send(ends.address, payload)
        time.sleep(14.0)
        assert ends.lost == []
        while not ends.received:
            ends.target.inlets.listen(10.0)
        assert ends.received == [payload]
        ends.close()


def test_who_closes_links_hears_no_more_of_them(ends: Ends) -> None:
    ends.source.close()
    wait_for(lambda: ends.lost == [("target", ends.worker.address)])
    ends.source.send(ends.address, b"into nothing")
    ends.target.close()
    time.sleep(0.1)
    assert (ends.received, ends.lost) == ([], [("target", ends.worker.address)])
