"""Pulse-coupled oscillators: Mirollo & Strogatz (1990), SIAM J. Appl. Math. 50:1645, with a linear rise."""

from dataclasses import dataclass

import numpy as np

from thalia_dask.regions import Anatomy, Region, RegionKind, RegionSpec
from thalia_dask.regions.base import Snapshot
from thalia_dask.regions.kind import read_params
from thalia_dask.seeds import generator
from thalia_dask.spikes import Arrivals, SpikePacket
from thalia_dask.ticks import Window


@dataclass(frozen=True, slots=True)
class PacemakerParams:
    """``kick`` is how much of a cycle an arriving spike skips."""

    period_ms: float = 50.0
    kick: float = 0.02


class Pacemaker(Region):
    """Every cell fires when its phase reaches 1; axon ``a`` ends on cell ``a % size``."""

    def __init__(self, spec: RegionSpec, params: PacemakerParams) -> None:
        self.populations = {"cells": spec.size}
        self._rise = spec.dt_ms / params.period_ms
        self._kick = params.kick
        self._at_rest = generator(spec.seed, spec.name, "phases").random(spec.size)
        self._phase = self._at_rest.copy()

    def advance(self, window: Window, arrivals: Arrivals) -> SpikePacket:
        if any(signal.name == "reset" for signal in arrivals.signals):
            self._phase = self._at_rest.copy()
        kicks = np.zeros((window.n_steps, len(self._phase)))
        np.add.at(kicks, (arrivals.steps - window.start, arrivals.neurons % len(self._phase)), self._kick)
        fired_in = np.zeros(kicks.shape, bool)
        for offset in range(window.n_steps):
            self._phase += self._rise + kicks[offset]
            fired_in[offset] = self._phase >= 1.0
            self._phase[fired_in[offset]] = 0.0
        offsets, cells = np.nonzero(fired_in)  # ordered by (step, neuron)
        return SpikePacket((window.start + offsets).astype(np.int32), cells.astype(np.int32))

    def snapshot(self) -> Snapshot:
        return {"phase": self._phase.copy()}

    def restore(self, snapshot: Snapshot) -> None:
        self._phase = np.array(snapshot["phase"])


class PacemakerKind(RegionKind):
    def anatomy(self, spec: RegionSpec) -> Anatomy:
        read_params(spec, PacemakerParams)  # finds wrong parameters before anything is built
        return Anatomy(
            populations=(("cells", spec.size),),
            ports=("input",),
            default_port="input",
            stimulus_port="input",
            default_output="cells",
            n_neurons=spec.size,
        )

    def create(self, spec: RegionSpec) -> Region:
        return Pacemaker(spec, read_params(spec, PacemakerParams))


KIND = PacemakerKind()
