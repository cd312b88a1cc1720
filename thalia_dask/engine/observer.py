"""What the engine tells to whoever watches: recorder, progress bar, live page.

The engine emits, observers implement: it never imports a plot or a store.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from thalia_dask.engine.axons import Axons
from thalia_dask.engine.event_queue import EventQueue
from thalia_dask.engine.executor import Emission, RecoveryReport
from thalia_dask.engine.packets import count_arrivals
from thalia_dask.spikes import NOTHING, Arrivals, Int32Array
from thalia_dask.ticks import NEVER, Window
from thalia_dask.topology.plan import BrainPlan


@dataclass(frozen=True, slots=True, eq=False)
class Received:
    """How many spikes arrived, counted instead of put in order.

    Attributes
    ----------
    counts : region -> spikes that arrive in each step, int32, shape (steps,); may be missing where none do.
    n_events : events, in all regions: one is all spikes of one projection that arrive in one step.
    """

    counts: Mapping[str, Int32Array]
    n_events: int


@dataclass(frozen=True, eq=False)
class WindowReport:
    """One window, or a span of them where the executor carries spikes, after every region has advanced through it.

    What arrived is found out when first asked for.

    Attributes
    ----------
    window : the steps advanced.
    known : by region, what was on its way there before, and signals; a region without either is missing.
    emissions : by region.
    wall_seconds : from the building of the batch to the rescheduling of the last emission.
    axons : along which spikes that were emitted in the span also arrived in it; None where it was too short for that.
    """

    window: Window
    known: Mapping[str, Arrivals]
    emissions: Mapping[str, Emission]
    wall_seconds: float
    axons: Axons | None = None

    @cached_property
    def arrivals(self) -> Mapping[str, Arrivals]:
        """By region, all that arrived, in order, and signals; a region without either is missing."""
        if self.axons is None:
            return self.known
        queue = EventQueue()
        for region, known in self.known.items():
            queue.inboxes[region].schedule(known.projections, known.steps, known.neurons)
        for region, emission in self.emissions.items():
            self.axons.carry(region, emission.spikes, queue.inboxes)
        arrived = dict.fromkeys(self.known, NOTHING) | queue.pop_until(self.window.stop)
        return {
            region: replace(arrivals, signals=self.known.get(region, NOTHING).signals)
            for region, arrivals in arrived.items()
        }

    @cached_property
    def received(self) -> Received:
        """The same arrivals, counted: a few nanoseconds for each."""
        counts: dict[str, Int32Array] = {}
        n_events = 0
        for region, known in self.known.items():
            counts[region] = np.zeros(self.window.n_steps, np.int32)
            n_events += count_arrivals(known.steps, known.projections, self.window.start, counts[region])
        if self.axons is not None:
            for region, emission in self.emissions.items():
                n_events += self.axons.count(region, emission.spikes, self.window, counts)
        return Received(counts, n_events)


@dataclass(frozen=True, slots=True)
class TrialReport:
    """A reward, and the action that it followed; None where none has been selected in the episode."""

    step: int
    action: int | None
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

    def next_stop(self, now: int) -> int:  # noqa: ARG002
        """The first step after ``now`` at which it must be told, before what is told goes further; NEVER for any."""
        return NEVER

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
