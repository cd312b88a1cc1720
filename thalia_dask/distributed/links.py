"""Connections between workers, over Dask's own comms: what a worker sends to another arrives in that order.

A link is one connection in one direction. It is opened by the sender with a message to a handler whose name nobody
else has, and which then keeps the connection: half the latency of a remote call for each message.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial

from distributed import Status, Worker
from distributed.comm.core import Comm, CommClosedError, connect

Receive = Callable[[str, bytes], None]
Lost = Callable[[str], None]


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
        self._outgoing: dict[str, _Link] = {}
        self._closed = False
        worker.handlers[self._operation] = self._listen

    async def open(self, workers: Iterable[str]) -> None:
        """Connect to other workers, on which the same brain has its links already."""
        await asyncio.gather(*map(self._connect, workers))

    def send(self, worker: str, payload: bytes) -> None:
        """Send to a worker, after all that was sent to it before; may be called from any thread."""
        self._worker.loop.add_callback(self._outgoing[worker].put, payload)

    def close(self) -> None:
        """Remove every trace; may be called from any thread, and more than once."""
        if not self._closed:
            self._closed = True
            self._worker.loop.add_callback(self._close)

    async def _connect(self, address: str) -> None:
        comm = await connect(address, **self._worker.connection_args)
        await comm.write({"op": self._operation, "reply": False, "sender": self._worker.address})
        self._outgoing[address] = _Link(comm, partial(self._tell, address))

    async def _listen(self, comm: Comm, sender: str) -> Status:
        self._incoming.add(comm)
        try:
            while True:
                self._receive(sender, await comm.read())
        except CommClosedError:
            self._tell(sender)
        finally:
            self._incoming.discard(comm)
        return Status.dont_reply

    def _tell(self, address: str) -> None:
        if not self._closed:
            self._lost(address)

    def _close(self) -> None:
        self._worker.handlers.pop(self._operation, None)
        for comm in (*self._incoming, *(link.comm for link in self._outgoing.values())):
            comm.abort()


class _Link:
    """Payloads on their way to one worker, written one after the other."""

    def __init__(self, comm: Comm, lost: Callable[[], None]) -> None:
        self.comm = comm
        self._lost = lost
        self._waiting: deque[bytes] = deque()
        self._writing = False

    async def put(self, payload: bytes) -> None:
        self._waiting.append(payload)
        if self._writing:
            return
        self._writing = True
        try:
            while self._waiting:
                await self.comm.write(self._waiting.popleft())
        except CommClosedError:
            self._lost()
        finally:
            self._writing = False
