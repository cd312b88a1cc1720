"""Worker preload for workers of our own: a terminal's Ctrl-C goes to them too, but who ends them is who started them.

Otherwise they would be gone before the state that lives in them can be saved.
"""

from __future__ import annotations

import signal
import threading


def dask_setup(_worker: object) -> None:
    """Ignore the signal, in a process of its own; called by Dask when a worker starts."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
