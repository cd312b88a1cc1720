"""Brunel's network of neurons with instantaneous synapses, driven by Poisson input.

Brunel (2000), J. Comput. Neurosci. 8:183, model A, asynchronous irregular state, with the parameters of NEST's
``brunel_delta_nest.py``: 10 % of the possible synapses, multiple and self-connections allowed, J 0.1 mV, g 5, input
at twice the rate that brings a neuron to its threshold.
"""

from __future__ import annotations

import numpy as np

from benchmarks.network import Cells, Network, Population
from thalia_dask.seeds import generator

CELLS = Cells(tau_membrane_ms=20.0, resting_mv=0.0, threshold_mv=20.0, reset_mv=0.0, refractory_ms=2.0)
EFFICACY_MV, INHIBITION, DRIVE, PROBABILITY, DELAY_STEPS = 0.1, 5.0, 2.0, 0.1, 15


def brunel(
    n_neurons: int,
    seed: int = 1,
    *,
    inhibition: float = INHIBITION,
    drive: float = DRIVE,
    delay_steps: tuple[int, int] = (DELAY_STEPS, DELAY_STEPS),
    efficacy_mv: float = EFFICACY_MV,
    reset_mv: float = CELLS.reset_mv,
) -> Network:
    """The network; ``inhibition`` is g, ``drive`` the input over that which brings a neuron to its threshold.

    Delays are uniform over an inclusive range. Noise does not depend on the number of synapses.
    """
    n_exc, n_inh = n_neurons * 4 // 5, n_neurons // 5
    degree_exc, degree_inh = round(PROBABILITY * n_exc), round(PROBABILITY * n_inh)
    rng = generator(seed, "brunel", "wiring")
    excitatory = rng.integers(0, n_exc, (n_neurons, degree_exc), dtype=np.int32)
    inhibitory = rng.integers(n_exc, n_neurons, (n_neurons, degree_inh), dtype=np.int32)
    sources = np.concatenate([excitatory, inhibitory], axis=1)
    threshold_hz = 1e3 * CELLS.threshold_mv / (efficacy_mv * CELLS.tau_membrane_ms)
    noise = {"background_hz": drive * threshold_hz, "background_weight": efficacy_mv}
    return Network(
        name=f"brunel-{n_neurons}",
        synapse="delta",
        cells=CELLS._replace(reset_mv=reset_mv),
        populations=(Population("exc", n_exc, **noise), Population("inh", n_inh, **noise)),
        sources=sources.reshape(-1),
        targets=np.repeat(np.arange(n_neurons, dtype=np.int32), degree_exc + degree_inh),
        weights=np.where(sources < n_exc, efficacy_mv, -inhibition * efficacy_mv).astype(np.float32).reshape(-1),
        delays=rng.integers(delay_steps[0], delay_steps[1] + 1, sources.size, dtype=np.int32),
        membrane=np.zeros(n_neurons, np.float32),
    )
