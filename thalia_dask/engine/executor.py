"""What runs the regions. One executor per file; the sequential one is the specification."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from thalia_dask.engine.effort import WorkerEffort
from thalia_dask.engine.page import Page, Screen
from thalia_dask.errors import StateError
from thalia_dask.regions.base import Region, Snapshot
from thalia_dask.spikes import Arrivals, SpikePacket
from thalia_dask.ticks import Window
from thalia_dask.topology.plan import AxonalProjection

Exchange = Literal["direct", "orchestrated"]
"""Who carries spikes from region to region: the executor itself, or the orchestrator after every window."""
RegionCreator = Callable[[], Region]
"""Builds a region where it lives; must be picklable."""


@dataclass(frozen=True, slots=True, eq=False)
class Emission:
    """What one region gives back for a run of steps.

    Attributes
    ----------
    spikes : the spikes emitted.
    observed : observable -> float32, shape (steps,), or (steps, probes).
    compute_seconds : time spent inside the region.
    """

    spikes: SpikePacket
    observed: Mapping[str, NDArray[np.float32]]
    compute_seconds: float


@dataclass(frozen=True, slots=True)
class RecoveryReport:
    """Workers were lost, and what lived on them was built again elsewhere. No result depends on it.

    Attributes
    ----------
    step : the step that was to be computed next.
    reason : how it was noticed.
    workers : those that were given up; none where only a connection between them broke.
    regions : those that had to be built again.
    steps_replayed : how many steps were computed once more.
    seconds : from the notice until all regions were as before.
    """

    step: int
    reason: str
    workers: tuple[str, ...]
    regions: tuple[str, ...]
    steps_replayed: int
    seconds: float

    def __str__(self) -> str:
        return (
            f"{len(self.workers)} workers lost, {len(self.regions)} regions rebuilt, "
            f"{self.steps_replayed} steps replayed in {self.seconds:.1f} s"
        )


class Executor(ABC):
    """Holds the regions and advances them through time.

    Attributes
    ----------
    name : how results call it, e.g. ``"sequential"``.
    n_workers : number of processes that hold regions.
    placement : region -> name of the worker that holds it.
    reason : why it was chosen, where the choice was left to the brain.
    carries_spikes : whether it takes spikes from region to region itself, so that it may be asked to advance by more
        than the shortest delay.
    n_windows : windows, through each of which every region has advanced; of regions that run ahead in one thread, in
        how many stretches they did so on average.
    recoveries : what happened to its workers so far.
    """

    name: str
    n_workers: int
    placement: Mapping[str, str]
    carries_spikes: bool = False
    reason: str = ""
    n_windows: int = 0
    recoveries: Sequence[RecoveryReport] = ()

    @abstractmethod
    def start(self, creators: Mapping[str, RegionCreator], projections: Sequence[AxonalProjection]) -> None:
        """Build every region where it will live; ``projections`` join them.

        Raises
        ------
        ConfigError : if a creator refuses its configuration.
        RegionError : if a creator raised anything else.
        """

    @abstractmethod
    def advance(self, steps: Window, arrivals: Mapping[str, Arrivals]) -> dict[str, Emission]:
        """Advance every region through ``steps``, and return what it emitted in them.

        Unless the executor carries spikes, no region can influence another within ``steps``. ``arrivals`` are what is
        known beforehand; regions without any may be missing.

        Raises
        ------
        RegionError : if a region raised, with its name, the step and the traceback.
        """

    @abstractmethod
    def snapshot(self, region: str) -> Snapshot:
        """A copy of the complete state of one region.

        Raises
        ------
        RegionError : if the region raised, or gave what is no snapshot.
        """

    @abstractmethod
    def restore(self, region: str, snapshot: Snapshot) -> None:
        """Put a region back into a state that :meth:`snapshot` gave.

        Raises
        ------
        StateError : if the region says that it cannot have been in it.
        RegionError : if it raised anything else.
        """

    def snapshots(self) -> dict[str, Snapshot]:
        """The state of every region; executors that can, ask for all of them at the same time."""
        return {region: self.snapshot(region) for region in self.placement}

    def restores(self, snapshots: Mapping[str, Snapshot]) -> None:
        """Put every region back into the state that :meth:`snapshots` gave."""
        for region, snapshot in snapshots.items():
            self.restore(region, snapshot)

    @abstractmethod
    def efforts(self) -> Mapping[str, WorkerEffort]:
        """Worker -> what it has done since :meth:`start`; stays readable after :meth:`close`."""

    def open_page(self, screen: Screen) -> Page:  # noqa: ARG002 (there is nowhere to show it)
        """Show a screen where the executor has a dashboard, until :meth:`close`.

        Raises
        ------
        StateError : if it has none.
        """
        raise StateError(f"the {self.name} executor has no dashboard, in which a page could be shown")

    @abstractmethod
    def close(self) -> None:
        """Release what :meth:`start` took. May be called more than once."""

    def stop(self) -> None:
        """Release the regions, under the name that Thalia's parallel executor has for it."""
        self.close()

    def __repr__(self) -> str:
        why = f", reason={self.reason!r}" if self.reason else ""
        return f"{type(self).__name__}(name={self.name!r}, n_workers={self.n_workers}{why})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
