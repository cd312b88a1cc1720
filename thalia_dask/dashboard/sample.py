"""An even sample of neurons of all regions, few enough to be drawn several times a second."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from thalia_dask.dashboard.scene import Band
from thalia_dask.engine.observer import WindowReport
from thalia_dask.spikes import Int32Array

_MOST_ROWS = 120
_MOST_BANDS = 40
_MOST_SPIKES = 4000

_Spikes = tuple[int, Int32Array, Int32Array]
"""Of one region that has rows: where its neurons begin among those of all such regions; steps and neurons."""


class Sample:
    """The last spikes of the sampled neurons, as rows of a raster.

    Parameters
    ----------
    sizes : region -> neurons. Of very many regions, only some have rows.
    n_steps : how far back it goes.

    Attributes
    ----------
    n_steps : as given.
    bands : the rows of each region that has some, from the bottom.
    """

    def __init__(self, sizes: Mapping[str, int], n_steps: int) -> None:
        names = list(sizes)
        shown = [names[i] for i in _evenly(len(names), _MOST_BANDS)]
        first_neurons = np.cumsum([0, *(sizes[name] for name in shown)]).tolist()
        self.n_steps = n_steps
        self._places = dict(zip(shown, first_neurons, strict=False))
        self._row_of = np.full(first_neurons[-1], -1, np.int16)
        bands, first = [], 0
        for name, place in self._places.items():
            neurons = _evenly(sizes[name], _MOST_ROWS // len(shown))
            self._row_of[place + neurons] = first + np.arange(len(neurons))
            bands.append(Band(name, first, first + len(neurons)))
            first += len(neurons)
        self.bands = tuple(bands)
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        self._new: deque[tuple[int, list[_Spikes]]] = deque()
        self._steps, self._rows = np.empty(0, np.int32), np.empty(0, np.int16)

    def add(self, report: WindowReport) -> None:
        """Keep the spikes of a window. Which of them have rows is looked up when somebody wants to see them."""
        stop, emissions = report.window.stop, report.emissions
        spikes = [
            (place, packet.steps, packet.neurons)
            for name, place in self._places.items()
            if len(packet := emissions[name].spikes)
        ]
        self._new.append((stop, spikes))
        while self._new[0][0] <= stop - self.n_steps:
            self._new.popleft()

    def rows(self, stop: int) -> tuple[Int32Array, NDArray[np.int16]]:
        """Steps and rows of the spikes before a step; of too many the last ones."""
        new = [spikes for _, window in self._new for spikes in window]
        self._new.clear()
        if new:
            places, steps, neurons = zip(*new, strict=True)
            row = self._row_of[np.repeat(places, list(map(len, steps))) + np.concatenate(neurons)]
            has_row = row >= 0
            self._steps = np.concatenate([self._steps, np.concatenate(steps)[has_row]])
            self._rows = np.concatenate([self._rows, row[has_row]])
        recent = np.flatnonzero((self._steps >= stop - self.n_steps) & (self._steps < stop))[-_MOST_SPIKES:]
        self._steps, self._rows = self._steps[recent], self._rows[recent]
        return self._steps, self._rows


def _evenly(n_items: int, at_most: int) -> NDArray[np.int64]:
    """Indices of at most so many items, evenly spaced."""
    return np.unique(np.linspace(0, n_items - 1, min(n_items, at_most)).round().astype(np.int64))
