"""Ctrl-C and SIGTERM during a run: the first asks it to save its state and stop, the second stops it at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from thalia_dask.cli.logs import TOLD
from thalia_dask.errors import ClusterError
from thalia_dask.interrupts import handled_by


@contextmanager
def stop_on_request() -> Iterator[Callable[[], bool]]:
    """Gives a function that says whether a stop was asked for; of a second request comes a KeyboardInterrupt."""
    requests = 0

    def count(_number: int, _frame: FrameType | None) -> None:
        nonlocal requests
        requests += 1
        if requests > 1:
            raise KeyboardInterrupt
        TOLD.info("saving the state before the end; once more to end at once")

    with handled_by(count):
        yield lambda: requests > 0


@contextmanager
def how_to_go_on(recording: Path, command: str) -> Iterator[None]:
    """A run that its workers fail ends with the command that goes on with it, where there is a checkpoint."""
    try:
        yield
    except ClusterError as failure:
        from thalia_dask.brain.checkpoints import folder_beside, kept_in

        how = f"go on with: {command}"
        if not kept_in(folder_beside(recording)):
            how = f"no checkpoint of {recording} had been written yet, so start the run again with --overwrite"
        failure.args = (f"{failure}; {how}",)
        raise


@contextmanager
def terminated_like_interrupted() -> Iterator[None]:
    """SIGTERM becomes a KeyboardInterrupt, so that what was opened is closed."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    with handled_by(interrupt):
        yield
