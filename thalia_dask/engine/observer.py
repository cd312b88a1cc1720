"""What the engine tells to whoever watches: recorder, progress bar, live page.

The engine emits, observers implement: it never imports a plot or a store.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from thalia_dask.engine.executor import Emission, RecoveryReport
from thalia_dask.spikes import Arrivals
from thalia_dask.ticks import Window
from thalia_dask.topology.plan import BrainPlan


@dataclass(frozen=True, slots=True, eq=False)
class WindowReport:
    """One window, or a span of them where the executor carries spikes, after every region has advanced through it.

    Attributes
    ----------
    window : the steps advanced.
    arrivals, emissions : by region; a region without arrivals is missing from ``arrivals``.
    wall_seconds : from the building of the batch to the rescheduling of the last emission.
    """

    window: Window
    arrivals: Mapping[str, Arrivals]
    emissions: Mapping[str, Emission]
    wall_seconds: float


@dataclass(frozen=True, slots=True)
class TrialReport:
    """One action and the reward that followed it."""

    step: int
    action: int
    reward: float
    reward_prediction_error: float


@dataclass(frozen=True, slots=True)
class ProgressReport:
    """How far a run is that has an end.

    Attributes
    ----------
    what : what is being done, such as ``"epoch 2 of 4"``.
    done, total : counted in ``unit``, such as ``"trials"``; where that is ``"steps"``, windows tell more.
    """

    what: str
    done: int
    total: int
    unit: str


class Observer:
    """Base of all observers: override what you want to hear.

    Attributes
    ----------
    every_window : whether a report must hold no more than one window. Then the orchestrator acts after every window,
        however the executor could have gone on; that costs time, and changes no spike.
    """

    every_window: bool = False

    def on_start(self, plan: BrainPlan) -> None:
        """Before the first window."""

    def on_window(self, report: WindowReport) -> None:
        """After every window, or span of windows."""

    def on_recovery(self, report: RecoveryReport) -> None:
        """After a loss of workers, before the report of the window in which they were lost."""

    def on_trial(self, report: TrialReport) -> None:
        """After every reward."""

    def on_progress(self, report: ProgressReport) -> None:
        """Whenever whoever drives the brain tells how far it is."""

    def on_close(self) -> None:
        """Nothing follows."""
