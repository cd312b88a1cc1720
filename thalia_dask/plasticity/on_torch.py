"""The learning rules in torch operations, on any device: what each rule's file says, for all its synapses at once.

Within a step the order is that of the kernels, and it is exact: what happens at once concerns different synapses. All
synapses of a plastic connection are looked at in every step, whoever fired, so that all shapes are fixed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from thalia_dask.errors import ConfigError
from thalia_dask.plasticity import climbing_fibre, hebbian, stdp, three_factor
from thalia_dask.plasticity.base import DECAY_POST, DECAY_PRE, POST, PRE, PlasticTable

_FAINT = 1e-6


class Afferents(NamedTuple):
    """The synapses of one plastic connection, ordered by target cell, and their traces.

    Attributes
    ----------
    first_row, n_axons, first_target, n_cells : its axons as rows of the synapse table, and its target cells.
    synapse, axon, cell : int64, shape (synapses,). Position in the synapse table; axon, cell in the connection.
    params : the parameters of the rule, see its file.
    weight : float32, all efficacies of the region.
    fade, pre, post, tagged, eligibility : its part of those of ``plasticity.base.PlasticTable``.
    """

    first_row: int
    n_axons: int
    first_target: int
    n_cells: int
    synapse: Tensor
    axon: Tensor
    cell: Tensor
    params: list[float]
    weight: Tensor
    fade: Tensor
    pre: Tensor
    post: Tensor
    tagged: Tensor
    eligibility: Tensor

    def by_cell(self, values: Tensor) -> Tensor:
        """Sum of one value for each synapse over the synapses of each cell, float64, shape (cells,)."""
        sums = torch.zeros(self.n_cells, dtype=torch.float64, device=values.device)
        return sums.index_add_(0, self.cell, values.to(torch.float64))

    def set_weights(self, weights: Tensor) -> None:
        """Give the synapses new efficacies."""
        self.weight.index_copy_(0, self.synapse, weights)


class Traces:
    """The traces of all plastic connections, and how they decay."""

    def __init__(self, plastic: PlasticTable, tensors: dict[str, Tensor]) -> None:
        self._fade, self._pre, self._post = (tensors[f"trace_{name}"] for name in ("fade", "pre", "post"))
        device, connections = self._fade.device, torch.arange(len(plastic.rule))
        decays = torch.from_numpy(plastic.params[:, [DECAY_PRE, DECAY_POST]])
        n_axons = torch.from_numpy(plastic.row_last - plastic.row_first)
        n_cells = torch.from_numpy(plastic.target_last - plastic.target_first)
        self._decays = decays.to(device)
        self._of_axon = torch.repeat_interleave(connections, n_axons).to(device)
        self._of_cell = torch.repeat_interleave(connections, n_cells).to(device)

    def decay(self) -> None:
        """Let the traces decay by a step; factors that have become faint are put into the traces."""
        self._fade.mul_(self._decays)
        faint = self._fade < _FAINT
        settled = torch.where(faint, self._fade, 1.0)
        self._pre.mul_(settled[:, PRE][self._of_axon])
        self._post.mul_(settled[:, POST][self._of_cell])
        self._fade.masked_fill_(faint, 1.0)


class Learner:
    """A plastic connection; a subclass is what its rule does."""

    def __init__(self, afferents: Afferents, n_neurons: int) -> None:
        self.afferents = afferents
        self._n_neurons = n_neurons
        self._from_outside = afferents.first_row >= n_neurons

    def learn(self, now: Tensor, arriving: Tensor, spiked: Tensor, gate: Tensor) -> None:
        """Learn from the spikes of a step.

        ``arriving`` (axons from outside,) counts, ``spiked`` (neurons,) bool, ``gate`` () a factor on the rule.
        Spikes that arrive come before those that are emitted, and those of the region's own axons after.
        """
        a = self.afferents
        rows, first = (arriving, a.first_row - self._n_neurons) if self._from_outside else (spiked, a.first_row)
        spikes = rows[first : first + a.n_axons].to(torch.float32)
        fired = spiked[a.first_target : a.first_target + a.n_cells]
        if self._from_outside:
            self.axons_fire(spikes, gate)
            self.mark_axons(spikes)
            self.cells_fire(fired, now, gate)
        else:
            self.cells_fire(fired, now, gate)
            self.axons_fire(spikes, gate)
            self.mark_axons(spikes)
        a.post.add_(fired / a.fade[POST])

    def axons_fire(self, spikes: Tensor, gate: Tensor) -> None:
        """Learn from presynaptic spikes, float32 numbers, shape (axons,)."""

    def cells_fire(self, fired: Tensor, now: Tensor, gate: Tensor) -> None:
        """Learn from postsynaptic spikes, bool, shape (cells,)."""

    def mark_axons(self, spikes: Tensor) -> None:
        """Remember presynaptic spikes."""
        self.afferents.pre.add_(spikes / self.afferents.fade[PRE])

    def select(self, step: int, action: int, n_actions: int) -> None:
        """Learn which action was selected."""

    def reinforce(self, step: int, amount: float) -> None:
        """Learn from a dopamine release."""


class _STDP(Learner):
    def axons_fire(self, spikes: Tensor, gate: Tensor) -> None:
        a = self.afferents
        rate, largest = gate * a.params[stdp.DEPRESSION] * a.fade[POST], a.params[stdp.LARGEST]
        times, weights = spikes[a.axon], a.weight[a.synapse]
        left = (1.0 - rate * a.post[a.cell]).clamp(min=0.0) ** times
        a.set_weights(torch.where(times > 0, (weights * left).clamp(0.0, largest), weights))

    def cells_fire(self, fired: Tensor, now: Tensor, gate: Tensor) -> None:  # noqa: ARG002
        a = self.afferents
        rate, largest = gate * a.params[stdp.POTENTIATION], a.params[stdp.LARGEST]
        weights, traces = a.weight[a.synapse], a.fade[PRE] * a.pre[a.axon]
        stronger = (weights + rate * (largest - weights) * traces).clamp(0.0, largest)
        total = a.by_cell(stronger)
        scaling = gate * a.params[stdp.SCALING]
        pull = torch.where(total > 0.0, scaling * (a.params[stdp.TOTAL] / total - 1.0), 0.0)
        scaled = (stronger * (1.0 + pull[a.cell])).clamp(0.0, largest).to(torch.float32)
        a.set_weights(torch.where(fired[a.cell], scaled, weights))


class _Hebbian(Learner):
    def cells_fire(self, fired: Tensor, now: Tensor, gate: Tensor) -> None:  # noqa: ARG002
        a = self.afferents
        rate, largest = gate * a.params[hebbian.RATE], a.params[hebbian.LARGEST]
        weights, traces = a.weight[a.synapse], a.fade[PRE] * a.pre[a.axon]
        moved = (weights + rate * (largest * traces - weights)).clamp(0.0, largest)
        a.set_weights(torch.where(fired[a.cell], moved, weights))

    def mark_axons(self, spikes: Tensor) -> None:
        """The trace saturates at one spike."""
        a = self.afferents
        a.pre.copy_(torch.where(spikes > 0, 1.0 / a.fade[PRE], a.pre))


class _ThreeFactor(Learner):
    def __init__(self, afferents: Afferents, n_neurons: int) -> None:
        super().__init__(afferents, n_neurons)
        self._n_synapses = afferents.by_cell(torch.ones_like(afferents.eligibility)).clamp_(min=1.0)

    def cells_fire(self, fired: Tensor, now: Tensor, gate: Tensor) -> None:
        self._tag(fired, now, gate)

    def select(self, step: int, action: int, n_actions: int) -> None:
        a = self.afferents
        channels = torch.arange(a.n_cells, device=a.cell.device) // (a.n_cells // n_actions)
        chosen = channels == action
        efference = torch.tensor(a.params[three_factor.EFFERENCE], device=a.cell.device)
        self._tag(chosen, torch.tensor(step, device=a.cell.device), efference)
        a.eligibility.mul_(chosen[a.cell])

    def reinforce(self, step: int, amount: float) -> None:
        a = self.afferents
        everyone = torch.ones(a.n_cells, dtype=torch.bool, device=a.cell.device)
        self._decay_eligibility(everyone, torch.tensor(step, device=a.cell.device))
        rate = torch.tensor(amount, device=a.cell.device) * a.params[three_factor.LEARNING_RATE]
        weights = a.weight[a.synapse] + rate * a.eligibility
        a.set_weights(weights.clamp(0.0, a.params[three_factor.LARGEST]))

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


class _ParallelFibre(Learner):
    def axons_fire(self, spikes: Tensor, gate: Tensor) -> None:
        a = self.afferents
        rate, largest = gate * a.params[climbing_fibre.POTENTIATION], a.params[climbing_fibre.LARGEST]
        times, weights = spikes[a.axon], a.weight[a.synapse]
        stronger = (largest - (largest - weights) * (1.0 - rate) ** times).clamp(0.0, largest)
        a.set_weights(torch.where(times > 0, stronger, weights))

    def be_taught(self, first_target: int, spikes: Tensor, gate: Tensor) -> None:
        """Depress by climbing spikes, float32 numbers, one for each neuron from ``first_target`` on."""
        a = self.afferents
        first = max(first_target, a.first_target)
        last = min(first_target + len(spikes), a.first_target + a.n_cells)
        if first >= last:
            return
        times = torch.zeros(a.n_cells, dtype=torch.float32, device=spikes.device)
        times[first - a.first_target : last - a.first_target] = spikes[first - first_target : last - first_target]
        rate, largest = gate * a.params[climbing_fibre.DEPRESSION] * a.fade[PRE], a.params[climbing_fibre.LARGEST]
        weights, left = a.weight[a.synapse], (1.0 - rate * a.pre[a.axon]).clamp(min=0.0) ** times[a.cell]
        a.set_weights(torch.where(times[a.cell] > 0, (weights * left).clamp(0.0, largest), weights))


class _ClimbingFibre(Learner):
    pupils: Sequence[_ParallelFibre] = ()

    def axons_fire(self, spikes: Tensor, gate: Tensor) -> None:
        a = self.afferents
        climbing = torch.zeros(a.n_cells, dtype=torch.float32, device=spikes.device)
        climbing.index_add_(0, a.cell, spikes[a.axon])
        for pupil in self.pupils:
            pupil.be_taught(a.first_target, climbing, gate)


_LEARNERS: dict[int, type[Learner]] = {
    stdp.STDP.code: _STDP,
    hebbian.Hebbian.code: _Hebbian,
    three_factor.ThreeFactor.code: _ThreeFactor,
    climbing_fibre.ParallelFibre.code: _ParallelFibre,
    climbing_fibre.ClimbingFibre.code: _ClimbingFibre,
}


def learners(plastic: PlasticTable, weight: Tensor, tensors: dict[str, Tensor], n_neurons: int) -> list[Learner]:
    """Every plastic connection of a region; ``tensors`` are its traces, by their names in a snapshot."""
    device = weight.device
    found: list[Learner] = []
    for c in range(len(plastic.rule)):
        n_axons = int(plastic.row_last[c] - plastic.row_first[c])
        n_cells = int(plastic.target_last[c] - plastic.target_first[c])
        axons = slice(int(plastic.axon_base[c]), int(plastic.axon_base[c]) + n_axons)
        cells = slice(int(plastic.cell_base[c]), int(plastic.cell_base[c]) + n_cells)
        sizes = torch.from_numpy((plastic.in_last - plastic.in_first)[cells])
        first = int(plastic.in_first[cells][0]) if n_cells else 0
        synapses = slice(first, first + int(sizes.sum()))
        afferents = Afferents(
            first_row=int(plastic.row_first[c]),
            n_axons=n_axons,
            first_target=int(plastic.target_first[c]),
            n_cells=n_cells,
            synapse=torch.from_numpy(plastic.in_synapse[synapses]).to(device),
            axon=torch.from_numpy(plastic.in_axon[synapses] - axons.start).to(device),
            cell=torch.repeat_interleave(torch.arange(n_cells), sizes).to(device),
            params=plastic.params[c].tolist(),
            weight=weight,
            fade=tensors["trace_fade"][c],
            pre=tensors["trace_pre"][axons],
            post=tensors["trace_post"][cells],
            tagged=tensors["eligibility_step"][cells],
            eligibility=tensors["eligibility"][synapses],
        )
        rule = int(plastic.rule[c])
        if rule not in _LEARNERS:
            raise ConfigError(
                f"the learning rule with code {rule} has no form in torch operations; write device: cpu"
            )
        found.append(_LEARNERS[rule](afferents, n_neurons))
    pupils = [learner for learner in found if isinstance(learner, _ParallelFibre)]
    for learner in found:
        if isinstance(learner, _ClimbingFibre):
            learner.pupils = pupils
    return found
