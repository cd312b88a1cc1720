"""The receiving ends of links, read by threads that wait for what comes: nobody else has to wake up for a message.

What an event loop reads has to wake its thread first, which then wakes the one that waits. That takes longer than to
read it, and takes a core from those that compute.
"""

from __future__ import annotations

import selectors
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import cast

Receive = Callable[[str, bytes], None]
Lost = Callable[[str], None]

LENGTH = struct.Struct("<q")
_MOST_AT_ONCE = 1 << 18
_LONGEST_S = 3600.0
"""More than some weeks cannot be waited for at once."""


def framed(payload: bytes) -> bytes:
    """A payload as it travels: behind its length."""
    return LENGTH.pack(len(payload)) + payload


class Inlets:
    """Sockets of other workers, as a :class:`~thalia_dask.engine.span.Listener`: one thread at a time reads them.

    Parameters
    ----------
    receive : called with a sender's address and every payload that arrives.
    lost : called with the address of a sender whose connection ended.
    """

    def __init__(self, receive: Receive, lost: Lost) -> None:
        self._receive = receive
        self._lost = lost
        self._selector = selectors.DefaultSelector()
        self._reading = threading.Lock()
        self._bell, self._button = socket.socketpair()
        self._buffer = bytearray(_MOST_AT_ONCE)  # memory of that size, taken anew, is slow where Dask has it trimmed
        self._n_senders = 0
        self._closed = False
        self._bell.settimeout(0.0)
        self._button.settimeout(0.0)
        self._selector.register(self._bell, selectors.EVENT_READ)

    def __len__(self) -> int:
        """Number of senders."""
        return self._n_senders

    def add(self, sender: str, connection: socket.socket) -> None:
        """Read a connection, too, which must not block; it is closed with the others."""
        self._selector.register(connection, selectors.EVENT_READ, _Inlet(sender))
        self._n_senders += 1

    def listen(self, wait_s: float) -> None:
        """Take in what has come; if nothing has, wait so long for something, or until woken, or for an hour.

        Who does not want to wait leaves it to another thread that does, and to be woken as well.
        """
        if not self._reading.acquire(blocking=wait_s > 0.0):
            return
        try:
            if not self._closed:
                self._read_all(wait_s)
        finally:
            self._reading.release()
        if self._closed:
            self.close()

    def wake(self) -> None:
        """End the waiting of a thread, now or when it begins."""
        with suppress(OSError):  # it has been told often enough, or nobody will wait any more
            self._button.send(b"!")

    def close(self) -> None:
        """Let go of all connections; while a thread reads, it does so at its end."""
        self._closed = True
        self.wake()
        if self._reading.acquire(blocking=False):
            for key in list((self._selector.get_map() or {}).values()):
                self._drop(key)
            self._selector.close()
            self._button.close()
            self._reading.release()

    def _read_all(self, wait_s: float) -> None:
        for key, _ in self._selector.select(min(wait_s, _LONGEST_S)):
            if key.data is not None:
                self._read(key, key.data)
            elif wait_s:
                self._bell.recv_into(self._buffer)

    def _read(self, key: selectors.SelectorKey, inlet: _Inlet) -> None:
        try:
            n_bytes = cast("socket.socket", key.fileobj).recv_into(self._buffer)
        except BlockingIOError:
            return
        except OSError:  # it broke
            n_bytes = 0
        if not n_bytes:
            self._drop(key)
            self._lost(inlet.sender)
        for payload in inlet.payloads(memoryview(self._buffer)[:n_bytes]):
            self._receive(inlet.sender, payload)

    def _drop(self, key: selectors.SelectorKey) -> None:
        connection = cast("socket.socket", key.fileobj)
        self._selector.unregister(connection)
        connection.close()
        self._n_senders -= key.data is not None


class _Inlet:
    """One connection, and the part that has come of a payload that is not whole yet."""

    def __init__(self, sender: str) -> None:
        self.sender = sender
        self._part = bytearray()

    def payloads(self, received: memoryview) -> Iterator[bytes]:
        """What is whole now."""
        part = self._part
        part += received
        while len(part) >= LENGTH.size:
            end = LENGTH.size + LENGTH.unpack_from(part)[0]
            if len(part) < end:
                return
            yield bytes(memoryview(part)[LENGTH.size : end])
            del part[:end]
