"""Axons between regions: where the spikes of a region go, and when they arrive."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping

import numpy as np

from thalia_dask.engine.event_queue import Inbox
from thalia_dask.engine.packets import count_carried
from thalia_dask.spikes import Int32Array, SpikePacket
from thalia_dask.ticks import Window
from thalia_dask.topology.plan import AxonalProjection


class Axons:
    """A set of projections, looked up by the region that they leave."""

    def __init__(self, projections: Iterable[AxonalProjection]) -> None:
        self._leaving: dict[str, list[AxonalProjection]] = {}
        for projection in projections:
            self._leaving.setdefault(projection.source, []).append(projection)

    def carry(self, source: str, spikes: SpikePacket, inboxes: Mapping[str, Inbox], since: int = 0) -> None:
        """Put the spikes of a region into the inboxes of the regions to which its axons lead.

        Those that arrive before step ``since`` are left out.
        """
        if len(spikes.steps):
            for projection in self._leaving.get(source, ()):
                left = spikes.since(since - projection.delay_steps) if since else spikes
                inboxes[projection.target].carry(left, projection)

    def count(self, source: str, spikes: SpikePacket, steps: Window, counts: MutableMapping[str, Int32Array]) -> int:
        """Add to ``counts`` how many spikes of a region arrive in each step; returns how many events those are.

        ``counts`` are int32, shape (steps,), of the regions to which axons lead; one that is missing is added.
        """
        n_events = 0
        if len(spikes.steps):
            for projection in self._leaving.get(source, ()):
                found = counts.get(projection.target)
                if found is None:
                    found = counts[projection.target] = np.zeros(steps.n_steps, np.int32)
                first, last, shift = projection.first, projection.last, projection.delay_steps - steps.start
                n_events += count_carried(spikes.steps, spikes.neurons, first, last, shift, found)
        return n_events
