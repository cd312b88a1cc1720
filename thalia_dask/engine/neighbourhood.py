"""Who hears from whom among the regions of one process, and of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from thalia_dask.engine.axons import Axons
from thalia_dask.ticks import Window
from thalia_dask.topology.plan import AxonalProjection, shortest_delay_steps


class Neighbourhood:
    """Who the regions of one worker hear from, and which other workers hear from them.

    Parameters
    ----------
    homes : region -> worker, for all regions of the brain.
    worker : this one.
    projections : of the brain, or none where somebody else carries the spikes.

    Attributes
    ----------
    axons : the projections that end here.
    afferents : region here -> pairs (source, shortest delay in steps). A source is a region here, or another worker:
        what is known of its regions is known of all of them at once.
    dependents : source -> regions here that hear from it.
    listeners : region here -> other workers that hear from it.
    heard_after_steps : the shortest delay to a region of another worker; None where none hears from here.
    order : the regions here; those first for which other workers wait, so that their spikes travel while the rest is
        being computed.
    """

    def __init__(self, homes: Mapping[str, str], worker: str, projections: Sequence[AxonalProjection]) -> None:
        ending = [p for p in projections if homes[p.target] == worker]
        delays: dict[str, dict[str, int]] = {region: {} for region, home in homes.items() if home == worker}
        self.listeners: dict[str, set[str]] = {region: set() for region in delays}
        for p in ending:
            source = p.source if homes[p.source] == worker else homes[p.source]
            known = delays[p.target].get(source, p.delay_steps)
            delays[p.target][source] = min(known, p.delay_steps)
        leaving = [p for p in projections if homes[p.source] == worker != homes[p.target]]
        for p in leaving:
            self.listeners[p.source].add(homes[p.target])
        self.heard_after_steps = shortest_delay_steps(leaving)
        self.axons = Axons(ending)
        self.afferents = {region: tuple(sources.items()) for region, sources in delays.items()}
        self.order = sorted(delays, key=lambda region: not self.listeners[region])
        self.dependents: dict[str, list[str]] = {}
        for region, sources in delays.items():
            for source in sources:
                self.dependents.setdefault(source, []).append(region)

    def horizon(self, region: str, progress: Mapping[str, int], steps: Window, window_steps: int) -> int:
        """The end of a window of ``steps`` up to which everything is known that reaches a region.

        ``progress`` is the step that each source has come to.
        """
        known = steps.stop
        for source, delay in self.afferents[region]:
            known = min(known, progress[source] + delay)
        return known if known == steps.stop else known - (known - steps.start) % window_steps

    @property
    def workers(self) -> set[str]:
        """The other workers that hear from this one."""
        return set().union(*self.listeners.values())
