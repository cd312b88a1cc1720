"""Cells that are free to fire, fed by axons whose rates are given.

in ──plastic──> cells <── background (excitatory noise)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from thalia_dask.neurons.base import EXCITATORY
from thalia_dask.neurons.lif import LIFParams
from thalia_dask.plasticity.base import Rule
from thalia_dask.regions.layout import Background, Connection, Layout, Population
from thalia_dask.regions.spec import Incoming, RegionSpec
from thalia_dask.regions.spiking import SpikingRegion
from thalia_dask.seeds import generator
from thalia_dask.spikes import Arrivals
from thalia_dask.ticks import Window


class Fed:
    """``n_axons`` axons with a rule onto each of ``n_cells`` cells; steps of 1 ms."""

    def __init__(
        self,
        rule: Rule,
        total_mv: float,
        *,
        n_axons: int = 40,
        n_cells: int = 10,
        channel: int = EXCITATORY,
        background: Background | None = None,
        seed: int = 1,
    ) -> None:
        self._n_axons, self._n_cells, self._seed, self._now = n_axons, n_cells, seed, 0
        layout = Layout(
            populations=(Population("cells", n_cells, LIFParams(), background),),
            connections=(Connection("in", "cells", 1.0, total_mv, channel, delay_ms=(0, 0), rule=rule),),
            ports=("in",),
        )
        incoming = (Incoming("x.all", n_axons, "in"),)
        self.region = SpikingRegion(RegionSpec("fed", "fed", n_cells, 1.0, seed, incoming=incoming), layout)

    def run(self, duration_ms: int, rates_hz: NDArray[np.float64]) -> NDArray[np.float64]:
        """Rates of the cells in Hz, while each axon fires at its rate (axons,), or (steps, axons), at random."""
        draws = generator(self._seed, "fed", self._now).random((duration_ms, self._n_axons))
        offsets, axons = np.nonzero(draws < np.broadcast_to(rates_hz, draws.shape) / 1000.0)
        window = Window(self._now, self._now + duration_ms)
        arrivals = Arrivals(
            (offsets + self._now).astype(np.int32), np.zeros(len(axons), np.int32), axons.astype(np.int32)
        )
        packet = self.region.advance(window, arrivals)
        self._now = window.stop
        return np.bincount(packet.neurons, minlength=self._n_cells) * 1000.0 / duration_ms

    @property
    def weights(self) -> NDArray[np.float32]:
        """Efficacies, shape (cells, axons), mV: the table is ordered by axon, and by cell within one."""
        return self.region.snapshot()["weight"].numpy().reshape(self._n_axons, self._n_cells).T
