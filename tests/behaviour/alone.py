"""A region alone: rates go in at its ports, spikes come out."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from thalia_dask.regions import RegionSpec, create_region
from thalia_dask.regions.base import Snapshot
from thalia_dask.regions.spec import Incoming, ParamValue
from thalia_dask.seeds import generator
from thalia_dask.spikes import Arrivals, Signal
from thalia_dask.ticks import Window

Rates = NDArray[np.float64]
Spikes = NDArray[np.bool_]


class Alone:
    """One region and the Poisson axons that end in its ports; a step is 1 ms.

    Parameters
    ----------
    axons : port -> number of axons.
    params : the kind's parameters that differ from their defaults.
    """

    def __init__(self, kind: str, size: int, axons: Mapping[str, int], seed: int, **params: ParamValue) -> None:
        incoming = tuple(Incoming(f"outside.{port}", n, port) for port, n in sorted(axons.items()))
        self.spec = RegionSpec("alone", kind, size, 1.0, seed, tuple(sorted(params.items())), incoming)
        self.region = create_region(self.spec)
        self.now = 0
        self._slices: dict[str, slice] = {}
        first = 0
        for name, n in self.region.populations.items():
            self._slices[name] = slice(first, first + n)
            first += n
        self.n_neurons = first

    def run(
        self, duration_ms: int, rates_hz: Mapping[str, Rates] | None = None, **released: float
    ) -> dict[str, Spikes]:
        """Advance; the rates of the axons of each port are held, neuromodulators are released at the beginning.

        Returns
        -------
        Population -> bool, shape (duration_ms, neurons).
        """
        window = Window(self.now, self.now + duration_ms)
        signals = tuple(Signal(self.now, name, amount) for name, amount in released.items())
        packet = self.region.advance(window, self._arrivals(window, rates_hz or {}, signals))
        spikes = np.zeros((duration_ms, self.n_neurons), bool)
        spikes[packet.steps - self.now, packet.neurons] = True
        self.now = window.stop
        return {name: spikes[:, where] for name, where in self._slices.items()}

    def save(self) -> tuple[int, Snapshot]:
        """The region and its time, for :meth:`go_back`."""
        return self.now, self.region.snapshot()

    def go_back(self, saved: tuple[int, Snapshot]) -> None:
        self.now = saved[0]
        self.region.restore(saved[1])

    def _arrivals(self, window: Window, rates_hz: Mapping[str, Rates], signals: tuple[Signal, ...]) -> Arrivals:
        rows = []
        for projection, incoming in enumerate(self.spec.incoming):
            if incoming.port in rates_hz:
                rng = generator(self.spec.seed, "axons", incoming.port, window.start)
                fires = rng.random((window.n_steps, incoming.source_size)) < rates_hz[incoming.port] / 1000.0
                steps, neurons = np.nonzero(fires)
                rows.append(np.stack([steps + window.start, np.full(len(steps), projection), neurons]))
        columns = np.concatenate([np.empty((3, 0), np.int64), *rows], axis=1).astype(np.int32)
        order = np.lexsort(columns[::-1])
        return Arrivals(*columns[:, order], signals)
