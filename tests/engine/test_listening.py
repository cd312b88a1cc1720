"""Threads of a span that have nothing to do take in what other workers send, one at a time.

there ──4──> a        elsewhere ──4──> b ──4──> c
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic, sleep

import pytest

from tests.toy_regions import SilentRegion
from tests.toy_spans import span
from thalia_dask.engine.span import Packets
from thalia_dask.errors import ClusterError
from thalia_dask.spikes import Arrivals, SpikePacket
from thalia_dask.ticks import Window

LONG_S = 10.0


class Post:
    """What other workers send: it lies there until a thread listens."""

    def __init__(self) -> None:
        self.n_waiting = self.n_waits = 0
        self.receive: Callable[[str, Packets], None]
        self._came = threading.Condition()
        self._woken = False
        self._letters: list[tuple[str, int]] = []

    def put(self, worker: str, until: int) -> None:
        with self._came:
            self._letters.append((worker, until))
            self._came.notify_all()

    def wake(self) -> None:
        with self._came:
            self._woken = True
            self._came.notify_all()

    def listen(self, wait_s: float) -> None:
        with self._came:
            if wait_s:
                self.n_waiting += 1
                self.n_waits += 1
                self._came.wait_for(lambda: self._letters or self._woken, wait_s)
                self.n_waiting -= 1
                self._woken = False
            letters, self._letters = self._letters, []
        for worker, until in letters:
            self.receive(worker, Packets(until, {}))


class Held(SilentRegion):
    """Holds its thread in every stretch until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.began, self.go_on = threading.Semaphore(0), threading.Semaphore(0)

    def advance(self, window: Window, arrivals: Arrivals) -> SpikePacket:
        self.began.release()
        assert self.go_on.acquire(timeout=LONG_S)
        return super().advance(window, arrivals)


class Work:
    """A span of 8 steps in windows of 4, in which nothing happens by itself."""

    def __init__(self, *names: str, n_threads: int) -> None:
        self.post = Post()
        self.regions = {name: Held() for name in names}
        homes = {**dict.fromkeys(names, "here"), "x": "there", "y": "elsewhere"}
        axons = [(source, target, 4) for source, target in ("xa", "yb", "bc") if target in names]
        self.span = span(
            homes, axons, self.regions, steps=8, window=4, n_threads=n_threads, listener=self.post, patience_s=60.0
        )
        self.post.receive = self.span.receive
        self._threads = [threading.Thread(target=self.span.work) for _ in range(n_threads)]
        for thread in self._threads:
            thread.start()

    def begin(self, *names: str) -> None:
        for name in names:
            assert self.regions[name].began.acquire(timeout=LONG_S)

    def finish(self, *names: str) -> None:
        for name in names:
            self.regions[name].go_on.release()

    def wait_for_listener(self) -> None:
        deadline = monotonic() + LONG_S
        while not self.post.n_waiting:
            assert monotonic() < deadline
            sleep(0.001)

    def end(self) -> None:
        for thread in self._threads:
            thread.join(LONG_S)
            assert not thread.is_alive()


def test_threads_that_wait_listen_in_turn() -> None:
    work = Work("a", "b", "c", n_threads=3)
    work.begin("a", "b", "c")
    assert work.post.n_waits == 0
    work.finish("a")
    work.wait_for_listener()
    work.finish("b")  # whose thread has nothing to do, either
    work.post.put("there", 4)
    work.begin("a")  # by who listened; now the other does
    work.wait_for_listener()
    work.finish("c")
    work.begin("c")
    work.post.put("elsewhere", 4)
    work.begin("b")
    work.finish("a", "c")
    work.wait_for_listener()
    assert work.post.n_waiting == 1
    work.finish("b")  # after which there is nothing to wait for
    work.end()
    assert set(work.span.result()) == {"a", "b", "c"}


def test_what_has_come_is_taken_in_after_a_stretch_without_waiting() -> None:
    work = Work("a", n_threads=1)
    work.begin("a")
    work.post.put("there", 4)
    work.finish("a", "a")
    work.end()
    assert work.post.n_waits == 0
    assert set(work.span.result()) == {"a"}


def test_work_that_another_thread_opens_up_wakes_who_listens() -> None:
    work = Work("b", "c", n_threads=2)
    work.begin("b", "c")
    work.finish("c")
    work.wait_for_listener()
    work.post.put("elsewhere", 4)  # of which nothing follows while b is on its way
    work.finish("b")
    work.begin("b", "c")
    work.finish("b", "c")
    work.end()
    assert set(work.span.result()) == {"b", "c"}


def test_failure_elsewhere_wakes_who_listens() -> None:
    work = Work("a", n_threads=1)
    work.finish("a")
    work.wait_for_listener()
    work.span.fail(ClusterError("over there"))
    work.end()
    with pytest.raises(ClusterError, match="over there"):
        work.span.result()
