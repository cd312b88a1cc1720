"""One writer for one recording: a lock that ends with the process that holds it, however that ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from thalia_dask.errors import OutputError


class FolderLock:
    """Holds a folder until it is released, collected, or the process is gone; leaves no file behind.

    Raises
    ------
    OutputError : if somebody else holds it.
    """

    def __init__(self, folder: Path) -> None:
        self._process = os.getpid()
        self._descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._close()
            if not isinstance(error, BlockingIOError):
                raise
            raise OutputError(
                f"output {folder} is being recorded to by another run; write another path, or wait for its end"
            ) from None

    def release(self) -> None:
        """Let go of the folder. May be called more than once.

        A fork of this process shares the lock: it can neither let go of it nor keep it.
        """
        if self._descriptor >= 0:
            try:
                if os.getpid() == self._process:
                    fcntl.flock(self._descriptor, fcntl.LOCK_UN)
            finally:
                self._close()

    def _close(self) -> None:
        os.close(self._descriptor)
        self._descriptor = -1

    def __del__(self) -> None:
        if hasattr(self, "_descriptor"):
            self.release()
