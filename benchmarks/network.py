"""A network as plain arrays: what every simulator builds the same network from. Needs NumPy alone."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

DT_MS = 0.1


class Population(NamedTuple):
    """Neurons ``first … first + size - 1``; their tonic drive and their independent Poisson input."""

    name: str
    size: int
    drive_mv: float = 0.0
    background_hz: float = 0.0
    background_weight: float = 0.0


class Cells(NamedTuple):
    """Parameters that all neurons of a network share."""

    tau_membrane_ms: float
    resting_mv: float
    threshold_mv: float
    reset_mv: float
    refractory_ms: float
    tau_excitatory_ms: float = 5.0
    tau_inhibitory_ms: float = 10.0
    reversal_excitatory_mv: float = 0.0
    reversal_inhibitory_mv: float = -80.0


Synapse = Literal["current", "conductance", "delta"]
"""Exponential currents (weights in mV), exponential conductances (in leak conductances), or jumps (mV)."""


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """Leaky integrate-and-fire neurons and every synapse between them.

    Attributes
    ----------
    sources, targets : int32, shape (synapses,), indices over all populations.
    weights : float32, shape (synapses,), units by ``synapse``; negative ones are inhibitory.
    delays : int32, shape (synapses,), steps of ``DT_MS``, at least 1.
    membrane : float32, shape (neurons,), initial potential in mV.
    conductances : float32, shape (2, neurons), initial ones, excitatory and inhibitory; of ``"conductance"`` alone.
    """

    name: str
    synapse: Synapse
    cells: Cells
    populations: tuple[Population, ...]
    sources: NDArray[np.int32]
    targets: NDArray[np.int32]
    weights: NDArray[np.float32]
    delays: NDArray[np.int32]
    membrane: NDArray[np.float32]
    conductances: NDArray[np.float32] = field(default_factory=lambda: np.zeros((2, 0), np.float32))

    @property
    def n_neurons(self) -> int:
        return sum(population.size for population in self.populations)

    def slices(self) -> dict[str, tuple[int, int]]:
        """Population -> first and last index (exclusive) of its neurons."""
        stops = np.cumsum([population.size for population in self.populations]).tolist()
        return {p.name: (stop - p.size, stop) for p, stop in zip(self.populations, stops, strict=True)}

    def save(self, path: Path) -> None:
        """Write an ``.npz`` file that :meth:`load` reads."""
        head = json.dumps([self.name, self.synapse, self.cells, self.populations])
        np.savez(path, head=head, **{name: getattr(self, name) for name in _ARRAYS})

    @staticmethod
    def load(path: Path) -> Network:
        """Read what :meth:`save` wrote."""
        with np.load(path) as stored:
            name, synapse, cells, populations = json.loads(str(stored["head"]))
            arrays = {key: stored[key] for key in _ARRAYS}
        return Network(name, synapse, Cells(*cells), tuple(Population(*p) for p in populations), **arrays)


_ARRAYS = ("sources", "targets", "weights", "delays", "membrane", "conductances")
