"""A terminal's Ctrl-C goes to local workers, too, but who ends them is who started them.

Otherwise they would be gone before the state that lives in them can be saved. Workers have this module as a preload.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from types import FrameType

_REQUESTS = (signal.SIGINT, signal.SIGTERM)


def dask_setup(_worker: object) -> None:
    """Ignore the signal, in a process of its own; called by Dask when a worker starts."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def interrupts_wait() -> Iterator[None]:
    """Let what interrupts this process do so at the end: Dask cannot close a cluster of which a half has started.

    What is started meanwhile, threads and processes, never hears of a Ctrl-C: not even workers that still import.
    """
    if threading.current_thread() is not threading.main_thread():  # which alone is interrupted
        yield
        return
    heard: list[int] = []

    def wait(number: int, _frame: FrameType | None) -> None:
        heard.append(number)

    resource_tracker.ensure_running()  # which unblocks signals where it starts, once, with the first process
    handlers = {number: signal.signal(number, wait) for number in _REQUESTS}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for request in heard:
            signal.raise_signal(request)
