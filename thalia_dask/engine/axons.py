"""Axons between regions: where the spikes of a region go, and when they arrive."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from thalia_dask.engine.event_queue import Inbox
from thalia_dask.spikes import SpikePacket
from thalia_dask.topology.plan import AxonalProjection


class Axons:
    """A set of projections, looked up by the region that they leave."""

    def __init__(self, projections: Iterable[AxonalProjection]) -> None:
        self._leaving: dict[str, list[AxonalProjection]] = {}
        for projection in projections:
            self._leaving.setdefault(projection.source, []).append(projection)

    def carry(self, source: str, spikes: SpikePacket, inboxes: Mapping[str, Inbox]) -> None:
        """Put the spikes of a region into the inboxes of the regions to which its axons lead."""
        if len(spikes.steps):
            for projection in self._leaving.get(source, ()):
                inboxes[projection.target].carry(spikes, projection)


def shortest_delay_steps(projections: Iterable[AxonalProjection]) -> int | None:
    """The look-ahead: how long no spike of one region reaches another; None where no projection exists."""
    return min((projection.delay_steps for projection in projections), default=None)
