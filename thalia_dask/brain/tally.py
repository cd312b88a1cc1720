"""The counts of one ``forward``, and of all of them."""

from __future__ import annotations

from thalia_dask.engine.observer import Observer, WindowReport
from thalia_dask.topology.plan import BrainPlan


class Tally(Observer):
    """Counts spikes by region, and events that arrived anywhere.

    Attributes
    ----------
    spikes, events : since :meth:`clear`.
    all_spikes, all_events, compute_seconds : since the brain was built; ``compute_seconds`` inside each region.
    """

    def __init__(self, plan: BrainPlan) -> None:
        self.spikes = dict.fromkeys(plan.region_names, 0)
        self.events = 0
        self.all_spikes = dict(self.spikes)
        self.all_events = 0
        self.compute_seconds = dict.fromkeys(plan.region_names, 0.0)

    def clear(self) -> None:
        """Start counting anew."""
        self.spikes = dict.fromkeys(self.spikes, 0)
        self.events = 0

    def on_window(self, report: WindowReport) -> None:
        for region, emission in report.emissions.items():
            self.spikes[region] += len(emission.spikes)
            self.all_spikes[region] += len(emission.spikes)
            self.compute_seconds[region] += emission.compute_seconds
        self.events += report.received.n_events
        self.all_events += report.received.n_events
