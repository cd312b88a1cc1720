"""Every error and warning the package raises on purpose.

A message says what was given, where, why it is wrong and what to write instead.
"""

from __future__ import annotations


class ThaliaError(Exception):
    """Base of all errors raised on purpose by this package."""


class ConfigError(ThaliaError, ValueError):
    """A configuration, topology or parameter that cannot be simulated."""


class InputError(ThaliaError, ValueError):
    """A stimulus, duration or argument that a running brain cannot take."""


class StateError(ThaliaError, RuntimeError):
    """A call that the brain's present state does not allow."""


class OutputError(ThaliaError, OSError):
    """An output path that cannot be written, or must not be overwritten."""


class CheckpointError(ThaliaError, OSError):
    """A checkpoint that is missing, or cannot be read."""


class RunStoppedError(ThaliaError):
    """A run was asked to stop, and has stopped; its text says how to go on."""


class ClusterError(ThaliaError, RuntimeError):
    """A Dask cluster that is missing, too small, or did not answer in time."""


class WorkerLostError(ClusterError, BrokenPipeError):
    """The worker that held a region is gone.

    Also a ``BrokenPipeError``, so that code written for pipe-based executors catches it.

    Attributes
    ----------
    workers : addresses of those that are known to be gone.
    """

    workers: tuple[str, ...] = ()


class RecoveryError(WorkerLostError):
    """Workers were lost, and the brain could not be rebuilt on others: go on from a checkpoint on disk.

    Attributes
    ----------
    step : the first step that could not be computed.
    """

    step: int = 0


class RegionError(ThaliaError, RuntimeError):
    """An exception raised inside a region, wherever that region runs.

    Attributes
    ----------
    region : name of the region that raised.
    step : first step of the window in which it raised.
    remote_traceback : the traceback as text, from the process that raised.
    """

    def __init__(self, region: str, step: int, remote_traceback: str) -> None:
        last_line = remote_traceback.strip().rsplit("\n", 1)[-1]
        super().__init__(
            f"region '{region}' failed in the window that starts at step {step}: {last_line}\n"
            f"Traceback from the process that ran it:\n{remote_traceback.rstrip()}"
        )
        self.region = region
        self.step = step
        self.remote_traceback = remote_traceback

    def __reduce__(self) -> tuple[type[RegionError], tuple[str, int, str]]:
        return RegionError, (self.region, self.step, self.remote_traceback)


class DeviceWarning(UserWarning):
    """The requested device cannot be used and another one is used instead."""
