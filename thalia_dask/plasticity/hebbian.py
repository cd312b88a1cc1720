"""Gated Hebbian learning that moves a cell's afferent efficacies towards the pattern that made it fire.

    post spike:  w += rate gate (w_max x - w)     x: 1 at a pre spike, then decaying

The instar rule of Grossberg (1976), Biol. Cybern. 23:121, eq. 8: Hebb's product x y with Oja's decay, gated by the
post spike; efficacies stay within [0, w_max]. The gate is the theta phase and acetylcholine: Hasselmo, Bodelón &
Wyble (2002), Neural Comput. 14:793.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from thalia_dask.declared import Positive
from thalia_dask.jit import inlined
from thalia_dask.plasticity.base import FIRST_OWN, PRE, PlasticTable, Rule, bounded, decay, expect, incoming
from thalia_dask.synapses.table import SynapseTable

RATE, LARGEST = range(FIRST_OWN, FIRST_OWN + 2)


@dataclass(frozen=True, slots=True)
class Hebbian(Rule):
    """Afferents of a cell that fires move towards the pattern that made it fire."""

    code: ClassVar[int] = 1
    at_axon: ClassVar[bool] = False
    tau_pre_ms: Annotated[float, "time constant of x, ms"] = 20.0
    rate: Annotated[float, "share of the way to w_max x that an efficacy goes at a post spike"] = 0.02
    largest: Annotated[Positive, "bound w_max, in units of the mean initial efficacy"] = 3.0

    def pack(self, dt_ms: float, mean_weight: float, total_weight: float) -> list[float]:  # noqa: ARG002
        kept = decay(self.tau_pre_ms, dt_ms)
        return [kept, kept, self.rate, self.largest * mean_weight]


@inlined
def potentiate(plastic: PlasticTable, connection: int, cell: int, gate: float, synapses: SynapseTable) -> None:
    """Move the efficacies onto a cell that fires towards the traces of their axons."""
    rate = gate * plastic.params[connection, RATE]
    largest, fade = plastic.params[connection, LARGEST], plastic.fade[connection, PRE]
    places, axons = incoming(plastic, cell)
    for i in range(places.shape[0]):
        expect(synapses.weight, places, i)
        k = places[i]
        w = synapses.weight[k]
        x = fade * plastic.pre[axons[i]]
        synapses.weight[k] = bounded(w + rate * (largest * x - w), largest)
