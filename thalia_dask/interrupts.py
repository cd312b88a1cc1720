"""What must not be done by halves: Ctrl-C and SIGTERM wait until it is over."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_REQUESTS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interrupts_wait() -> Iterator[None]:
    """Let what interrupts this process do so at the end."""
    if threading.current_thread() is not threading.main_thread():  # which alone is interrupted
        yield
        return
    heard: list[int] = []

    def wait(number: int, _frame: FrameType | None) -> None:
        heard.append(number)

    handlers = {number: signal.signal(number, wait) for number in _REQUESTS}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for request in heard:
            signal.raise_signal(request)
