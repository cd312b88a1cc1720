"""The last checkpoints of a run, beside its recording: enough to go on after whatever ends it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

from thalia_dask.brain.dynamic_brain import DynamicBrain
from thalia_dask.config import CheckpointConfig
from thalia_dask.errors import OutputError, RunStoppedError
from thalia_dask.ticks import to_ms

_SHARE = 0.02
_FIRST_AFTER_S = 10.0
_PATTERN = "[0-9]*.zarr"


def folder_beside(recording: Path) -> Path:
    """``runs/digits.zarr`` -> ``runs/digits.checkpoints``."""
    return recording.with_suffix(".checkpoints")


def kept_in(folder: Path) -> list[Path]:
    """The checkpoints in a folder, the last one first."""
    return sorted(folder.glob(_PATTERN), reverse=True)


class Checkpoints:
    """Writes a checkpoint now and then, and removes those that are too many.

    When one is written does not matter to any result. Unless ``every_ms`` says so, it is whenever 98 % of the time
    since the last one went into simulating; the first after ten seconds.

    Parameters
    ----------
    recording : beside which they are written.
    source : where the config came from; kept with them.
    stop_asked : whether somebody wants the run to stop; asked whenever it could.
    to_go_on : the command that goes on with the run, for who stopped it; ``thalia-dask resume`` with no options,
        unless given.
    """

    def __init__(
        self,
        recording: Path,
        config: CheckpointConfig,
        dt_ms: float,
        source: str = "",
        stop_asked: Callable[[], bool] = lambda: False,
        to_go_on: str = "",
    ) -> None:
        self._recording = recording
        self._folder = folder_beside(recording)
        self._keep = config.keep
        self._every: int | None = None
        if config.keep and config.every_ms is not None:
            self._every = max(1, round(config.every_ms / dt_ms))
        self._dt_ms = dt_ms
        self._source = source
        self._stop_asked = stop_asked
        self._to_go_on = to_go_on or f"thalia-dask resume {recording}"
        self._number = max((int(path.stem) for path in kept_in(self._folder)), default=0)
        self._last_step = 0
        self._wait_s, self._last_s = _FIRST_AFTER_S, perf_counter()

    def begin(self, brain: DynamicBrain) -> None:
        """Count from here on."""
        self._last_step, self._last_s = brain.now, perf_counter()

    def steps_left(self, brain: DynamicBrain, most: int) -> int:
        """How many steps to advance before the next :meth:`visit`, at most ``most``."""
        return most if self._every is None else max(1, min(most, self._last_step + self._every - brain.now))

    def visit(self, brain: DynamicBrain, run: Callable[[], Mapping[str, Any]]) -> None:
        """Write a checkpoint if it is time to; ``run`` tells how far the run has come.

        Raises
        ------
        RunStoppedError : if a stop was asked for; the checkpoint is written before.
        OutputError : if the disk refuses.
        """
        stop = self._stop_asked()
        if stop or self._due(brain):
            self.write(brain, run())
        if stop:
            how = f"go on with: {self._to_go_on}"
            if not self._keep:
                how = f"checkpoint.keep is 0, so {self._recording} cannot be resumed"
            raise RunStoppedError(f"stopped at {to_ms(brain.now, self._dt_ms):g} ms, as was asked; {how}")

    def write(self, brain: DynamicBrain, run: Mapping[str, Any]) -> None:
        """Write a checkpoint now."""
        if not self._keep:
            return
        began = perf_counter()
        try:
            self._folder.mkdir(exist_ok=True)
        except OSError as error:
            raise OutputError(f"the folder {self._folder} cannot be made ({error}); write another --out") from error
        self._number += 1
        brain.save(self._folder / f"{self._number:06}.zarr", run={**run, "source": self._source})
        for path in kept_in(self._folder)[self._keep :]:
            path.unlink()
        self._last_step, self._last_s = brain.now, perf_counter()
        self._wait_s = max(_FIRST_AFTER_S, (self._last_s - began) / _SHARE)

    def _due(self, brain: DynamicBrain) -> bool:
        if not self._keep:
            return False
        if self._every is not None:
            return brain.now >= self._last_step + self._every
        return perf_counter() - self._last_s >= self._wait_s
