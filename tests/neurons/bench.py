"""A patch-clamp bench: neurons of one kind, stepped by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from thalia_dask.neurons import base, models
from thalia_dask.neurons.base import Neuron
from thalia_dask.neurons.lif import LIFParams


class Bench:
    """``n`` neurons at rest, advanced one step at a time."""

    def __init__(self, params: Neuron | None = None, dt_ms: float = 1.0, n: int = 1) -> None:
        self.params = params or LIFParams()
        self.dt_ms = dt_ms
        self.n = n
        self.now = 0
        self.constants = base.constants([self.params], dt_ms)
        self.state = base.NeuronState(
            membrane=np.full(n, self.params.resting_mv, np.float32),
            current=np.zeros((base.N_CHANNELS, n), np.float32),
            adaptation=np.zeros(n, np.float32),
            refractory=np.zeros(n, np.int32),
        )
        self.spiked = np.zeros(models.n_flags(n), np.uint8)

    def integrate(self, drive_mv: float = 0.0, first: int = 0, last: int | None = None) -> None:
        last = self.n if last is None else last
        now, drive = np.int32(self.now), np.float32(drive_mv)
        models.step(self.params.code, now, first, last, drive, self.constants[0], self.state, self.spiked)

    def step(self, drive_mv: float = 0.0, efficacies: Mapping[int, float] | None = None) -> bool:
        """One step, with efficacies (channel -> mV, or nS) that arrive in it; whether neuron 0 spiked."""
        if not self.params.jumps:
            self.integrate(drive_mv)
        for channel, weight in (efficacies or {}).items():
            self.state.current[channel] += np.float32(weight)
        if self.params.jumps:
            self.integrate(drive_mv)
        neurons = np.empty(self.n, np.int32)
        last, words = np.array([self.n]), self.spiked.view(np.uint64)
        n_spikes = models.fire(np.int32(self.now), last, self.constants, self.state, words, neurons)
        self.now += 1
        return 0 in neurons[:n_spikes]

    def run(self, n_steps: int, drive_mv: float = 0.0) -> tuple[np.ndarray, list[int]]:
        """Membrane potential after each step, and the steps that spiked, counted from the first of these."""
        trace, spikes = [], []
        for index in range(n_steps):
            if self.step(drive_mv):
                spikes.append(index)
            trace.append(float(self.state.membrane[0]))
        return np.array(trace), spikes


def intervals(spikes: Sequence[int]) -> list[int]:
    return np.diff(spikes).tolist()
