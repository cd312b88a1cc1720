"""What travels between regions: packets of spikes, and the signals that the orchestrator broadcasts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Int32Array = NDArray[np.int32]


def _empty() -> Int32Array:
    return np.empty(0, np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class SpikePacket:
    """The spikes that one region emitted in one window, ordered by (step, neuron).

    Attributes
    ----------
    steps : int32, shape (spikes,). Absolute step of each spike.
    neurons : int32, shape (spikes,). Index into the emitting region's neuron array.
    """

    steps: Int32Array = field(default_factory=_empty)
    neurons: Int32Array = field(default_factory=_empty)

    def __len__(self) -> int:
        return len(self.steps)

    def copy(self) -> SpikePacket:
        """The same spikes in arrays of their own."""
        return SpikePacket(self.steps.copy(), self.neurons.copy())

    def since(self, step: int) -> SpikePacket:
        """Those that were emitted in this step or later."""
        if not len(self.steps) or self.steps[0] >= step:
            return self
        first = int(self.steps.searchsorted(np.int32(step)))
        return SpikePacket(self.steps[first:], self.neurons[first:])

    @classmethod
    def joined(cls, packets: Sequence[SpikePacket]) -> SpikePacket:
        """The spikes of packets that follow each other, at least one."""
        if len(packets) == 1:
            return packets[0]
        return cls(np.concatenate([p.steps for p in packets]), np.concatenate([p.neurons for p in packets]))


SILENCE = SpikePacket()
"""Of a region in which nothing fired."""


@dataclass(frozen=True, slots=True)
class Signal:
    """A broadcast that takes effect at the beginning of a step, in every region.

    ``name`` is a neuromodulator (``value`` is the amount released, negative for a dip), ``"action"``
    (``value`` is the index of the selected action) or ``"reset"`` (transient state and spikes in flight are
    cleared; what was learned stays).
    """

    step: int
    name: str
    value: float


@dataclass(frozen=True, slots=True, eq=False)
class Arrivals:
    """The spikes that reach one region in one window, ordered by (step, projection, neuron).

    Attributes
    ----------
    steps : int32, shape (spikes,). Absolute step of arrival.
    projections : int32, shape (spikes,). Index into ``RegionSpec.incoming``.
    neurons : int32, shape (spikes,). Index within the source population.
    signals : broadcasts that take effect at the first step of the window, in order.
    """

    steps: Int32Array = field(default_factory=_empty)
    projections: Int32Array = field(default_factory=_empty)
    neurons: Int32Array = field(default_factory=_empty)
    signals: tuple[Signal, ...] = ()

    def __len__(self) -> int:
        return len(self.steps)

    def copy(self) -> Arrivals:
        """The same arrivals in arrays of their own."""
        return Arrivals(self.steps.copy(), self.projections.copy(), self.neurons.copy(), self.signals)


NOTHING = Arrivals()
"""Where nothing arrives."""
