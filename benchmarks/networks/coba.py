"""COBA: as CUBA, with exponential conductances.

Vogels & Abbott (2005), J. Neurosci. 25:10786; benchmark 1 of Brette et al. (2007), J. Comput. Neurosci. 23:349:
6 and 67 nS at a leak of 10 nS, so weights are 0.6 and 6.7 leak conductances. With a resting potential of -60 mV that
network falls silent sooner or later, often at once; as in CUBA, it is therefore -49 mV, just above the threshold.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.network import Cells, Network
from benchmarks.networks.cuba import cuba
from thalia_dask.seeds import generator

CELLS = Cells(tau_membrane_ms=20.0, resting_mv=-49.0, threshold_mv=-50.0, reset_mv=-60.0, refractory_ms=5.0)
EXCITATORY, INHIBITORY = 0.6, -6.7
INITIAL_MEAN, INITIAL_SD = np.array([[2.7], [15.0]]), np.array([[0.9], [7.0]])


def coba(n_neurons: int, seed: int = 1) -> Network:
    """The network on the edges of CUBA; conductances begin about where its activity keeps them."""
    edges = cuba(n_neurons, seed=seed)
    rng = generator(seed, "coba", "conductances")
    initial = np.maximum(0, rng.normal(INITIAL_MEAN, INITIAL_SD, (2, n_neurons)))
    return replace(
        edges,
        name=f"coba-{n_neurons}",
        synapse="conductance",
        cells=CELLS,
        weights=np.where(edges.weights > 0, np.float32(EXCITATORY), np.float32(INHIBITORY)),
        conductances=initial.astype(np.float32),
    )
