"""What a learning rule is in torch operations, on any device: its equations for all its synapses at once.

Within a step the order is that of the kernels. All synapses of a plastic connection are looked at in every step,
whoever fired, so that all shapes are fixed.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from thalia_dask.plasticity.base import DECAY_POST, DECAY_PRE, FAINT_FADE, POST, PRE, PlasticTable


class Afferents(NamedTuple):
    """The synapses of one plastic connection, ordered by target cell, and their traces.

    Attributes
    ----------
    first_row, n_axons, first_target, n_cells : its axons as rows of the synapse table, and its target cells.
    synapse, axon, cell : int64, shape (synapses,). Position in the synapse table; axon, cell in the connection.
    lag : steps that a cell's spike takes back to its synapses.
    params : the parameters of the rule, see its file.
    weight : float32, all efficacies of the region.
    gate : float32, shape (), the factor on the rule in the step that is being computed.
    fade, pre, post, slow, late, tagged, eligibility, drift, cell_drift : its part of those of
        ``plasticity.base.PlasticTable``; ``late`` is uint8, shape (lag, cells).
    credit : of all synapses of the region.
    """

    first_row: int
    n_axons: int
    first_target: int
    n_cells: int
    synapse: Tensor
    axon: Tensor
    cell: Tensor
    lag: int
    params: list[float]
    weight: Tensor
    gate: Tensor
    fade: Tensor
    pre: Tensor
    post: Tensor
    slow: Tensor
    late: Tensor
    tagged: Tensor
    eligibility: Tensor
    credit: Tensor
    drift: Tensor
    cell_drift: Tensor

    def by_cell(self, values: Tensor) -> Tensor:
        """Sum of one value for each synapse over the synapses of each cell, float64, shape (cells,)."""
        sums = torch.zeros(self.n_cells, dtype=torch.float64, device=values.device)
        return sums.index_add_(0, self.cell, values.to(torch.float64))

    def set_weights(self, weights: Tensor) -> None:
        """Give the synapses new efficacies."""
        self.weight.index_copy_(0, self.synapse, weights)


def bounded(weights: Tensor, largest: float) -> Tensor:
    """Efficacies between 0 and their largest value, which is negative for inhibition."""
    return weights.clamp(min(0.0, largest), max(0.0, largest))


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
        faint = self._fade < float(FAINT_FADE)
        settled = torch.where(faint, self._fade, 1.0)
        self._pre.mul_(settled[:, PRE][self._of_axon])
        self._post.mul_(settled[:, POST][self._of_cell])
        self._fade.masked_fill_(faint, 1.0)


class Learner:
    """A plastic connection; a subclass is what its rule does.

    Attributes
    ----------
    from_outside : whether its axons come from outside the region.
    """

    def __init__(self, afferents: Afferents, n_neurons: int) -> None:
        self.afferents = afferents
        self.from_outside = afferents.first_row >= n_neurons
        self._first_axon = afferents.first_row - n_neurons * self.from_outside

    def own(self, spikes: Tensor) -> Tensor:
        """Those of its axons among the spikes of all from outside, or of all neurons."""
        return spikes[self._first_axon : self._first_axon + self.afferents.n_axons]

    def hear(self, now: Tensor) -> None:
        """Learn from spikes of cells that have come back to the synapses."""
        if self.afferents.lag:
            self.cells_fire(self._late(now), now)

    def learn(self, now: Tensor, spiked: Tensor) -> None:
        """Learn from the neurons that spike, bool, shape (neurons,), if its synapses know of it at once."""
        if not self.afferents.lag:
            self.cells_fire(self._cells(spiked), now)

    def end_step(self, now: Tensor, spiked: Tensor) -> None:
        """Mark the spikes of cells that the synapses have heard of, send the others on their way, let time pass."""
        a = self.afferents
        heard = fired = self._cells(spiked)
        if a.lag:
            heard = self._late(now)
            a.late.index_copy_(0, self._turn(now), fired.to(a.late.dtype)[None])
        a.post.add_(heard / a.fade[POST])
        self.pass_time(now)

    def _cells(self, spiked: Tensor) -> Tensor:
        return spiked[self.afferents.first_target : self.afferents.first_target + self.afferents.n_cells]

    def _late(self, now: Tensor) -> Tensor:
        """The cells whose spikes of a lag ago reach their synapses now."""
        return self.afferents.late.index_select(0, self._turn(now))[0] > 0

    def _turn(self, now: Tensor) -> Tensor:
        return torch.remainder(now, self.afferents.lag).reshape(1)

    def axons_fire(self, spikes: Tensor, now: Tensor) -> None:
        """Learn from presynaptic spikes, float32 numbers, shape (axons,)."""

    def teach(self, spikes: Tensor) -> None:
        """Let presynaptic spikes change synapses of other connections."""

    def cells_fire(self, fired: Tensor, now: Tensor) -> None:
        """Learn from postsynaptic spikes, bool, shape (cells,)."""

    def mark_axons(self, spikes: Tensor) -> None:
        """Remember presynaptic spikes."""
        self.afferents.pre.add_(spikes / self.afferents.fade[PRE])

    def pass_time(self, now: Tensor) -> None:
        """Let what was learned in a step work until the next."""

    def settle(self, gate: float) -> None:
        """Bring all efficacies up to now."""

    def select(self, step: int, action: int, n_actions: int, gate: float) -> None:
        """Learn which action was selected."""

    def reinforce(self, step: int, amount: float) -> None:
        """Learn from a dopamine release."""
