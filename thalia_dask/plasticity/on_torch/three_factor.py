"""Reward-modulated plasticity in torch operations: ``plasticity.three_factor``."""

from __future__ import annotations

import torch
from torch import Tensor

from thalia_dask.plasticity import three_factor
from thalia_dask.plasticity.base import PRE
from thalia_dask.plasticity.on_torch.base import Afferents, Learner, bounded


class ThreeFactorLearner(Learner):
    """A connection with reward-modulated plasticity."""

    def __init__(self, afferents: Afferents, n_neurons: int) -> None:
        super().__init__(afferents, n_neurons)
        self._n_synapses = afferents.by_cell(torch.ones_like(afferents.eligibility)).clamp_(min=1.0)

    def cells_fire(self, fired: Tensor, now: Tensor) -> None:
        self._tag(fired, now, self.afferents.gate)

    def select(self, step: int, action: int, n_actions: int, gate: float) -> None:
        a = self.afferents
        cells = torch.arange(a.n_cells, device=a.cell.device)
        chosen = three_factor.action_of(cells, a.n_cells, n_actions) == action
        efference = torch.tensor(gate * a.params[three_factor.EFFERENCE], device=a.cell.device)
        self._tag(chosen, torch.tensor(step, device=a.cell.device), efference)
        a.eligibility.mul_(chosen[a.cell])

    def reinforce(self, step: int, amount: float) -> None:
        a = self.afferents
        everyone = torch.ones(a.n_cells, dtype=torch.bool, device=a.cell.device)
        self._decay_eligibility(everyone, torch.tensor(step, device=a.cell.device))
        rate = torch.tensor(amount, device=a.cell.device) * a.params[three_factor.LEARNING_RATE]
        weights = a.weight[a.synapse] + rate * a.eligibility
        a.set_weights(bounded(weights, a.params[three_factor.LARGEST]))

    def _tag(self, cells: Tensor, now: Tensor, amount: Tensor) -> None:
        """Make the synapses onto ``cells`` eligible, by ``amount`` times the traces above their mean."""
        a = self.afferents
        self._decay_eligibility(cells, now)
        traces = a.pre[a.axon]
        mean = (a.by_cell(traces) / self._n_synapses).to(torch.float32)
        marks = amount * a.fade[PRE] * (traces - mean[a.cell])
        a.eligibility.add_(torch.where(cells[a.cell], marks, 0.0))

    def _decay_eligibility(self, cells: Tensor, now: Tensor) -> None:
        """Bring the eligibility of the synapses onto ``cells`` up to the step ``now``."""
        a = self.afferents
        elapsed = torch.where(cells, now - a.tagged, 0).clamp_(min=0)
        factor = a.params[three_factor.DECAY_ELIGIBILITY] ** elapsed.to(torch.float64)
        a.eligibility.mul_(factor.to(torch.float32)[a.cell])
        a.tagged.add_(elapsed)
