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

A flood of conductance moves V faster than such steps can follow. Where it is more than C / 4 in a step (700 nS for
the defaults), steps are fine; where it is more than C / 2 in a fine step, V is solved as that of
:mod:`thalia_dask.neurons.conductance`, with the exponential current as its mean while V moves in a straight line; and
where u would lose more than itself in a fine step, it falls as an exponential function does. Membranes that are
flooded below V_T are then within 0.003 mV of NEST's, which takes the steps that it needs, those that are caught in a
spike within 0.3 mV, and spikes come within 0.002 ms of the equations.

C / g_L and tau_w must be as long as a step at least. w is kept in single precision, so a tau_w of more than some 1e5
steps loses its length.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

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
    Value,
)
from thalia_dask.neurons.conductance import flood_kernel, flow_kernel, response_kernel

(LEAK, PER_PF, SLOPE, RHEOBASE, REVERSAL_EXC, REVERSAL_INH, COUPLING, PER_TAU_ADAPTATION,
 DECAY_EXC, DECAY_INH, SUBSTEPS, AT_THRESHOLD, RUNAWAY) = range(FIRST_OWN, FIRST_OWN + 13)  # fmt: skip
LONGEST_STEP_MS, FINE = 0.1, 4
"""The longest Runge-Kutta step, and into how many it is cut above V_T; ``PER_`` constants are of a fine step."""
CALM, FLOODED, FALLING, NO_MOVE_MV = 0.25, 0.5, 1.0, 1e-6
"""The conductance times the length of a step / C up to which a step need not be fine, and up to which a fine one can
follow; the most that u may lose in one; and a move of V that is none."""


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
        self._check_time_constants(FINE * substep_ms, dt_ms)
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

    def _check_time_constants(self, step_ms: float, dt_ms: float) -> None:
        """Refuse what moves by itself faster than Runge-Kutta steps of ``step_ms`` can tell."""
        too_short = f"too short for the steps of {step_ms:g} ms that are taken for dt_ms = {dt_ms:g}; write"
        if self.capacitance_pf < step_ms * self.leak_ns:
            raise ConfigError(
                f"AdExParams has capacitance_pf {self.capacitance_pf:g} and leak_ns {self.leak_ns:g}, a time "
                f"constant of {self.capacitance_pf / self.leak_ns:g} ms, {too_short} a capacitance of "
                f"{step_ms * self.leak_ns:g} or more, or a smaller leak"
            )
        if self.tau_adaptation_ms < step_ms:
            raise ConfigError(
                f"AdExParams has tau_adaptation_ms {self.tau_adaptation_ms:g}, {too_short} {step_ms:g} or more"
            )


def course(half: Value) -> tuple[Value, Value]:
    """Mean of a conductance of 1 that falls to ``half`` in half of a step, and how much of that it falls by / 12."""
    mean = (half * (half + 4.0) + 1.0) / 6.0  # by Simpson's rule
    return mean, (half * half - 1.0) / (mean * -12.0)


def current(v: Value, w: Value, exc: Value, inh: Value, drive: float | Value, c: Any) -> Value:
    """All currents of dV/dt but the exponential, pA: of numbers in the kernel, of tensors in ``adex_on_torch``."""
    total: Value = c[LEAK] * (c[RESTING] + drive - v) + exc * (c[REVERSAL_EXC] - v) + inh * (c[REVERSAL_INH] - v) - w
    return total


def slope_of_adaptation(v: Value, w: Value, c: Any) -> Value:
    """What w changes by in a fine step."""
    slope: Value = (c[COUPLING] * (v - c[RESTING]) - w) * c[PER_TAU_ADAPTATION]
    return slope


_course, _current, _slope_of_adaptation = kernel(course), kernel(current), kernel(slope_of_adaptation)


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
    if v >= c[THRESHOLD]:  # where a population began: its exponential current may be beyond all numbers
        return v, w, float(left)
    while left > 0:
        load = c[PER_PF] * (c[LEAK] + exc + inh)
        is_fine = v > c[RHEOBASE] or left % FINE != 0 or FINE * load > CALM
        length, halves = (1, fine) if is_fine else (FINE, coarse)
        loss = c[PER_PF] * _current(v, w, exc, inh, drive, c) / c[SLOPE] if v > c[RUNAWAY] else 0.0
        floods, falls = load > FLOODED or loss < -FALLING, loss > FALLING
        runs = v > c[RUNAWAY] and (falls or not floods)
        y = math.exp((c[RHEOBASE] - v) / c[SLOPE]) if runs else v
        if falls:
            dy, dw = (y * loss + c[PER_PF] * c[LEAK]) * math.expm1(-loss) / loss, _slope_of_adaptation(v, w, c)
        elif floods:
            dy, dw = _flooded(v, w, exc, inh, drive, halves, c)
        else:
            dy, dw = _stepped(runs, length, y, w, exc, inh, drive, halves, c)
        before, v = v, _potential(runs, y + dy, c)
        if v >= c[THRESHOLD]:
            passed = length * ((c[AT_THRESHOLD] if runs else c[THRESHOLD]) - y) / dy
            mean = before + c[SLOPE]  # of V, while u falls to 0 in a straight line
            return v, w + passed * _slope_of_adaptation(mean, w, c), left - passed
        w += dw
        exc, inh = exc * halves[0] * halves[0], inh * halves[1] * halves[1]
        left -= length
    return v, w, 0.0


@kernel
def _stepped(
    runs: bool, length: int, y: float, w: float, exc: float, inh: float, drive: float,  # noqa: FBT001
    halves: tuple[float, float], c: Floats,
) -> tuple[float, float]:  # fmt: skip
    """What u or V, and w, change by in a Runge-Kutta step of ``length`` fine steps."""
    mid_exc, mid_inh = exc * halves[0], inh * halves[1]
    end_exc, end_inh = mid_exc * halves[0], mid_inh * halves[1]
    y1, w1 = _slopes(runs, y, w, exc, inh, drive, c)
    y2, w2 = _slopes(runs, y + 0.5 * length * y1, w + 0.5 * length * w1, mid_exc, mid_inh, drive, c)
    y3, w3 = _slopes(runs, y + 0.5 * length * y2, w + 0.5 * length * w2, mid_exc, mid_inh, drive, c)
    y4, w4 = _slopes(runs, y + length * y3, w + length * w3, end_exc, end_inh, drive, c)
    return length * (y1 + 2.0 * (y2 + y3) + y4) / 6.0, length * (w1 + 2.0 * (w2 + w3) + w4) / 6.0


@kernel
def _flooded(
    v: float, w: float, exc: float, inh: float, drive: float, halves: tuple[float, float], c: Floats
) -> tuple[float, float]:
    """What V and w change by in a fine step that is too long for Runge-Kutta: see :mod:`.conductance`.

    The exponential current is that at the beginning, then its mean while V moves in a straight line.
    """
    leak, slope = c[PER_PF] * float(c[LEAK]), float(c[SLOPE])
    (mean_exc, slope_exc), (mean_inh, slope_inh) = _course(halves[0]), _course(halves[1])
    x, f, commutator = flow_kernel(
        leak, leak * (c[RESTING] + drive) - c[PER_PF] * w,
        exc, c[PER_PF] * mean_exc, c[REVERSAL_EXC], slope_exc,
        inh, c[PER_PF] * mean_inh, c[REVERSAL_INH], slope_inh,
    )  # fmt: skip
    responses = response_kernel(x)
    before = leak * slope * math.exp((v - c[RHEOBASE]) / slope)
    guess = flood_kernel(v, x, f + before, commutator, responses)
    after = leak * slope * math.exp((min(guess, float(c[THRESHOLD])) - c[RHEOBASE]) / slope)
    mean = slope * (after - before) / (guess - v) if abs(guess - v) > NO_MOVE_MV else before
    dv = flood_kernel(v, x, f + mean, commutator, responses) - v
    return dv, -math.expm1(-c[PER_TAU_ADAPTATION]) * (c[COUPLING] * (v + 0.5 * dv - c[RESTING]) - w)


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
    other, dw = _current(v, w, exc, inh, drive, c), _slope_of_adaptation(v, w, c)
    if runs:
        return -c[PER_PF] * (c[LEAK] + y * other / c[SLOPE]), dw
    return c[PER_PF] * (c[LEAK] * c[SLOPE] * math.exp((v - c[RHEOBASE]) / c[SLOPE]) + other), dw
