"""Ctrl-C and SIGTERM: who hears them, and what must not be done by halves."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_REQUESTS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def handled_by(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Let them call this; in the main thread."""
    before = {number: signal.signal(number, handler) for number in _REQUESTS}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


@contextmanager
def interrupts_wait() -> Iterator[None]:
    """Let them interrupt this process at the end, if it is its main thread, which alone is interrupted."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard: list[int] = []

    def wait(number: int, _frame: FrameType | None) -> None:
        heard.append(number)

    try:
        with handled_by(wait):
            yield
    finally:
        for request in heard:
            signal.raise_signal(request)
