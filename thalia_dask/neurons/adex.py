"""Adaptive exponential integrate-and-fire neurons with exponential synaptic conductances.

    C dV/dt = -g_L (V - E_L) + g_L D exp((V - V_T) / D) - g_exc (V - E_exc) - g_inh (V - E_inh) - w + g_L I_drive
    tau_w dw/dt = a (V - E_L) - w                                           (adaptation current, pA)
    tau_s dg_s/dt = -g_s + tau_s sum_k w_k delta(t - t_k)                   (s in exc, inh; nS)

A spike is emitted when V reaches V_th (V_peak); w then grows by b, V is held at V_reset for the refractory period.
Brette & Gerstner (2005), J. Neurophysiol. 94:3637, eqs. 2-3 and table 1, whose parameters are the defaults; the order
of updates is that of NEST's ``aeif_cond_exp``. A neuron without refractory period begins at V_reset at the end of the
step in which it spiked, in NEST at the instant of its spike.

Conductances are exact. V and w take Runge-Kutta steps of fourth order: of at most 0.1 ms, above V_T a quarter of
that. In the end V runs away, but u = exp((V_T - V) / D) passes the threshold as calmly as a straight line,

    du/dt = -g_L / C - u F(V, w) / (D C)        (F: all currents of dV/dt but the exponential)

so from V_T + 3 D on, u is stepped instead of V. All of that is in double precision.
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
from thalia_dask.neurons.base import (
    ADAPTATION,
    DECAY_ADAPTATION,
    EXCITATORY,
    FIRST_OWN,
    INHIBITORY,
    RESET,
    RESTING,
    THRESHOLD,
    Neuron,
    NeuronState,
)

(LEAK, PER_PF, SLOPE, RHEOBASE, REVERSAL_EXC, REVERSAL_INH, COUPLING, PER_TAU_ADAPTATION,
 DECAY_EXC, DECAY_INH, SUBSTEPS, AT_THRESHOLD, RUNAWAY) = range(FIRST_OWN, FIRST_OWN + 13)  # fmt: skip
LONGEST_STEP_MS, FINE = 0.1, 4
"""The longest Runge-Kutta step, and into how many it is cut above V_T; ``PER_`` constants are of a fine step."""


@dataclass(frozen=True, slots=True)
class AdExParams(Neuron):
    """Parameters of a population; efficacies are in nS, positive in both channels."""

    code: ClassVar[int] = 2
    channels: ClassVar[tuple[int, ...]] = (EXCITATORY, INHIBITORY)
    takes_conductances: ClassVar[bool] = True
    adapts_threshold: ClassVar[bool] = False
    capacitance_pf: Annotated[float, "capacitance C, pF"] = 281.0
    leak_ns: Annotated[NonNegative, "leak conductance g_L, nS"] = 30.0
    resting_mv: Annotated[float, "resting potential E_L, mV"] = -70.6
    rheobase_threshold_mv: Annotated[float, "potential V_T from which on the spike grows by itself, mV"] = -50.4
    slope_mv: Annotated[float, "slope D of the exponential, mV"] = 2.0
    threshold_mv: Annotated[float, "potential V_th at which a spike is cut off, mV"] = 0.0
    reset_mv: Annotated[float, "potential V_reset in the refractory period, mV"] = -70.6
    refractory_ms: Annotated[NonNegative, "refractory period, ms"] = 2.0
    reversal_excitatory_mv: Annotated[float, "reversal potential E_exc of excitation, mV"] = 0.0
    reversal_inhibitory_mv: Annotated[float, "reversal potential E_inh of inhibition, mV"] = -85.0
    tau_excitatory_ms: Annotated[float, "time constant of the excitatory conductance, ms"] = 5.0
    tau_inhibitory_ms: Annotated[float, "time constant of the inhibitory conductance, ms"] = 10.0
    coupling_ns: Annotated[float, "coupling a of the adaptation current to the membrane, nS"] = 4.0
    adaptation_pa: Annotated[float, "what a spike adds to the adaptation current (b), pA"] = 80.5
    tau_adaptation_ms: Annotated[float, "time constant tau_w of the adaptation current, ms"] = 144.0

    @property
    def spike_adaptation(self) -> float:
        return self.adaptation_pa

    def pack(self, dt_ms: float) -> list[float]:
        if not self.slope_mv > 0.0 or not self.threshold_mv > self.rheobase_threshold_mv:
            raise ConfigError(
                f"AdExParams has slope_mv {self.slope_mv:g} and threshold_mv {self.threshold_mv:g}, V_T is "
                f"{self.rheobase_threshold_mv:g}; write a slope above 0 and a threshold above V_T, "
                "or ConductanceLIFParams for neurons without a slope"
            )
        n_substeps = FINE * math.ceil(dt_ms / LONGEST_STEP_MS - 1e-9)
        substep_ms = dt_ms / n_substeps
        return [
            self.leak_ns,
            substep_ms / self.capacitance_pf,
            self.slope_mv,
            self.rheobase_threshold_mv,
            self.reversal_excitatory_mv,
            self.reversal_inhibitory_mv,
            self.coupling_ns,
            substep_ms / self.tau_adaptation_ms,
            *(math.exp(-dt_ms / tau) for tau in (self.tau_excitatory_ms, self.tau_inhibitory_ms)),
            n_substeps,
            math.exp((self.rheobase_threshold_mv - self.threshold_mv) / self.slope_mv),
            self.rheobase_threshold_mv + 3.0 * self.slope_mv,
        ]


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
    """Advance neurons ``first … last - 1`` by one step, see :func:`thalia_dask.neurons.lif.step`.

    ``state.adaptation`` is w, pA; what a spike adds to it is added by ``models.fire``.
    """
    membrane, refractory, fires = state.membrane[first:last], state.refractory[first:last], spiked[first:last]
    excitatory, inhibitory = state.current[EXCITATORY][first:last], state.current[INHIBITORY][first:last]
    adaptation, c = state.adaptation[first:last], constants
    at_reset = c[COUPLING] * (c[RESET] - c[RESTING])
    half = 0.5 / c[SUBSTEPS]
    fine = float(c[DECAY_EXC]) ** half, float(c[DECAY_INH]) ** half
    coarse = fine[0] ** FINE, fine[1] ** FINE
    for i in range(membrane.shape[0]):
        fires[i] = 0
        if refractory[i] <= now:
            v, w, unspent = _moved(membrane[i], adaptation[i], excitatory[i], inhibitory[i], drive, fine, coarse, c)
            if v >= c[THRESHOLD]:
                fires[i] = 1
                after = at_reset + (w + c[ADAPTATION] - at_reset) * math.exp(-unspent * c[PER_TAU_ADAPTATION])
                w = after - c[ADAPTATION]
            membrane[i] = v
            adaptation[i] = w
        else:
            membrane[i] = c[RESET]
            adaptation[i] = at_reset + (adaptation[i] - at_reset) * c[DECAY_ADAPTATION]
        excitatory[i] *= c[DECAY_EXC]
        inhibitory[i] *= c[DECAY_INH]


@kernel
def _moved(
    membrane: float, adaptation: float, excitatory: float, inhibitory: float, drive: float,
    fine: tuple[float, float], coarse: tuple[float, float], c: Floats,
) -> tuple[float, float, float]:  # fmt: skip
    """V and w after a step or at the spike, if there is one, and how many fine steps were left then.

    ``fine`` and ``coarse`` are what is left of both conductances after half a step of either kind.
    """
    v, w, exc, inh = float(membrane), float(adaptation), float(excitatory), float(inhibitory)
    left = int(c[SUBSTEPS])
    while left > 0:
        is_fine = v > c[RHEOBASE] or left % FINE != 0
        length = 1 if is_fine else FINE
        half_exc, half_inh = fine if is_fine else coarse
        mid_exc, mid_inh = exc * half_exc, inh * half_inh
        end_exc, end_inh = mid_exc * half_exc, mid_inh * half_inh
        runs = v > c[RUNAWAY]
        y = math.exp((c[RHEOBASE] - v) / c[SLOPE]) if runs else v
        y1, w1 = _slopes(runs, y, w, exc, inh, drive, c)
        y2, w2 = _slopes(runs, y + 0.5 * length * y1, w + 0.5 * length * w1, mid_exc, mid_inh, drive, c)
        y3, w3 = _slopes(runs, y + 0.5 * length * y2, w + 0.5 * length * w2, mid_exc, mid_inh, drive, c)
        y4, w4 = _slopes(runs, y + length * y3, w + length * w3, end_exc, end_inh, drive, c)
        dy = length * (y1 + 2.0 * (y2 + y3) + y4) / 6.0
        dw = length * (w1 + 2.0 * (w2 + w3) + w4) / 6.0
        before, v = v, _potential(runs, y + dy, c)
        if v >= c[THRESHOLD]:
            passed = length * ((c[AT_THRESHOLD] if runs else c[THRESHOLD]) - y) / dy
            mean = before + c[SLOPE]  # of V, while u falls to 0 in a straight line
            w += passed * (c[COUPLING] * (mean - c[RESTING]) - w) * c[PER_TAU_ADAPTATION]
            return v, w, left - passed
        w += dw
        exc, inh = end_exc, end_inh
        left -= length
    return v, w, 0.0


@kernel
def _potential(runs: bool, y: float, c: Floats) -> float:  # noqa: FBT001
    """V, at most V_th, from what is stepped: u if V ``runs`` away, else V itself."""
    if not runs:
        return min(y, float(c[THRESHOLD]))
    return float(c[THRESHOLD]) if y <= c[AT_THRESHOLD] else c[RHEOBASE] - c[SLOPE] * math.log(y)


@kernel
def _slopes(
    runs: bool,  # noqa: FBT001
    y: float,
    w: float,
    exc: float,
    inh: float,
    drive: float,
    c: Floats,
) -> tuple[float, float]:
    """What u or V, and w, change by in a fine step."""
    v = _potential(runs, y, c)
    current = c[LEAK] * (c[RESTING] + drive - v) + exc * (c[REVERSAL_EXC] - v) + inh * (c[REVERSAL_INH] - v) - w
    dw = (c[COUPLING] * (v - c[RESTING]) - w) * c[PER_TAU_ADAPTATION]
    if runs:
        return -c[PER_PF] * (c[LEAK] + y * current / c[SLOPE]), dw
    return c[PER_PF] * (c[LEAK] * c[SLOPE] * math.exp((v - c[RHEOBASE]) / c[SLOPE]) + current), dw
