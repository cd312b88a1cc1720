"""The counts of one ``forward``."""

from __future__ import annotations

from thalia_dask.engine.observer import Observer, WindowReport
from thalia_dask.topology.plan import BrainPlan


class Tally(Observer):
    """Counts spikes by region, and events that arrived anywhere."""

    def __init__(self, plan: BrainPlan) -> None:
        self.spikes = dict.fromkeys(plan.region_names, 0)
        self.events = 0

    def clear(self) -> None:
        """Start counting anew."""
        self.spikes = dict.fromkeys(self.spikes, 0)
        self.events = 0

    def on_window(self, report: WindowReport) -> None:
        for region, emission in report.emissions.items():
            self.spikes[region] += len(emission.spikes)
        for arrivals in report.arrivals.values():
            self.events += arrivals.n_events
