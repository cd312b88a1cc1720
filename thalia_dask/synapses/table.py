"""All synapses of a region in one table: compressed rows by source, with a delay per synapse.

A *row* is an axon: row i < neurons is the region's own neuron i; the axons of incoming projections follow.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from thalia_dask.jit import Floats, Int32Array, Int64Array


class SynapseTable(NamedTuple):
    """Synapses ordered by (row, delay, connection, target).

    Attributes
    ----------
    row_start : int64, shape (rows + 1,).
    slot : int32, shape (synapses,). ``channel * neurons + target``: where the efficacy is added.
    weight : float32, shape (synapses,), mV, or what the target's neuron model takes.
    delay : uint16, shape (synapses,), steps.
    """

    row_start: Int64Array
    slot: Int32Array
    weight: Floats
    delay: NDArray[np.uint16]
