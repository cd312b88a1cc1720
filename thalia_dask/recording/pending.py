"""Windows that were reported and are in no block yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from thalia_dask.engine.observer import WindowReport
from thalia_dask.regions.base import MEMBRANE_POTENTIAL_MEAN
from thalia_dask.spikes import NOTHING, Int32Array

Floats = NDArray[np.float32]


@dataclass(slots=True, eq=False)
class Track:
    """What one region did, an entry for each window.

    Attributes
    ----------
    spike_steps, spike_neurons : int32, shape (spikes,), emitted.
    arrival_steps : int32, shape (arrivals,).
    membrane_potential_mean : mV, shape (steps,); NaN where the region does not report it.
    compute_seconds : time inside the region.
    """

    spike_steps: list[Int32Array] = field(default_factory=list)
    spike_neurons: list[Int32Array] = field(default_factory=list)
    arrival_steps: list[Int32Array] = field(default_factory=list)
    membrane_potential_mean: list[Floats] = field(default_factory=list)
    compute_seconds: list[float] = field(default_factory=list)

    def part(self, begin: int, end: int) -> Track:
        """Some of the windows."""
        return Track(*(getattr(self, f.name)[begin:end] for f in fields(self)))


class Pending:
    """Reports of consecutive windows, taken apart.

    Reports as such are objects that Python's garbage collector goes through again and again as long as they are
    kept. Where regions are minute that takes a third of the time of a brain; arrays it does not look at.

    Attributes
    ----------
    edges : the first step of the first window, then the step after each window's last; empty without any window.
    wall_seconds : of each window.
    levels : float32, shape (neuromodulators, steps), in each window.
    tracks : by region.
    """

    def __init__(self, regions: Sequence[str]) -> None:
        self.edges: list[int] = []
        self.wall_seconds: list[float] = []
        self.levels: list[Floats] = []
        self.tracks = {region: Track() for region in regions}

    def __len__(self) -> int:
        """Number of windows."""
        return len(self.wall_seconds)

    def add(self, report: WindowReport, levels: Floats) -> None:
        """Take in the next window."""
        window = report.window
        self.edges += [window.stop] if self.edges else [window.start, window.stop]
        self.wall_seconds.append(report.wall_seconds)
        self.levels.append(levels)
        for region, track in self.tracks.items():
            emission = report.emissions[region]
            membrane = emission.observed.get(MEMBRANE_POTENTIAL_MEAN)
            track.spike_steps.append(emission.spikes.steps)
            track.spike_neurons.append(emission.spikes.neurons)
            track.arrival_steps.append(report.arrivals.get(region, NOTHING).steps)
            track.membrane_potential_mean.append(
                np.full(window.n_steps, np.nan, np.float32) if membrane is None else membrane
            )
            track.compute_seconds.append(emission.compute_seconds)

    def part(self, begin: int, end: int) -> Pending:
        """Some of the windows, at least one."""
        part = Pending(())
        part.edges = self.edges[begin : end + 1]
        part.wall_seconds, part.levels = self.wall_seconds[begin:end], self.levels[begin:end]
        part.tracks = {region: track.part(begin, end) for region, track in self.tracks.items()}
        return part
