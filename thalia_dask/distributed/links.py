"""Connections between workers, which Dask opens and secures: what a worker sends to another arrives in that order.

A link is one connection in one direction. It is opened by the sender with a message to a handler whose name nobody
else has, and which then keeps the connection: half the latency of a remote call for each message. From then on
payloads go straight over its stream, if it has one: that takes two thirds of the processor's time of Dask's messages.
"""

from __future__ import annotations

import asyncio
import struct
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress
from functools import partial

from distributed import Status, Worker
from distributed.comm.core import Comm, CommClosedError, connect
from distributed.comm.tcp import TCP
from tornado.iostream import IOStream, StreamClosedError

Receive = Callable[[str, bytes], None]
Lost = Callable[[str], None]

_LENGTH = struct.Struct("<q")


class Links:
    """All links of one worker for one brain. Everything but :meth:`send` and :meth:`close` runs on its event loop.

    Parameters
    ----------
    worker : the Dask worker of this process.
    run : a name that only this brain has; a message of another brain, or of one that is gone, finds no handler.
    receive : called with the sender's address and every payload that arrives.
    lost : called with the address of a worker whose connection broke.
    """

    def __init__(self, worker: Worker, run: str, receive: Receive, lost: Lost) -> None:
        self._worker = worker
        self._operation = f"thalia_dask-{run}"
        self._receive = receive
        self._lost = lost
        self._incoming: set[Comm] = set()
        self._outgoing: dict[str, Comm] = {}
        self._put: dict[str, Callable[[bytes], None]] = {}
        self._watches: list[asyncio.Task[None]] = []
        self._closed = False
        worker.handlers[self._operation] = self._listen

    async def open(self, workers: Iterable[str]) -> None:
        """Connect to other workers, on which the same brain has its links already."""
        await asyncio.gather(*map(self._connect, workers))

    def send(self, worker: str, payload: bytes) -> None:
        """Send to a worker, after all that was sent to it before; may be called from any thread."""
        self._worker.loop.add_callback(self._put[worker], payload)

    def close(self) -> None:
        """Remove every trace; may be called from any thread, and more than once."""
        if not self._closed:
            self._closed = True
            self._worker.loop.add_callback(self._close)

    async def _connect(self, address: str) -> None:
        comm = await connect(address, **self._worker.connection_args)
        await comm.write({"op": self._operation, "reply": False, "sender": self._worker.address})
        self._outgoing[address] = comm
        self._put[address] = _writer(comm)
        self._watches.append(asyncio.create_task(self._watch(address, comm)))

    async def _watch(self, address: str, comm: Comm) -> None:
        """Nothing ever comes back on a link: its end is all there is to wait for."""
        with suppress(CommClosedError):
            await comm.read()
        self._tell(address)

    async def _listen(self, comm: Comm, sender: str) -> Status:
        self._incoming.add(comm)
        try:
            async for payload in _payloads(comm):
                self._receive(sender, payload)
        finally:
            self._incoming.discard(comm)
        self._tell(sender)
        return Status.dont_reply

    def _tell(self, address: str) -> None:
        if not self._closed:
            self._lost(address)

    def _close(self) -> None:
        self._worker.handlers.pop(self._operation, None)
        for comm in (*self._incoming, *self._outgoing.values()):
            comm.abort()


def _writer(comm: Comm) -> Callable[[bytes], None]:
    """What sends a payload without waiting; a connection that broke is noticed by who watches it."""
    if isinstance(comm, TCP) and comm.stream is not None:
        return partial(_write_to_stream, comm.stream)
    return _Queue(comm).put


def _write_to_stream(stream: IOStream, payload: bytes) -> None:
    with suppress(StreamClosedError):
        stream.write(_LENGTH.pack(len(payload)) + payload)


async def _payloads(comm: Comm) -> AsyncIterator[bytes]:
    """What the writer at the other end was given, until the connection ends."""
    with suppress(CommClosedError, StreamClosedError):
        if isinstance(comm, TCP) and comm.stream is not None:
            stream = comm.stream
            while True:
                (length,) = _LENGTH.unpack(await stream.read_bytes(_LENGTH.size))
                yield await stream.read_bytes(length)
        while True:
            yield await comm.read()


class _Queue:
    """Payloads on their way over a connection without a stream, written one after the other."""

    def __init__(self, comm: Comm) -> None:
        self._comm = comm
        self._waiting: deque[bytes] = deque()
        self._writing: asyncio.Task[None] | None = None

    def put(self, payload: bytes) -> None:
        self._waiting.append(payload)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())

    async def _write(self) -> None:
        with suppress(CommClosedError):
            while self._waiting:
                await self._comm.write(self._waiting.popleft())
        self._writing = None
