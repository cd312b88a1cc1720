"""Brains that are still open when the interpreter ends are closed while threads can still be started.

``atexit`` would be too late: when its functions run, no thread pool takes work any more, and a recording that is to
be written would wait for ever for the threads of its Zarr store.
"""

from __future__ import annotations

import threading
from contextlib import ExitStack
from functools import cache
from typing import Protocol
from weakref import WeakSet


class Closable(Protocol):
    """Something to be closed; closing it twice does no harm."""

    def close(self) -> None: ...


_open: WeakSet[Closable] = WeakSet()


def close_at_exit(closable: Closable) -> None:
    """Close it at the end of the interpreter, if it is still alive then."""
    _register()
    _open.add(closable)


@cache
def _register() -> None:
    threading._register_atexit(_close_all)  # type: ignore[attr-defined]  # noqa: SLF001 - no public hook is early enough


def _close_all() -> None:
    with ExitStack() as stack:
        for closable in list(_open):
            stack.callback(closable.close)
    _open.clear()
