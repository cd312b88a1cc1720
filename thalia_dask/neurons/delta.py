"""Leaky integrate-and-fire neurons whose membrane jumps at every synaptic event.

    tau_m dV/dt = -(V - E_L) + I_drive + tau_m sum_k w_k delta(t - t_k)     (mV)

A spike is emitted when V >= V_th; V is then held at V_reset for the refractory period, in which input is lost. The
neuron of Brunel (2000), J. Comput. Neurosci. 8:183, eqs. 1-3, in the order of updates of NEST's ``iaf_psc_delta``.

It is the current-based neuron of :mod:`thalia_dask.neurons.lif` with currents that last for one step, in which they
move the membrane by all of the efficacy, so it has no step of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from thalia_dask.declared import NonNegative
from thalia_dask.neurons.base import N_CHANNELS, Neuron
from thalia_dask.neurons.lif import LIFParams, membrane_decay


@dataclass(frozen=True, slots=True)
class DeltaLIFParams(Neuron):
    """Parameters of a population; efficacies are in mV. Defaults: Brunel (2000)."""

    code: ClassVar[int] = LIFParams.code
    jumps: ClassVar[bool] = True
    tau_membrane_ms: Annotated[float, "time constant tau_m of the membrane, ms"] = 20.0
    resting_mv: Annotated[float, "resting potential E_L, mV"] = 0.0
    threshold_mv: Annotated[float, "threshold V_th without adaptation, mV"] = 20.0
    reset_mv: Annotated[float, "potential V_reset in the refractory period, mV"] = 10.0
    refractory_ms: Annotated[NonNegative, "refractory period, ms"] = 2.0
    adaptation_mv: Annotated[float, "what a spike adds to the threshold, mV"] = 0.0
    tau_adaptation_ms: Annotated[float, "time constant of the threshold's adaptation, ms"] = 100.0

    @property
    def spike_adaptation(self) -> float:
        return self.adaptation_mv

    def pack(self, dt_ms: float) -> list[float]:
        decay = membrane_decay(self.tau_membrane_ms, dt_ms)
        return [decay, 1.0, 1.0, 1.0 / decay, *[0.0] * N_CHANNELS]
