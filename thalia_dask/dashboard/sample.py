"""An even sample of neurons of all regions, few enough to be drawn several times a second."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from thalia_dask.dashboard.scene import Band, Floats
from thalia_dask.engine.observer import WindowReport
from thalia_dask.spikes import SpikePacket

_MOST_ROWS = 120
_MOST_BANDS = 40
_MOST_SPIKES = 4000

Spikes = list[SpikePacket]
"""Of one window, by region."""


class Sample:
    """The rows of a raster.

    Parameters
    ----------
    sizes : region -> neurons. Of very many regions, only some have rows.

    Attributes
    ----------
    bands : the rows of each region that has some, from the bottom.
    """

    def __init__(self, sizes: Mapping[str, int]) -> None:
        names = list(sizes)
        shown = [names[i] for i in _evenly(len(names), _MOST_BANDS)]
        self._row_of: dict[str, NDArray[np.int16]] = {}
        bands, first = [], 0
        for name in shown:
            neurons = _evenly(sizes[name], _MOST_ROWS // len(shown))
            row_of = np.full(sizes[name], -1, np.int16)
            row_of[neurons] = first + np.arange(len(neurons))
            self._row_of[name] = row_of
            bands.append(Band(name, first, first + len(neurons)))
            first += len(neurons)
        self.bands = tuple(bands)

    def of(self, report: WindowReport) -> Spikes:
        """What has to be kept of a report: the spikes of each region that has rows."""
        return [report.emissions[region].spikes for region in self._row_of]

    def rows(self, kept: Sequence[Spikes], dt_ms: float) -> tuple[Floats, NDArray[np.int16]]:
        """Times in ms and rows of the sampled neurons' spikes; of too many the last ones of each region."""
        times, rows = [np.empty(0, np.float32)], [np.empty(0, np.int16)]
        for packets, row_of in zip(zip(*kept, strict=True), self._row_of.values(), strict=bool(kept)):
            row = row_of[np.concatenate([packet.neurons for packet in packets])]
            shown = np.flatnonzero(row >= 0)[-_MOST_SPIKES // len(self._row_of) :]
            steps = np.concatenate([packet.steps for packet in packets])[shown]
            times.append((steps * dt_ms).astype(np.float32))
            rows.append(row[shown])
        return np.concatenate(times), np.concatenate(rows)


def _evenly(n_items: int, at_most: int) -> NDArray[np.int64]:
    """Indices of at most so many items, evenly spaced."""
    return np.unique(np.linspace(0, n_items - 1, min(n_items, at_most)).round().astype(np.int64))
