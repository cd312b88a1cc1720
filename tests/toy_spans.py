"""Spans of toy regions, and regions that write down in which stretches they were advanced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.toy_brains import plan
from tests.toy_regions import SilentRegion
from thalia_dask.engine.neighbourhood import Neighbourhood
from thalia_dask.engine.span import Listener, Packets, Span
from thalia_dask.regions.base import Region
from thalia_dask.spikes import Arrivals, SpikePacket
from thalia_dask.ticks import Window


class Noting(SilentRegion):
    """Writes down the stretches that it was advanced in, in one list with others, and what arrived."""

    def __init__(self, name: str, log: list[tuple[str, int, int]]) -> None:
        super().__init__()
        self._name, self._log = name, log
        self.arrived: list[int] = []

    def advance(self, window: Window, arrivals: Arrivals) -> SpikePacket:
        self._log.append((self._name, window.start, window.stop))
        self.arrived += arrivals.steps.tolist()
        return SpikePacket()


class Sent(list[tuple[str, int, tuple[str, ...]]]):
    """Keeps (worker, until, sources with spikes) of every message."""

    def __call__(self, worker: str, packets: Packets) -> None:
        self.append((worker, packets.until, tuple(packets.spikes)))


def span(
    homes: Mapping[str, str],
    axons: Sequence[tuple[str, str, int]],
    regions: Mapping[str, Region],
    *,
    steps: int = 12,
    window: int = 2,
    n_threads: int = 1,
    send: Sent | None = None,
    patience_s: float = 10.0,
    listener: Listener | None = None,
) -> Span:
    """A span of the regions that are at home "here"; axons are (source, target, delay in steps)."""
    brain = plan(dict.fromkeys(homes, 1), axons)
    neighbourhood = Neighbourhood(homes, "here", brain.projections)
    sending = Sent() if send is None else send
    return Span(regions, neighbourhood, Window(0, steps), window, {}, n_threads, sending, patience_s, listener)
