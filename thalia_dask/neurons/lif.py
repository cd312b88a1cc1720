"""Leaky integrate-and-fire neurons with exponential synaptic currents and an adaptive threshold.

    tau_m dV/dt = -(V - E_L) + I_exc + I_inh + I_slow + I_drive         (membrane potential, mV)
    tau_s dI_s/dt = -I_s + tau_s sum_k w_k delta(t - t_k)               (s in exc, inh, slow; mV)
    tau_a da/dt = -a + r min(V - E_L, 0) + tau_a b sum_spikes delta(t - t_spike)    (threshold adaptation, mV)

A spike is emitted when V >= V_th + a; V is then held at V_reset for the refractory period. Currents are written
as the voltage they would produce at rest (R I), so efficacies are in mV and no capacitance is needed.

The subthreshold dynamics are linear and integrated exactly: Rotter & Diesmann (1999), Biol. Cybern. 81:381,
eqs. 3-10; the order of updates within a step is that of NEST's ``iaf_psc_exp``. The adaptive threshold is the
homeostasis of Diehl & Cook (2015), Front. Comput. Neurosci. 9:99, section 2.2. With r > 0 it falls while the membrane
is held below rest, so a cell that is let go answers with a burst, as a calcium current of low threshold lets relay
cells do: Smith, Cox, Sherman & Rinzel (2000), J. Neurophysiol. 83:588, whose slow variable h recovers below a
potential in the same way; here it lowers the threshold instead of adding a current.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray

from thalia_dask.declared import NonNegative
from thalia_dask.errors import ConfigError
from thalia_dask.jit import Floats, kernel
from thalia_dask.neurons.base import EXCITATORY as EXCITATORY
from thalia_dask.neurons.base import FIRST_OWN, N_CHANNELS, RESET, RESTING, THRESHOLD, Neuron, NeuronState, Value
from thalia_dask.neurons.base import INHIBITORY as INHIBITORY
from thalia_dask.neurons.base import SLOW as SLOW

DECAY, RESPONSE = FIRST_OWN, FIRST_OWN + 1
DECAY_CURRENT = RESPONSE + N_CHANNELS
"""Columns of the constants; the last two begin one column for each channel."""
_MOST_PER_STEP = 80
"""Time constants in a step: exp(-80), and a number divided by it, are float32."""


@dataclass(frozen=True, slots=True)
class LIFParams(Neuron):
    """Parameters of a population; efficacies are in mV."""

    code: ClassVar[int] = 0
    tau_membrane_ms: Annotated[float, "time constant tau_m of the membrane, ms"] = 20.0
    resting_mv: Annotated[float, "resting potential E_L, mV"] = -65.0
    threshold_mv: Annotated[float, "threshold V_th without adaptation, mV"] = -50.0
    reset_mv: Annotated[float, "potential V_reset in the refractory period, mV"] = -60.0
    refractory_ms: Annotated[NonNegative, "refractory period, ms"] = 2.0
    tau_excitatory_ms: Annotated[float, "time constant of the fast excitatory current, ms"] = 5.0
    tau_inhibitory_ms: Annotated[float, "time constant of the inhibitory current, ms"] = 10.0
    tau_slow_ms: Annotated[float, "time constant of the slow excitatory current, ms"] = 100.0
    adaptation_mv: Annotated[float, "what a spike adds to the threshold (b), mV"] = 0.0
    tau_adaptation_ms: Annotated[float, "time constant tau_a of the threshold's adaptation, ms"] = 100.0
    rebound: Annotated[float, "fall of the threshold with a membrane below rest (r), mV for each mV"] = 0.0

    @property
    def spike_adaptation(self) -> float:
        return self.adaptation_mv

    @property
    def threshold_rebound(self) -> float:
        return self.rebound

    def pack(self, dt_ms: float) -> list[float]:
        taus = (self.tau_excitatory_ms, self.tau_inhibitory_ms, self.tau_slow_ms)
        decay = membrane_decay(self.tau_membrane_ms, dt_ms)
        response = [_membrane_response(tau, self.tau_membrane_ms, dt_ms) for tau in taus]
        response[SLOW] /= decay  # the slow current moves the membrane before the membrane decays
        return [decay, *response, *(math.exp(-dt_ms / tau) for tau in taus)]


def membrane_decay(tau_membrane_ms: float, dt_ms: float) -> float:
    """What is left of a membrane potential after a step.

    Raises
    ------
    ConfigError : if it is nothing: a slow current, which acts before the decay, is divided by it.
    """
    if dt_ms > _MOST_PER_STEP * tau_membrane_ms:
        raise ConfigError(
            f"neuron.tau_membrane_ms is {tau_membrane_ms:g}, too short for steps of dt_ms = {dt_ms:g}; "
            f"write {dt_ms / _MOST_PER_STEP:g} or more"
        )
    return math.exp(-dt_ms / tau_membrane_ms)


def _membrane_response(tau_synapse: float, tau_membrane: float, dt: float) -> float:
    """Membrane potential one step after a unit current (Rotter & Diesmann 1999, eq. 10; limit for equal taus)."""
    if math.isclose(tau_synapse, tau_membrane, rel_tol=1e-9):
        return dt / tau_membrane * math.exp(-dt / tau_membrane)
    ratio = tau_synapse / (tau_synapse - tau_membrane)
    return ratio * (math.exp(-dt / tau_synapse) - math.exp(-dt / tau_membrane))


def moved(
    v: Value, target: Value, decay: Value, exc: Value, response_exc: Value, inh: Value, response_inh: Value
) -> Value:
    """The membrane after a step without a threshold: numbers in the kernel, tensors in ``neurons.on_torch``."""
    return target + (v - target) * decay + exc * response_exc + inh * response_inh


_moved = kernel(moved)


@kernel
def step(
    now: np.int32,
    first: int,
    last: int,
    drive: float,
    constants: Floats,
    state: NeuronState,
    spiked: NDArray[np.uint8],
) -> None:
    """Advance neurons ``first … last - 1`` by one step; ``spiked`` (neurons,) is set to 1 where V crosses, else 0.

    ``constants`` (N_CONSTANTS,) are those of the population, ``drive`` is a tonic current in mV.
    """
    membrane, refractory, fires = state.membrane[first:last], state.refractory[first:last], spiked[first:last]
    if state.current.shape[0] > SLOW:
        _add_slow(membrane, state.current[SLOW][first:last], constants)
    excitatory, inhibitory = state.current[EXCITATORY][first:last], state.current[INHIBITORY][first:last]
    target, decay = constants[RESTING] + drive, constants[DECAY]
    threshold, reset = constants[THRESHOLD], constants[RESET]
    response_exc, response_inh = constants[RESPONSE + EXCITATORY], constants[RESPONSE + INHIBITORY]
    decay_exc, decay_inh = constants[DECAY_CURRENT + EXCITATORY], constants[DECAY_CURRENT + INHIBITORY]
    for i in range(membrane.shape[0]):
        v = _moved(membrane[i], target, decay, excitatory[i], response_exc, inhibitory[i], response_inh)
        free = refractory[i] <= now
        v = v if free else reset
        membrane[i] = v
        excitatory[i] *= decay_exc
        inhibitory[i] *= decay_inh
        fires[i] = free & (v >= threshold)


@kernel
def _add_slow(membrane: Floats, slow: Floats, constants: Floats) -> None:
    response, decay = constants[RESPONSE + SLOW], constants[DECAY_CURRENT + SLOW]
    for i in range(membrane.shape[0]):
        membrane[i] += slow[i] * response
        slow[i] *= decay
