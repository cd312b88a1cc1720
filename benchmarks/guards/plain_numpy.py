"""The CUBA network as one would write it by hand in NumPy: a ring of inputs, one array operation after the other."""

from __future__ import annotations

import math

import numpy as np

from benchmarks.network import DT_MS, Network
from benchmarks.networks.cuba import CELLS


class PlainNumpy:
    """Leaky integrate-and-fire neurons with exponential currents; no plasticity, one population type."""

    def __init__(self, network: Network) -> None:
        n = network.n_neurons
        order = np.lexsort((network.delays, network.sources))
        self._row_start = np.searchsorted(network.sources[order], np.arange(n + 1))
        self._weights, self._delays = network.weights[order], network.delays[order]
        self._slots = network.targets[order] + n * (self._weights < 0)
        self._v, self._current = network.membrane.copy(), np.zeros(2 * n, np.float32)
        self._ring = np.zeros((int(network.delays.max()) + 1, 2 * n), np.float32)
        self._free_from = np.zeros(n, np.int64)
        self._step = 0
        leak, exc, inh = CELLS.tau_membrane_ms, CELLS.tau_excitatory_ms, CELLS.tau_inhibitory_ms
        self._decay = np.float32(math.exp(-DT_MS / leak))
        self._response = [
            np.float32(tau / (tau - leak) * (math.exp(-DT_MS / tau) - math.exp(-DT_MS / leak))) for tau in (exc, inh)
        ]
        self._current_decay = np.repeat([math.exp(-DT_MS / exc), math.exp(-DT_MS / inh)], n).astype(np.float32)
        self._refractory_steps = round(CELLS.refractory_ms / DT_MS)

    def run(self, n_steps: int) -> int:
        """Advance, and return the number of spikes."""
        return sum(self._advance() for _ in range(n_steps))

    def _advance(self) -> int:
        v, n, step = self._v, len(self._v), self._step
        exc, inh = self._current[:n], self._current[n:]
        rest = np.float32(CELLS.resting_mv)
        v += (rest - v) * (1 - self._decay) + exc * self._response[0] + inh * self._response[1]
        v[self._free_from > step] = CELLS.reset_mv
        self._current *= self._current_decay
        slot = step % len(self._ring)
        self._current += self._ring[slot]
        self._ring[slot] = 0.0
        spiked = np.flatnonzero(v >= CELLS.threshold_mv)
        v[spiked] = CELLS.reset_mv
        self._free_from[spiked] = step + 1 + self._refractory_steps
        for neuron in spiked:
            reached = slice(self._row_start[neuron], self._row_start[neuron + 1])
            arrival = (step + self._delays[reached]) % len(self._ring)
            np.add.at(self._ring, (arrival, self._slots[reached]), self._weights[reached])
        self._step += 1
        return len(spiked)
