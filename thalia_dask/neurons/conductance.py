"""Leaky integrate-and-fire neurons with exponential synaptic conductances.

    C dV/dt = -g_L (V - E_L) - g_exc (V - E_exc) - g_inh (V - E_inh) + g_L I_drive
    tau_s dg_s/dt = -g_s + tau_s sum_k w_k delta(t - t_k)                   (s in exc, inh; nS)

A spike is emitted when V >= V_th; V is then held at V_reset for the refractory period. The neuron and the default
parameters are those of Vogels & Abbott (2005), J. Neurosci. 25:10786, as the COBA benchmark of Brette et al. (2007),
J. Comput. Neurosci. 23:349, appendix 2; the order of updates is that of NEST's ``iaf_cond_exp``.

Conductances are exact. Given them the membrane equation is linear, and is solved by the Magnus expansion to fourth
order: Blanes, Casas, Oteo & Ros (2009), Phys. Rep. 470:151, eqs. 43-44 and section 5.2. Its exponential is a (2, 2)
Padé approximant, which costs one division, and beyond a conductance of C / 4 in a step (500 nS for the defaults and
steps of 0.1 ms) that of :func:`response`, which is accurate and stable for any. In such a flood, where the membrane
follows V_inf(t) = b / a, the second term of the expansion acts as a V_inf does that moves in a straight line: then
errors are those of its bend within a step, for the defaults 0.02 mV at most with steps of 1 ms, 0.0006 with 0.1 ms.
Time constants of conductances should be longer than a step.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar, cast

import numpy as np
from numpy.typing import NDArray

from thalia_dask.declared import NonNegative
from thalia_dask.jit import Floats, inlined, kernel
from thalia_dask.neurons.base import (
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

(LEAK, REVERSAL_EXC, REVERSAL_INH, MEAN_EXC, MEAN_INH, DECAY_EXC, DECAY_INH, SLOPE_EXC, SLOPE_INH) = range(
    FIRST_OWN, FIRST_OWN + 9
)
_HALF, _TWELFTH, _ONE = (cast("float", np.float32(value)) for value in (1 / 2, 1 / 12, 1))
_TENTH, _SIXTIETH, _3_5TH, _3_20TH = (cast("float", np.float32(value)) for value in (1 / 10, 1 / 60, 3 / 5, 3 / 20))
_MINUS_SIXTEENTH, _3_4TH, _4TH = (cast("float", np.float32(value)) for value in (-1 / 16, 3 / 4, 1 / 4))
"""Constants that leave single precision as it is."""
FLOODED = cast("float", np.float32(1 / 4))
"""The conductance times dt / C from which on :func:`response` is needed: the Padé approximant errs by 1e-6 there."""
_AT_ONCE = 512
"""Neurons that are looked through together for one that is flooded."""


@dataclass(frozen=True, slots=True)
class ConductanceLIFParams(Neuron):
    """Parameters of a population; efficacies are in nS.

    They are positive in both channels; the reversal potential makes one of them inhibit.
    """

    code: ClassVar[int] = 1
    channels: ClassVar[tuple[int, ...]] = (EXCITATORY, INHIBITORY)
    takes_conductances: ClassVar[bool] = True
    capacitance_pf: Annotated[float, "capacitance C, pF"] = 200.0
    leak_ns: Annotated[NonNegative, "leak conductance g_L, nS"] = 10.0
    resting_mv: Annotated[float, "resting potential E_L, mV"] = -60.0
    threshold_mv: Annotated[float, "threshold V_th without adaptation, mV"] = -50.0
    reset_mv: Annotated[float, "potential V_reset in the refractory period, mV"] = -60.0
    refractory_ms: Annotated[NonNegative, "refractory period, ms"] = 5.0
    reversal_excitatory_mv: Annotated[float, "reversal potential E_exc of excitation, mV"] = 0.0
    reversal_inhibitory_mv: Annotated[float, "reversal potential E_inh of inhibition, mV"] = -80.0
    tau_excitatory_ms: Annotated[float, "time constant of the excitatory conductance, ms"] = 5.0
    tau_inhibitory_ms: Annotated[float, "time constant of the inhibitory conductance, ms"] = 10.0
    adaptation_mv: Annotated[float, "what a spike adds to the threshold, mV"] = 0.0
    tau_adaptation_ms: Annotated[float, "time constant of the threshold's adaptation, ms"] = 100.0

    @property
    def spike_adaptation(self) -> float:
        return self.adaptation_mv

    def pack(self, dt_ms: float) -> list[float]:
        per_ns = dt_ms / self.capacitance_pf
        steps = [dt_ms / tau for tau in (self.tau_excitatory_ms, self.tau_inhibitory_ms)]
        return [
            per_ns * self.leak_ns,
            self.reversal_excitatory_mv,
            self.reversal_inhibitory_mv,
            *(per_ns * -math.expm1(-step) / step for step in steps),
            *(math.exp(-step) for step in steps),
            *(step / 12.0 for step in steps),
        ]


def flow(
    leak: Value, leak_f: Value,
    exc: Value, mean_exc: Value, e_exc: Value, slope_exc: Value,
    inh: Value, mean_inh: Value, e_inh: Value, slope_inh: Value,
) -> tuple[Value, Value, Value]:  # fmt: skip
    """What moves a membrane in a step: numbers in the kernel, tensors in ``neurons.on_torch``.

    With V' = -a(t) V + b(t): the integrals x and f of a and b over the step, and the second term of the expansion,
    (a b' - a' b) dt^3 / 12.
    """
    x_exc, x_inh = exc * mean_exc, inh * mean_inh
    x = leak + x_exc + x_inh
    f = leak_f + x_exc * e_exc + x_inh * e_inh
    falls_exc, falls_inh = x_exc * slope_exc, x_inh * slope_inh
    return x, f, (falls_exc + falls_inh) * f - (falls_exc * e_exc + falls_inh * e_inh) * x


def moved(v: Value, x: Value, f: Value, commutator: Value) -> Value:
    """The membrane after a step without a threshold, for x up to ``FLOODED``."""
    return v + (f + commutator - x * v) / (x * (x * _TWELFTH + _HALF) + _ONE)


def moved_by_flood(v: Value, x: Value, f: Value, commutator: Value, responses: tuple[Value, Value]) -> Value:
    """The membrane after a step without a threshold, for any x, with its :func:`response`."""
    to_constant, to_change = responses
    return v + (f - x * v) * to_constant + commutator * to_change


def response(x: Value) -> tuple[Value, Value]:
    """What a membrane makes of a constant force, p = (1 - exp(-x)) / x, and of one that moves in a straight line.

    That, s = 12 / x^2 ((1 + exp(-x)) / 2 - p), is 1 - x / 2 for small x as p is, and 6 / x^2 for large. Both begin as
    (2, 3) Padé approximants at x / 8, with the same denominator, and are doubled three times, y to 2 y, by letting
    one step follow another: exact to 1e-6 of either for any x.
    """
    y = x * (_HALF * _4TH)
    above = y * _TENTH + _ONE
    below = ((y * _SIXTIETH + _3_20TH) * y + _3_5TH) * y + _ONE
    p, s = (y * y * _SIXTIETH + above) / below, above / below
    minus_half = x * _MINUS_SIXTEENTH
    for _ in range(3):
        mean = minus_half * p + _ONE  # of 1 and exp(-y)
        s = p * p * _3_4TH + mean * s * _4TH
        p = p * mean
        minus_half = minus_half + minus_half
    return p, s


flow_kernel, response_kernel, flood_kernel, _moved = (
    kernel(flow),
    kernel(response),
    kernel(moved_by_flood),
    kernel(moved),
)


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
    """Advance neurons ``first … last - 1`` by one step, see :func:`thalia_dask.neurons.lif.step`."""
    for begin in range(first, last, _AT_ONCE):
        end = min(begin + _AT_ONCE, last)
        if _any_flooded(begin, end, constants, state):
            _advance(True, now, begin, end, drive, constants, state, spiked)  # noqa: FBT003
        else:
            _advance(False, now, begin, end, drive, constants, state, spiked)  # noqa: FBT003


@kernel
def _any_flooded(first: int, last: int, constants: Floats, state: NeuronState) -> bool:
    excitatory, inhibitory = state.current[EXCITATORY][first:last], state.current[INHIBITORY][first:last]
    leak, mean_exc, mean_inh = constants[LEAK], constants[MEAN_EXC], constants[MEAN_INH]
    flooded = False
    for i in range(excitatory.shape[0]):
        flooded |= leak + excitatory[i] * mean_exc + inhibitory[i] * mean_inh > FLOODED
    return flooded


@inlined
def _advance(
    any_flooded: bool,  # noqa: FBT001
    now: np.int32,
    first: int,
    last: int,
    drive: float,
    constants: Floats,
    state: NeuronState,
    spiked: NDArray[np.uint8],
) -> None:
    """Advance neurons; of ``any_flooded``, which is a literal, there are two loops, and the usual one is short."""
    membrane, refractory, fires = state.membrane[first:last], state.refractory[first:last], spiked[first:last]
    excitatory, inhibitory = state.current[EXCITATORY][first:last], state.current[INHIBITORY][first:last]
    threshold, reset, leak = constants[THRESHOLD], constants[RESET], constants[LEAK]
    leak_f = leak * (constants[RESTING] + drive)
    e_exc, e_inh = constants[REVERSAL_EXC], constants[REVERSAL_INH]
    mean_exc, mean_inh = constants[MEAN_EXC], constants[MEAN_INH]
    decay_exc, decay_inh = constants[DECAY_EXC], constants[DECAY_INH]
    slope_exc, slope_inh = constants[SLOPE_EXC], constants[SLOPE_INH]
    for i in range(membrane.shape[0]):
        x, f, commutator = flow_kernel(
            leak, leak_f,
            excitatory[i], mean_exc, e_exc, slope_exc,
            inhibitory[i], mean_inh, e_inh, slope_inh,
        )  # fmt: skip
        v = _moved(membrane[i], x, f, commutator)
        if any_flooded:
            v = flood_kernel(membrane[i], x, f, commutator, response_kernel(x)) if x > FLOODED else v
        free = refractory[i] <= now
        v = v if free else reset
        membrane[i] = v
        excitatory[i] *= decay_exc
        inhibitory[i] *= decay_inh
        fires[i] = free & (v >= threshold)
