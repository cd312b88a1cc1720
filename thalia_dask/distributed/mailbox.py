"""Where packets from other workers wait for the span that they belong to."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from time import perf_counter

from thalia_dask.distributed.wire import decode_packets
from thalia_dask.engine.span import Packets, Span
from thalia_dask.errors import ClusterError, ThaliaError, WorkerLostError


class Mailbox:
    """Hands packets to the present span; keeps those of the next one, which another worker may have begun already.

    Packets of a span that is over are thrown away.

    Parameters
    ----------
    names : the regions of the brain, in the order in which packets number them.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._lock = threading.Lock()
        self._sequence = -1
        self._span: Span | None = None
        self._early: list[tuple[int, str, Packets]] = []
        self._lost: ThaliaError | None = None
        self._idle_since = perf_counter()

    def attach(self, sequence: int, span: Span) -> None:
        """Begin a span: what has arrived for it, and what comes from now on, goes there."""
        with self._lock:
            self._sequence, self._span = sequence, span
            for number, worker, packets in self._early:
                if number == sequence:
                    span.receive(worker, packets)
            self._early = [early for early in self._early if early[0] > sequence]
            if self._lost is not None:
                span.fail(self._lost)

    def detach(self) -> None:
        """The span is over."""
        with self._lock:
            self._span, self._idle_since = None, perf_counter()

    def receive(self, worker: str, payload: bytes) -> None:
        """Take in a message of another worker."""
        sequence, packets = decode_packets(payload, self._names)
        with self._lock:
            if sequence > self._sequence:
                self._early.append((sequence, worker, packets))
            elif sequence == self._sequence and self._span is not None:
                self._span.receive(worker, packets)

    def lose(self, address: str) -> None:
        """A worker that regions here hear from, or that hears from them, is gone."""
        with self._lock:
            self._fail(WorkerLostError(f"the connection to worker {address} broke"))

    def abandon(self, sequence: int) -> None:
        """Let the span of an order fail, now or when it begins."""
        with self._lock:
            if sequence > self._sequence or (sequence == self._sequence and self._span is not None):
                self._fail(ClusterError("another worker could not carry out its part"))

    def close(self) -> None:
        """Let the present span fail, and every other that should still begin."""
        with self._lock:
            self._fail(ClusterError("the regions have been rebuilt on other workers"))

    def activity(self) -> tuple[float, dict[str, float]]:
        """Since how many seconds nothing was finished, and the regions that are being computed, since how many."""
        span = self._span
        return (
            (perf_counter() - self._idle_since, {})
            if span is None
            else (span.stalled_seconds(), span.running_seconds())
        )

    def _fail(self, error: ThaliaError) -> None:
        self._lost = error
        if self._span is not None:
            self._span.fail(error)
