"""A region whose spikes are dictated: axons fire when told, and so does every cell.

in ──plastic──> cells <──one strong, instantaneous synapse each── force
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from thalia_dask.neurons.lif import SLOW, LIFParams
from thalia_dask.plasticity.base import Rule
from thalia_dask.regions.layout import Connection, Layout, Population
from thalia_dask.regions.layout_region import LayoutRegion
from thalia_dask.regions.spec import Incoming, RegionSpec
from thalia_dask.regions.spiking import SpikingRegion
from thalia_dask.regions.wiring import wire
from thalia_dask.spikes import Arrivals, Signal
from thalia_dask.ticks import Window

MEAN_WEIGHT = 0.05
_OBEDIENT = LIFParams(refractory_ms=0.0, tau_slow_ms=0.01)

Spikes = Iterable[tuple[int, int]]
"""Pairs (step, index)."""


class Forced:
    """``n_axons`` plastic axons onto ``n_cells`` cells, all to all; they inhibit where ``sign`` is -1.

    Delays mix the synapses of an axon; no spike of it fires a cell.
    """

    def __init__(
        self,
        *rules: Rule,
        n_axons: int = 3,
        n_cells: int = 2,
        n_actions: int = 0,
        gates: tuple[str, ...] = (),
        sign: int = 1,
        delay_ms: tuple[float, float] = (0.0, 0.0),
        region: Callable[[RegionSpec, Layout], LayoutRegion] = SpikingRegion,
    ) -> None:
        self.n_axons, self.n_cells = n_axons, n_cells
        total = sign * MEAN_WEIGHT * n_axons
        groups = [f"cells{i}" for i in range(len(rules))]
        self.layout = Layout(
            populations=tuple(Population(group, n_cells, _OBEDIENT) for group in groups),
            connections=tuple(
                connection
                for group, rule in zip(groups, rules, strict=True)
                for connection in (
                    Connection("in", group, 1.0, total, delay_ms=delay_ms, rule=rule, gates=gates),
                    Connection("force", group, 1.0, 1e6, SLOW, delay_ms=(0, 0), aligned=True),
                )
            ),
            ports=("in", "force"),
            stimulus="in",
            default_output="cells0",
            n_actions=n_actions,
        )
        incoming = (Incoming("x.all", n_axons, "in"), Incoming("y.all", n_cells, "force"))
        self.spec = RegionSpec("forced", "forced", n_cells, 1.0, 11, incoming=incoming)
        self.region = region(self.spec, self.layout)
        self.now = 0

    def run(self, n_steps: int, pre: Spikes = (), post: Spikes = (), signals: Iterable[Signal] = ()) -> None:
        """Advance, with axons and cells that fire at the given absolute steps (cells not in the first one)."""
        window = Window(self.now, self.now + n_steps)
        events = [(step, 0, axon) for step, axon in pre] + [(step - 1, 1, cell) for step, cell in post]
        events = sorted(event for event in events if window.start <= event[0] < window.stop)
        columns = np.array(events, np.int32).reshape(-1, 3).T
        packet = self.region.advance(window, Arrivals(*(c.copy() for c in columns), tuple(signals)))
        fired = {(s, n % self.n_cells) for s, n in zip(packet.steps.tolist(), packet.neurons.tolist(), strict=True)}
        assert fired == {(s, c) for s, c in post if window.start <= s < window.stop}, "the cells obey"
        self.now = window.stop

    @property
    def weights(self) -> np.ndarray:
        """Plastic efficacies, shape (rules, cells, axons), mV."""
        synapses = wire(self.spec, self.layout).synapses
        n_neurons = len(self.layout.populations) * self.n_cells
        rows = np.repeat(np.arange(len(synapses.row_start) - 1), np.diff(synapses.row_start))
        plastic = (rows >= n_neurons) & (rows < n_neurons + self.n_axons)
        matrix = np.zeros((n_neurons, self.n_axons))
        values = self.region.snapshot()["weight"].numpy()
        matrix[synapses.slot[plastic] % n_neurons, rows[plastic] - n_neurons] = values[plastic]
        return matrix.reshape(len(self.layout.populations), self.n_cells, self.n_axons)
