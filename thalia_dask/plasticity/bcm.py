"""The rule of Bienenstock, Cooper & Munro: a threshold between depression and potentiation that slides with activity.

    post spike:  w += rate w_mean x (y - theta)     x, y: traces of pre and post spikes, 1 at the reference rate
    always:      tau_theta dtheta/dt = -theta + y^2

Bienenstock, Cooper & Munro (1982), J. Neurosci. 2:32, with the threshold as the mean of the squared activity:
Intrator & Cooper (1992), Neural Netw. 5:3. A cell spikes in proportion to y, so that on average the change is rate
w_mean x y (y - theta); in the same way y^2 is gathered at post spikes, each of which adds y / (tau_theta r), r
being the reference rate. A cell that answers two inputs in turn comes to answer one of them only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

from thalia_dask.declared import Positive
from thalia_dask.jit import inlined
from thalia_dask.plasticity.base import FIRST_OWN, POST, PRE, PlasticTable, Rule, bounded, decay, expect, incoming
from thalia_dask.synapses.table import SynapseTable

RATE, LARGEST, PRE_UNIT, POST_UNIT, SLIDE, GATHERED = range(FIRST_OWN, FIRST_OWN + 6)


@dataclass(frozen=True, slots=True)
class BCM(Rule):
    """Depression below the sliding threshold, and potentiation above it."""

    code: ClassVar[int] = 4
    at_axon: ClassVar[bool] = False
    tau_pre_ms: Annotated[float, "time constant of x, ms"] = 20.0
    tau_post_ms: Annotated[float, "time constant of y, ms"] = 100.0
    tau_threshold_ms: Annotated[float, "time constant tau_theta of the threshold, ms"] = 2000.0
    rate: Annotated[float, "learning rate, for each post spike"] = 0.001
    reference_hz: Annotated[Positive, "the rate r at which x and y are 1 on average, Hz"] = 20.0
    largest: Annotated[Positive, "bound of an efficacy, in units of the mean initial one"] = 4.0

    def pack(self, dt_ms: float, mean_weight: float, total_weight: float) -> list[float]:  # noqa: ARG002
        return [
            decay(self.tau_pre_ms, dt_ms),
            decay(self.tau_post_ms, dt_ms),
            self.rate * mean_weight,
            self.largest * mean_weight,
            1000.0 / (self.tau_pre_ms * self.reference_hz),
            1000.0 / (self.tau_post_ms * self.reference_hz),
            dt_ms / self.tau_threshold_ms,
            1000.0 / (self.tau_threshold_ms * self.reference_hz),
        ]


@inlined
def learn(plastic: PlasticTable, connection: int, cell: int, step: int, gate: float, synapses: SynapseTable) -> None:
    """Change the efficacies onto a cell that fires by its activity against its threshold; then slide that."""
    params, fade = plastic.params[connection], plastic.fade[connection]
    y = params[POST_UNIT] * fade[POST] * plastic.post[cell]
    theta = plastic.slow[cell] * math.exp(-params[SLIDE] * (step - plastic.tagged[cell]))
    plastic.slow[cell] = theta + params[GATHERED] * y
    plastic.tagged[cell] = step
    largest, change = params[LARGEST], gate * params[RATE] * params[PRE_UNIT] * fade[PRE] * (y - theta)
    places, axons = incoming(plastic, cell)
    for i in range(places.shape[0]):
        expect(synapses.weight, places, i)
        k = places[i]
        synapses.weight[k] = bounded(synapses.weight[k] + change * plastic.pre[axons[i]], largest)
