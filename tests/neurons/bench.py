"""A patch-clamp bench: neurons of one kind, stepped by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from thalia_dask.neurons import lif
from thalia_dask.neurons.lif import LIFParams


class Bench:
    """``n`` neurons at rest, advanced one step at a time."""

    def __init__(self, params: LIFParams | None = None, dt_ms: float = 1.0, n: int = 1) -> None:
        self.params = params or LIFParams()
        self.dt_ms = dt_ms
        self.constants = lif.constants([self.params], dt_ms)
        self.state = lif.LIFState(
            membrane=np.full(n, self.params.resting_mv, np.float32),
            current=np.zeros((lif.N_CHANNELS, n), np.float32),
            adaptation=np.zeros(n, np.float32),
            refractory=np.zeros(n, np.int32),
        )
        self._increment = np.empty(n, np.float32)
        self._spiked = np.empty(n, np.uint8)

    def step(self, drive_mv: float = 0.0, efficacies: Mapping[int, float] | None = None) -> bool:
        """One step, with efficacies (channel -> mV) that arrive in it; whether neuron 0 spiked."""
        n = len(self.state.membrane)
        arriving = np.zeros((lif.N_CHANNELS, n), np.float32)
        for channel, weight in (efficacies or {}).items():
            arriving[channel] = weight
        lif.step(self.state, self.constants, 0, 0, n, np.float32(drive_mv), arriving, self._increment, self._spiked)
        assert not arriving.any(), "input is consumed"
        return bool(self._spiked[0])

    def run(self, n_steps: int, drive_mv: float = 0.0) -> tuple[np.ndarray, list[int]]:
        """Membrane potential after each step, and the steps that spiked."""
        trace, spikes = [], []
        for index in range(n_steps):
            if self.step(drive_mv):
                spikes.append(index)
            trace.append(float(self.state.membrane[0]))
        return np.array(trace), spikes


def intervals(spikes: Sequence[int]) -> list[int]:
    return np.diff(spikes).tolist()
