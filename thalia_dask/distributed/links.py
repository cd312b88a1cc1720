"""Connections between workers, which Dask opens and secures: what a worker sends to another arrives in that order.

A link is one connection in one direction. It is opened by the sender with a message to a handler whose name nobody
else has, and which then keeps the connection. From then on payloads go straight over its socket, from the thread that
sends to the one that waits, past the event loops of both; where the connection encrypts, they go over its stream, and
where it has none, in Dask's messages.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import deque
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress

import dask
from dask.utils import parse_timedelta
from distributed import Status, Worker
from distributed.comm.core import Comm, CommClosedError, connect
from distributed.comm.tcp import TCP
from tornado.ioloop import IOLoop
from tornado.iostream import IOStream, SSLIOStream, StreamClosedError

from thalia_dask.distributed.inlets import LENGTH, Inlets, Lost, Receive, framed

_READY = b"!"
"""What a sender hears once its payloads are waited for."""


class Links:
    """All links of one worker for one brain: payloads go out in any thread, and come in where one listens.

    Parameters
    ----------
    worker : the Dask worker of this process.
    run : a name that only this brain has; a message of another brain, or of one that is gone, finds no handler.
    receive : called with the sender's address and every payload that arrives; by the worker's event loop where the
        connection encrypts, or has no socket.
    lost : called with the address of a worker whose connection broke.

    Attributes
    ----------
    inlets : what threads read that wait for payloads.
    """

    def __init__(self, worker: Worker, run: str, receive: Receive, lost: Lost) -> None:
        self._worker = worker
        self._operation = f"thalia_dask-{run}"
        self._receive = receive
        self._lost = lost
        self.inlets = Inlets(receive, self._tell)
        self._incoming: set[Comm] = set()
        self._at_end = asyncio.Event()
        self._senders: dict[str, _StreamSender | _CommSender] = {}
        self._watches: list[asyncio.Task[None]] = []  # of which asyncio keeps weak references only
        self._closed = False
        worker.handlers[self._operation] = self._listen

    async def open(self, workers: Iterable[str]) -> None:
        """Connect to other workers, on which the same brain has its links already; runs on the event loop.

        Raises
        ------
        OSError : if one cannot be reached, or does not answer in the time that Dask gives it.
        """
        await asyncio.gather(*map(self._connect, workers))

    def send(self, worker: str, payload: bytes) -> None:
        """Send to a worker, after all that was sent to it before; may be called from any thread."""
        self._senders[worker].send(payload)

    def close(self) -> None:
        """Remove every trace; may be called from any thread, and more than once."""
        if not self._closed:
            self._closed = True
            self._worker.loop.add_callback(self._close)

    async def _connect(self, address: str) -> None:
        comm = await connect(address, **self._worker.connection_args)
        await comm.write({"op": self._operation, "reply": False, "sender": self._worker.address})
        stream = _stream(comm)
        if stream is None:
            self._senders[address] = _CommSender(comm, self._worker.loop)
        else:
            if not isinstance(stream, SSLIOStream):
                await _until_ready(comm, stream)
            self._senders[address] = _StreamSender(comm, stream, self._worker.loop)
        self._watches.append(asyncio.create_task(self._watch(address, comm)))

    async def _watch(self, address: str, comm: Comm) -> None:
        """Nothing ever comes back on a link: its end is all there is to wait for."""
        with suppress(CommClosedError):
            await comm.read()
        self._tell(address)

    async def _listen(self, comm: Comm, sender: str) -> Status:
        self._incoming.add(comm)
        stream = _stream(comm)
        try:
            if stream is None or isinstance(stream, SSLIOStream):
                async for payload in _payloads(comm):
                    self._receive(sender, payload)
                self._tell(sender)
            else:
                self._take_over(stream, sender)
                await self._at_end.wait()
        finally:
            self._incoming.discard(comm)
        return Status.dont_reply

    def _take_over(self, stream: IOStream, sender: str) -> None:
        """Let the inlets read what comes from now on, and tell the sender that it may begin."""
        connection = stream.socket.dup()
        self._worker.loop.remove_handler(stream.socket)
        self.inlets.add(sender, connection)
        connection.send(_READY)

    def _tell(self, address: str) -> None:
        if not self._closed:
            self._lost(address)

    def _close(self) -> None:
        self._worker.handlers.pop(self._operation, None)
        for sender in self._senders.values():
            sender.close()
        for comm in tuple(self._incoming):
            comm.abort()
        self.inlets.close()
        self._at_end.set()


async def _until_ready(comm: Comm, stream: IOStream) -> None:
    """Wait until the receiver has taken the connection from its event loop."""
    try:
        async with asyncio.timeout(parse_timedelta(dask.config.get("distributed.comm.timeouts.connect"))):
            await stream.read_bytes(len(_READY))
    except OSError:
        comm.abort()
        raise


def _stream(comm: Comm) -> IOStream | None:
    """The stream of a connection, which has a socket; None between workers of one process."""
    return comm.stream if isinstance(comm, TCP) else None


class _StreamSender:
    """Sends from the thread that has something to send: a busy worker's event loop may come late to it.

    What the socket does not take at once is written by the event loop; so is everything where the stream encrypts.
    """

    def __init__(self, comm: Comm, stream: IOStream, loop: IOLoop) -> None:
        self._comm = comm
        self._stream = stream
        self._loop = loop
        # a handle of the connection that is this one's own: the stream may close its handle at any time
        self._socket = None if isinstance(stream, SSLIOStream) else stream.socket.dup()
        if self._socket is not None and hasattr(socket, "TCP_USER_TIMEOUT"):
            # the receiver reads when it has time: that it leaves payloads alone is no sign of its end
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 0)
        self._lock = threading.Lock()
        self._n_waiting = 1
        self._write(b"")  # done when all has gone that was written before

    def send(self, payload: bytes) -> None:
        frame = framed(payload)
        with self._lock:
            sent = 0 if self._n_waiting else self._send_now(frame)
            if sent < len(frame):
                self._n_waiting += 1
                self._loop.add_callback(self._write, frame[sent:])

    def close(self) -> None:
        with self._lock:
            if self._socket is not None:
                self._socket.close()
        self._comm.abort()

    def _send_now(self, frame: bytes) -> int:
        if self._socket is None:
            return 0
        try:
            return self._socket.send(frame)
        except BlockingIOError:
            return 0
        except OSError:  # the connection broke: who watches it will tell
            return len(frame)

    def _write(self, rest: bytes) -> None:
        with suppress(StreamClosedError):
            self._stream.write(rest).add_done_callback(self._written)

    def _written(self, _future: asyncio.Future[None]) -> None:
        with self._lock:
            self._n_waiting -= 1


class _CommSender:
    """Sends messages of Dask's, where there is no stream: between workers of one process."""

    def __init__(self, comm: Comm, loop: IOLoop) -> None:
        self._comm = comm
        self._loop = loop
        self._waiting: deque[bytes] = deque()
        self._writing = False

    def send(self, payload: bytes) -> None:
        self._loop.add_callback(self._write, payload)

    def close(self) -> None:
        self._comm.abort()

    async def _write(self, payload: bytes) -> None:
        self._waiting.append(payload)
        if self._writing:
            return
        self._writing = True
        with suppress(CommClosedError):
            while self._waiting:
                await self._comm.write(self._waiting.popleft())
        self._writing = False


async def _payloads(comm: Comm) -> AsyncIterator[bytes]:
    """What the writer at the other end was given, until the connection ends."""
    with suppress(CommClosedError, StreamClosedError):
        stream = _stream(comm)
        if stream is not None:
            while True:
                (length,) = LENGTH.unpack(await stream.read_bytes(LENGTH.size))
                yield await stream.read_bytes(length)
        while True:
            yield await comm.read()
