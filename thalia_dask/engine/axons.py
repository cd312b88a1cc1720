"""Axons between regions: where the spikes of a region go, and when they arrive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from thalia_dask.engine.packets import cut_out
from thalia_dask.spikes import Int32Array, SpikePacket
from thalia_dask.topology.plan import AxonalProjection


class Axons:
    """A set of projections, looked up by the region that they leave."""

    def __init__(self, projections: Iterable[AxonalProjection]) -> None:
        self._leaving: dict[str, list[AxonalProjection]] = {}
        for projection in projections:
            self._leaving.setdefault(projection.source, []).append(projection)

    def carry(self, source: str, spikes: SpikePacket) -> Iterator[tuple[str, int, Int32Array, Int32Array]]:
        """Where the spikes of a region arrive, by projection: (target, projection, steps, neurons)."""
        if not len(spikes):
            return
        for projection in self._leaving.get(source, ()):
            steps, neurons = cut_out(
                spikes.steps, spikes.neurons, projection.first, projection.last, projection.delay_steps
            )
            yield projection.target, projection.index, steps, neurons


def shortest_delay_steps(projections: Iterable[AxonalProjection]) -> int | None:
    """The look-ahead: how long no spike of one region reaches another; None where no projection exists."""
    return min((projection.delay_steps for projection in projections), default=None)
