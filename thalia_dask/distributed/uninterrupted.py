"""A terminal's Ctrl-C goes to local workers, too, but who ends them is who started them.

Otherwise they would be gone before the state that lives in them can be saved. Workers have this module as a preload.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker


def dask_setup(_worker: object) -> None:
    """Ignore the signal, in a process of its own; called by Dask when a worker starts."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def deaf_to_interrupts() -> Iterator[None]:
    """Start threads and processes that never hear of a Ctrl-C: not even workers that still import."""
    resource_tracker.ensure_running()  # which unblocks signals where it starts, once, with the first process
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
