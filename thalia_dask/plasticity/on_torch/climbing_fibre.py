"""Cerebellar learning in torch operations: ``plasticity.climbing_fibre``."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from thalia_dask.plasticity import climbing_fibre
from thalia_dask.plasticity.base import PRE
from thalia_dask.plasticity.on_torch.base import Learner, bounded


class ParallelFibreLearner(Learner):
    """A connection that climbing fibres teach."""

    def axons_fire(self, spikes: Tensor, now: Tensor) -> None:  # noqa: ARG002
        a = self.afferents
        rate, largest = a.gate * a.params[climbing_fibre.POTENTIATION], a.params[climbing_fibre.LARGEST]
        times, weights = spikes[a.axon], a.weight[a.synapse]
        stronger = bounded(largest - (largest - weights) * (1.0 - rate) ** times, largest)
        a.set_weights(torch.where(times > 0, stronger, weights))

    def be_taught(self, first_target: int, spikes: Tensor, gate: Tensor) -> None:
        """Depress by climbing spikes, float32 numbers, one for each neuron from ``first_target`` on.

        ``gate`` is that of the teacher, a factor besides one's own.
        """
        a = self.afferents
        first = max(first_target, a.first_target)
        last = min(first_target + len(spikes), a.first_target + a.n_cells)
        if first >= last:
            return
        times = torch.zeros(a.n_cells, dtype=torch.float32, device=spikes.device)
        times[first - a.first_target : last - a.first_target] = spikes[first - first_target : last - first_target]
        rate = gate * a.gate * a.params[climbing_fibre.DEPRESSION] * a.fade[PRE]
        largest = a.params[climbing_fibre.LARGEST]
        weights, left = a.weight[a.synapse], (1.0 - rate * a.pre[a.axon]).clamp(min=0.0) ** times[a.cell]
        a.set_weights(torch.where(times[a.cell] > 0, bounded(weights * left, largest), weights))


class ClimbingFibreLearner(Learner):
    """A connection that teaches its ``pupils``."""

    pupils: Sequence[ParallelFibreLearner] = ()

    def teach(self, spikes: Tensor) -> None:
        a = self.afferents
        climbing = torch.zeros(a.n_cells, dtype=torch.float32, device=spikes.device)
        climbing.index_add_(0, a.cell, spikes[a.axon])
        for pupil in self.pupils:
            pupil.be_taught(a.first_target, climbing, a.gate)
