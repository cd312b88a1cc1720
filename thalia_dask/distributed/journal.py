"""What it takes to bring all regions to the present step again: states of an earlier one, and the orders since."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from thalia_dask.spikes import Arrivals
from thalia_dask.ticks import Window

_SHARE = 0.03
"""The part of the time that states may cost."""

_LEAST_PERIOD_S = 1.0
_MOST_SPIKES = 20_000_000
"""240 MB of orders."""


class Entry(NamedTuple):
    """One order that was carried out."""

    steps: Window
    arrivals: Mapping[str, Arrivals]


class Journal:
    """States of regions, and the orders that were carried out since they were taken.

    Attributes
    ----------
    states : region -> its encoded snapshot. A region without one was then as its creator makes it.
    entries : the orders since, oldest first.
    """

    def __init__(self) -> None:
        self.states: dict[str, bytes] = {}
        self.entries: list[Entry] = []
        self._seconds = 0.0
        self._n_spikes = 0
        self._period_s: float | None = None

    @property
    def n_steps(self) -> int:
        """How many steps would have to be computed again."""
        return sum(entry.steps.n_steps for entry in self.entries)

    def note(self, steps: Window, arrivals: Mapping[str, Arrivals], seconds: float) -> None:
        """Take note of an order that was carried out, and of how long it took."""
        self.entries.append(Entry(steps, dict(arrivals)))  # the caller adds to it what was carried meanwhile
        self._seconds += seconds
        self._n_spikes += sum(map(len, arrivals.values()))

    def due(self) -> bool:
        """Whether states should be taken: they cost a small part of the time that replaying would take."""
        return self._seconds >= (self._period_s or _LEAST_PERIOD_S) or self._n_spikes > _MOST_SPIKES

    @property
    def knows_costs(self) -> bool:
        """Whether it has been told what states cost."""
        return self._period_s is not None

    def expect(self, seconds: float) -> None:
        """Take note of what states are going to cost."""
        self._period_s = max(_LEAST_PERIOD_S, seconds / _SHARE)

    def keep(self, states: Mapping[str, bytes], seconds: float) -> None:
        """Begin anew at the present step, with states that took some time to get."""
        self.states = dict(states)
        self.entries = []
        self._seconds, self._n_spikes = 0.0, 0
        self.expect(seconds)
