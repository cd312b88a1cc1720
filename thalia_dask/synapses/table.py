"""All synapses of a region in one table: compressed rows by source, with a delay per synapse.

A *row* is an axon: row i < neurons is the region's own neuron i; the axons of incoming projections follow.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from thalia_dask.jit import Floats, kernel


class SynapseTable(NamedTuple):
    """Synapses ordered by (row, connection, target).

    Attributes
    ----------
    row_start : int64, shape (rows + 1,).
    slot : int32, shape (synapses,). ``channel * neurons + target``: where in a step's input the efficacy is added.
    weight : float32, shape (synapses,), mV.
    delay : uint16, shape (synapses,), steps.
    """

    row_start: NDArray[np.int64]
    slot: NDArray[np.int32]
    weight: Floats
    delay: NDArray[np.uint16]


@kernel
def deliver(row: int, step: int, synapses: SynapseTable, ring: Floats) -> None:
    """Add the efficacies of one axon's synapses to the input ring, shape (delays, channels * neurons)."""
    n_slots = ring.shape[0]
    now = step % n_slots
    for k in range(synapses.row_start[row], synapses.row_start[row + 1]):
        at = now + synapses.delay[k]
        if at >= n_slots:
            at -= n_slots
        ring[at, synapses.slot[k]] += synapses.weight[k]
