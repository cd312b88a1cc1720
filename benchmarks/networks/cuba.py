"""CUBA: excitatory and inhibitory neurons with exponential currents, active by themselves.

Vogels & Abbott (2005), J. Neurosci. 25:10786; benchmark 2 of Brette et al. (2007), J. Comput. Neurosci. 23:349, with
the efficacies of Brian2's ``examples/CUBA.py``. Every neuron has the same number of excitatory and of inhibitory
synapses, whose sources are drawn each anew. Efficacies shrink as their number grows, so that number x efficacy stays
that of 4000 neurons.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.network import Cells, Network, Population
from thalia_dask.seeds import generator

CELLS = Cells(tau_membrane_ms=20.0, resting_mv=-49.0, threshold_mv=-50.0, reset_mv=-60.0, refractory_ms=5.0)
EXCITATORY_MV, INHIBITORY_MV = 1.62, -9.0
PROBABILITY = 0.02
REFERENCE_DEGREE = 80


def populations(n_neurons: int) -> tuple[Population, Population]:
    """Four excitatory neurons to one inhibitory."""
    return Population("exc", n_neurons * 4 // 5), Population("inh", n_neurons // 5)


def cuba(
    n_neurons: int, delay_steps: tuple[int, int] = (1, 1), probability: float = PROBABILITY, seed: int = 1
) -> Network:
    """The network; delays are uniform over the inclusive range ``delay_steps``."""
    exc, inh = populations(n_neurons)
    rng = generator(seed, "cuba", "wiring")
    excitatory = rng.integers(0, exc.size, (n_neurons, round(probability * exc.size)), dtype=np.int32)
    inhibitory = rng.integers(exc.size, n_neurons, (n_neurons, round(probability * inh.size)), dtype=np.int32)
    sources = np.concatenate([excitatory, inhibitory], axis=1)
    scale = REFERENCE_DEGREE / sources.shape[1]
    weights = np.where(sources < exc.size, scale * EXCITATORY_MV, scale * INHIBITORY_MV)
    return Network(
        name=f"cuba-{n_neurons}",
        synapse="current",
        cells=CELLS,
        populations=(exc, inh),
        sources=sources.reshape(-1),
        targets=np.repeat(np.arange(n_neurons, dtype=np.int32), sources.shape[1]),
        weights=weights.reshape(-1).astype(np.float32),
        delays=rng.integers(delay_steps[0], delay_steps[1] + 1, sources.size, dtype=np.int32),
        membrane=scattered_membrane(n_neurons, rng),
    )


def scattered_membrane(n_neurons: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Initial potentials between reset and threshold, mV."""
    return rng.uniform(CELLS.reset_mv, CELLS.threshold_mv, n_neurons).astype(np.float32)
