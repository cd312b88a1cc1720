"""Leaky integrate-and-fire neurons with exponential synaptic currents and an adaptive threshold.

    tau_m dV/dt = -(V - E_L) + I_exc + I_inh + I_slow + I_drive         (membrane potential, mV)
    tau_s dI_s/dt = -I_s + tau_s sum_k w_k delta(t - t_k)               (s in exc, inh, slow; mV)
    tau_a da/dt = -a + tau_a b sum_spikes delta(t - t_spike)            (threshold adaptation, mV)

A spike is emitted when V >= V_th + a; V is then held at V_reset for the refractory period. Currents are written
as the voltage they would produce at rest (R I), so efficacies are in mV and no capacitance is needed.

The subthreshold dynamics are linear and integrated exactly: Rotter & Diesmann (1999), Biol. Cybern. 81:381,
eqs. 3-10; the order of updates within a step is that of NEST's ``iaf_psc_exp``. The adaptive threshold is the
homeostasis of Diehl & Cook (2015), Front. Comput. Neurosci. 9:99, section 2.2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from thalia_dask.jit import Floats, kernel

EXCITATORY, INHIBITORY, SLOW = 0, 1, 2
"""Receptor channels: fast excitation (AMPA), inhibition (GABA-A) and slow excitation (NMDA)."""
N_CHANNELS = 3
CHANNEL_NAMES = ("ampa", "gaba", "nmda")


@dataclass(frozen=True, slots=True)
class LIFParams:
    """Parameters of a population; times in ms, potentials in mV."""

    tau_membrane_ms: float = 20.0
    resting_mv: float = -65.0
    threshold_mv: float = -50.0
    reset_mv: float = -60.0
    refractory_ms: float = 2.0
    tau_excitatory_ms: float = 5.0
    tau_inhibitory_ms: float = 10.0
    tau_slow_ms: float = 100.0
    adaptation_mv: float = 0.0
    tau_adaptation_ms: float = 100.0


class LIFConstants(NamedTuple):
    """The propagators of one step, one entry per population (float32; ``refractory_steps`` int32)."""

    decay_membrane: Floats
    decay_current: Floats
    current_to_membrane: Floats
    decay_adaptation: Floats
    resting: Floats
    threshold: Floats
    reset: Floats
    adaptation: Floats
    refractory_steps: NDArray[np.int32]


class LIFState(NamedTuple):
    """State of all neurons of a region.

    ``current`` has shape (channels, neurons); everything else (neurons,). All float32 but ``refractory`` (int32),
    the steps that remain.
    """

    membrane: Floats
    current: Floats
    adaptation: Floats
    refractory: NDArray[np.int32]


def _membrane_response(tau_synapse: float, tau_membrane: float, dt: float) -> float:
    """Membrane potential one step after a unit current (Rotter & Diesmann 1999, eq. 10; limit for equal taus)."""
    if math.isclose(tau_synapse, tau_membrane, rel_tol=1e-9):
        return dt / tau_membrane * math.exp(-dt / tau_membrane)
    ratio = tau_synapse / (tau_synapse - tau_membrane)
    return ratio * (math.exp(-dt / tau_synapse) - math.exp(-dt / tau_membrane))


def constants(populations: list[LIFParams], dt_ms: float) -> LIFConstants:
    """Propagators of one step of ``dt_ms`` for each population."""

    def column(values: list[float]) -> Floats:
        return np.array(values, np.float32)

    taus = [(p.tau_excitatory_ms, p.tau_inhibitory_ms, p.tau_slow_ms) for p in populations]
    return LIFConstants(
        decay_membrane=column([math.exp(-dt_ms / p.tau_membrane_ms) for p in populations]),
        decay_current=np.array([[math.exp(-dt_ms / tau) for tau in row] for row in taus], np.float32),
        current_to_membrane=np.array(
            [
                [_membrane_response(tau, p.tau_membrane_ms, dt_ms) for tau in row]
                for p, row in zip(populations, taus, strict=True)
            ],
            np.float32,
        ),
        decay_adaptation=column([math.exp(-dt_ms / p.tau_adaptation_ms) for p in populations]),
        resting=column([p.resting_mv for p in populations]),
        threshold=column([p.threshold_mv for p in populations]),
        reset=column([p.reset_mv for p in populations]),
        adaptation=column([p.adaptation_mv for p in populations]),
        refractory_steps=np.array([round(p.refractory_ms / dt_ms) for p in populations], np.int32),
    )


@kernel
def step(
    state: LIFState,
    constants: LIFConstants,
    population: int,
    first: int,
    last: int,
    drive: float,
    input_current: Floats,
    increment: Floats,
    spiked: NDArray[np.uint8],
) -> None:
    """Advance one population, neurons ``first … last - 1``, by one step.

    ``input_current`` (channels, neurons) holds what arrives in this step and is cleared; ``increment`` (neurons,)
    is scratch; ``spiked`` (neurons,) is set to 1 where a spike was emitted, else 0.
    """
    membrane, current, adaptation, refractory = state
    for i in range(first, last):
        increment[i] = 0.0
    for channel in range(current.shape[0]):
        decay = constants.decay_current[population, channel]
        response = constants.current_to_membrane[population, channel]
        for i in range(first, last):
            increment[i] += current[channel, i] * response
            current[channel, i] = current[channel, i] * decay + input_current[channel, i]
            input_current[channel, i] = 0.0

    decay = constants.decay_membrane[population]
    decay_adaptation = constants.decay_adaptation[population]
    target = constants.resting[population] + drive
    threshold = constants.threshold[population]
    reset = constants.reset[population]
    jump = constants.adaptation[population]
    refractory_steps = constants.refractory_steps[population]
    for i in range(first, last):
        free = refractory[i] == 0
        moved = target + (membrane[i] - target) * decay + increment[i]
        v = moved if free else reset
        a = adaptation[i] * decay_adaptation
        fires = free and v >= threshold + a
        membrane[i] = reset if fires else v
        adaptation[i] = a + jump if fires else a
        refractory[i] = refractory_steps if fires else max(refractory[i] - 1, 0)
        spiked[i] = fires
