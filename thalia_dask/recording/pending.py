"""Windows that were reported and are in no block yet."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thalia_dask.engine.observer import WindowReport
from thalia_dask.jit import Floats
from thalia_dask.spikes import Int32Array

_STRETCH_WINDOWS = 16
Wanted = Mapping[str, Mapping[str, tuple[int, ...]]]


@dataclass(slots=True, eq=False)
class Track:
    """What one region did: an array for each stretch of windows.

    Attributes
    ----------
    spike_steps, spike_neurons : int32, shape (spikes,), emitted.
    received : int32, shape (steps,), spikes that arrived.
    observed : observable that is wanted -> shape (steps,) or (steps, probes); NaN where the region does not tell.
    """

    spike_steps: list[Int32Array] = field(default_factory=list)
    spike_neurons: list[Int32Array] = field(default_factory=list)
    received: list[Int32Array] = field(default_factory=list)
    observed: dict[str, list[Floats]] = field(default_factory=dict)

    def lists(self) -> list[list[NDArray[Any]]]:
        """All of it."""
        return [self.spike_steps, self.spike_neurons, self.received, *self.observed.values()]

    def part(self, of: slice) -> Track:
        """Some of the stretches."""
        observed = {name: values[of] for name, values in self.observed.items()}
        return Track(self.spike_steps[of], self.spike_neurons[of], self.received[of], observed)


class Pending:
    """Reports of consecutive windows, taken apart and joined.

    Reports as such are objects that Python's garbage collector goes through again and again as long as they are kept,
    and ten thousand small arrays take longer to free than to join in time: where regions are minute, the two took a
    third of the time of a brain.

    Parameters
    ----------
    wanted : region -> observable to keep -> for how many cells, () for one value of the region as a whole.

    Attributes
    ----------
    starts, stop : the first step of each stretch of windows, and the step after the last.
    tracks : by region.
    levels : float32, shape (neuromodulators, steps), in each stretch.
    window_starts, wall_seconds : of each window.
    compute_seconds : region -> time inside it in each window.
    """

    def __init__(self, wanted: Wanted) -> None:
        self.starts: list[int] = []
        self.stop = 0
        self.tracks = {
            region: Track(observed={name: [] for name in observables}) for region, observables in wanted.items()
        }
        self.levels: list[Floats] = []
        self.window_starts: list[int] = []
        self.wall_seconds: list[float] = []
        self.compute_seconds: dict[str, list[float]] = {region: [] for region in self.tracks}
        self._wanted = wanted
        self._n_loose = 0

    def __bool__(self) -> bool:
        return bool(self.starts)

    @property
    def n_windows(self) -> int:
        return len(self.window_starts)

    def emptied(self) -> Pending:
        """For the windows that follow."""
        return Pending(self._wanted)

    def add(self, report: WindowReport, levels: Floats) -> None:
        """Take in the next window."""
        window, counts = report.window, report.received.counts
        self.starts.append(window.start)
        self.stop = window.stop
        self.levels.append(levels)
        self.window_starts.append(window.start)
        self.wall_seconds.append(report.wall_seconds)
        for region, track in self.tracks.items():
            emission = report.emissions[region]
            track.spike_steps.append(emission.spikes.steps)
            track.spike_neurons.append(emission.spikes.neurons)
            received = counts.get(region)
            track.received.append(np.zeros(window.n_steps, np.int32) if received is None else received)
            for name, of_cells in self._wanted[region].items():
                values = emission.observed.get(name)
                if values is None:
                    values = np.full((window.n_steps, *of_cells), np.nan, np.float32)
                track.observed[name].append(values)
            self.compute_seconds[region].append(emission.compute_seconds)
        self._n_loose += 1
        if self._n_loose == _STRETCH_WINDOWS:
            self._join()

    def part(self, start: int, stop: int) -> Pending:
        """The stretches that overlap ``start <= step < stop``, without the times that windows took."""
        begin, end = bisect_right(self.starts, start) - 1, bisect_left(self.starts, stop)
        part = self.emptied()
        part.starts, part.levels = self.starts[begin:end], self.levels[begin:end]
        part.stop = self.starts[end] if end < len(self.starts) else self.stop
        for region, track in self.tracks.items():
            part.tracks[region] = track.part(slice(begin, end))
        return part

    def _join(self) -> None:
        """Make one stretch of the windows that are none yet."""
        first = len(self.starts) - self._n_loose
        self.levels[first:] = [np.concatenate(self.levels[first:], axis=1)]
        for track in self.tracks.values():
            for values in track.lists():
                if values:
                    values[first:] = [np.concatenate(values[first:])]
        del self.starts[first + 1 :]
        self._n_loose = 0
