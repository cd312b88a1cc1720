"""Oja's rule: Hebbian growth with a decay that keeps the efficacies of a cell near unit length.

    post spike:  w += rate (w_mean x - y w)      x, y: traces of pre and post spikes, 1 at the reference rate

Oja (1982), J. Math. Biol. 15:267, eq. 3. A cell spikes in proportion to y, so that on average the change is rate
(w_mean x y - y^2 w), in units of the mean initial efficacy w_mean: the efficacies turn towards the first principal
component of the rates (not taken from their mean), and the sum of (w / w_mean)^2 towards 1 for a linear cell with y
= sum_i x_i w_i / w_mean. Gated by theta and acetylcholine it encodes at one phase of theta only: Hasselmo, Bodelón
& Wyble (2002), Neural Comput. 14:793.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from thalia_dask.declared import Positive
from thalia_dask.jit import inlined
from thalia_dask.plasticity.base import FIRST_OWN, POST, PRE, PlasticTable, Rule, bounded, decay, expect, incoming
from thalia_dask.synapses.table import SynapseTable

RATE, MEAN, LARGEST, PRE_UNIT, POST_UNIT = range(FIRST_OWN, FIRST_OWN + 5)


@dataclass(frozen=True, slots=True)
class Oja(Rule):
    """Growth with a decay, of the afferents of a cell that fires."""

    code: ClassVar[int] = 3
    at_axon: ClassVar[bool] = False
    tau_pre_ms: Annotated[float, "time constant of x, ms"] = 20.0
    tau_post_ms: Annotated[float, "time constant of y, ms"] = 20.0
    rate: Annotated[float, "learning rate, for each post spike"] = 0.005
    reference_hz: Annotated[Positive, "the rate at which x and y are 1 on average, Hz"] = 20.0
    largest: Annotated[Positive, "bound of an efficacy, in units of the mean initial one"] = 4.0

    def pack(self, dt_ms: float, mean_weight: float, total_weight: float) -> list[float]:  # noqa: ARG002
        return [
            decay(self.tau_pre_ms, dt_ms),
            decay(self.tau_post_ms, dt_ms),
            self.rate,
            mean_weight,
            self.largest * mean_weight,
            1000.0 / (self.tau_pre_ms * self.reference_hz),
            1000.0 / (self.tau_post_ms * self.reference_hz),
        ]


@inlined
def learn(plastic: PlasticTable, connection: int, cell: int, gate: float, synapses: SynapseTable) -> None:
    """Turn the efficacies onto a cell that fires towards its input."""
    params, fade = plastic.params[connection], plastic.fade[connection]
    largest, rate = params[LARGEST], gate * params[RATE]
    growth = rate * params[MEAN] * params[PRE_UNIT] * fade[PRE]
    decay = rate * params[POST_UNIT] * fade[POST] * plastic.post[cell]
    places, axons = incoming(plastic, cell)
    for i in range(places.shape[0]):
        expect(synapses.weight, places, i)
        k = places[i]
        w = synapses.weight[k]
        synapses.weight[k] = bounded(w + growth * plastic.pre[axons[i]] - decay * w, largest)
