"""Spikes in flight, in torch operations: a record of who fired when, from which every step looks up what is due.

The synapses of an axon that have the same delay are a *bundle*. In each step every bundle looks whether its axon
fired as long ago as its delay is; the synapses of those that find a spike are listed, and their efficacies added. So
the work is that of reading the record once for each bundle, and of the synapses that are reached.

Efficacies are read when they arrive, as in :mod:`thalia_dask.synapses.flight`, and added in double precision.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from thalia_dask.jit import Int64Array
from thalia_dask.synapses.flight import EMITTED, END, NEXT, no_flight
from thalia_dask.synapses.table import SynapseTable

_LEAST_ROOM = 1 << 12


class Axons:
    """The axons of a region and the spikes on them.

    Parameters
    ----------
    n_neurons : rows of the table that are the region's own neurons; the others come from outside.
    n_channels : receptor channels.
    weight : float32, shape (synapses,), the efficacies, which may change at any time.
    fixed_room : list the synapses that a step reaches in an array of fixed size, so that the host need not know
        their number, and ask :meth:`sufficed` later. Otherwise the host waits for the number in every step.
    """

    def __init__(
        self, synapses: SynapseTable, n_neurons: int, n_channels: int, weight: Tensor, *, fixed_room: bool
    ) -> None:
        device = weight.device
        self._row_start, self._n_neurons = synapses.row_start, n_neurons
        self._first, self._bundle_delay, rows = _bundles(synapses)
        self._row_bundle = np.searchsorted(self._first[:-1], synapses.row_start)
        self._depth = int(synapses.delay.max(initial=0)) + 1
        n_rows = len(synapses.row_start) - 1
        self.record = torch.zeros((self._depth, n_rows), dtype=torch.uint8, device=device)
        """Spikes of each step and axon, shape (steps, rows); step s is kept at s modulo its length."""
        self._next: int | None = None
        self._weight = weight
        self._slot = torch.from_numpy(synapses.slot).to(device)
        self._bundle_first = torch.from_numpy(self._first[:-1]).to(device)
        self._bundle_size = torch.from_numpy(np.diff(self._first)).to(device)
        self._place = torch.from_numpy(rows - self._bundle_delay * n_rows).to(device)
        self._arrived = torch.zeros(n_channels * n_neurons, dtype=torch.float64, device=device)
        self._fixed_room = fixed_room
        self._most = torch.zeros((), dtype=torch.int64, device=device)
        self._list = torch.arange(_LEAST_ROOM if fixed_room else 0, device=device)

    def begin(self, step: int) -> None:
        """Go on at ``step``; nothing was sent since the last one."""
        if self._next is not None and step != self._next:
            gap = step - self._next
            skipped = range(self._next, step) if 0 < gap < self._depth else range(self._depth)
            self.record[[s % self._depth for s in skipped]] = 0

    def end(self, step: int) -> None:
        """All steps before ``step`` are computed."""
        self._next = step

    def receive(self, now: Tensor, counts: Tensor) -> None:
        """Let spikes start on the axons from outside, uint8, shape (axons,)."""
        self.record[:, self._n_neurons :].index_copy_(0, (now % self._depth)[None], counts[None])

    def send(self, now: Tensor, spiked: Tensor) -> None:
        """Let spikes start on the axons of the region's own neurons, bool, shape (neurons,)."""
        self.record[:, : self._n_neurons].index_copy_(0, (now % self._depth)[None], spiked[None].to(torch.uint8))

    def deliver(self, now: Tensor, current: Tensor) -> None:
        """Add the efficacies that arrive in this step to ``current`` (channels, neurons)."""
        if not len(self._weight):
            return
        cells = self.record.view(-1)
        spikes = cells[(self._place + now % self._depth * self.record.shape[1]) % len(cells)]
        sizes = self._bundle_size * (spikes != 0)
        ends = torch.cumsum(sizes, 0)
        place = self._listed(ends[-1])
        bundle = torch.searchsorted(ends, place, right=True).clamp_(max=len(ends) - 1)
        synapse = (place + (self._bundle_first + sizes - ends)[bundle]).clamp_(max=len(self._weight) - 1)
        efficacy = self._weight[synapse].to(torch.float64) * spikes[bundle] * (place < ends[-1])
        self._arrived.zero_().index_add_(0, self._slot[synapse], efficacy)
        current.add_(self._arrived.view_as(current))

    def _listed(self, needed: Tensor) -> Tensor:
        """Numbers from 0 on, at least ``needed`` if there is room for so many."""
        if self._fixed_room:
            torch.maximum(self._most, needed, out=self._most)
            return self._list
        if int(needed) > len(self._list):
            self._list = torch.arange(2 * int(needed), device=self.record.device)
        return self._list[: int(needed)]

    def sufficed(self) -> bool:
        """Whether all steps since the last call had room for what arrived; if not, there is more from now on."""
        most = int(self._most)
        self._most.zero_()
        if most <= len(self._list) or not self._fixed_room:
            return True
        self._list = torch.arange(1 << (most - 1).bit_length(), device=self.record.device)
        return False

    def in_flight(self) -> Int64Array:
        """Spikes that have not reached all their synapses, as in :mod:`thalia_dask.synapses.flight`."""
        flights = [no_flight(0)]
        record = self.record.cpu().numpy()
        for age in range(self._depth - 1, -1, -1) if self._next is not None else ():
            step = (self._next or 0) - 1 - age
            rows = np.repeat(np.arange(record.shape[1]), record[step % self._depth])
            rows = np.concatenate([rows[rows >= self._n_neurons], rows[rows < self._n_neurons]])
            passed = np.concatenate([[0], np.cumsum(self._bundle_delay <= age)])
            begin, end = self._row_bundle[rows], self._row_bundle[rows + 1]
            flight = no_flight(len(rows))
            flight[NEXT] = self._first[begin + passed[end] - passed[begin]]
            flight[END] = self._row_start[rows + 1]
            flight[EMITTED] = step
            flights.append(flight[:, flight[NEXT] < flight[END]])
        return np.concatenate(flights, axis=1)

    def put_in_flight(self, flight: Int64Array) -> None:
        """Replace all spikes on the axons by those of :meth:`in_flight`."""
        record = np.zeros(tuple(self.record.shape), np.uint8)
        rows = np.searchsorted(self._row_start, flight[END]) - 1
        np.add.at(record, (flight[EMITTED] % self._depth, rows), 1)
        self.record.copy_(torch.from_numpy(record))
        before = np.searchsorted(self._first, flight[NEXT]) - 1
        passed = np.where(flight[NEXT] > self._row_start[rows], self._bundle_delay[before], 0)
        # A step by which they had come as far as this, and no further; the true one may be later.
        self._next = int((flight[EMITTED] + passed).max()) + 1 if flight.shape[1] else None


def _bundles(synapses: SynapseTable) -> tuple[Int64Array, Int64Array, Int64Array]:
    """Where each bundle begins, and the end of the last, int64, shape (bundles + 1,); its delay; its row."""
    row_start, delay = synapses.row_start, synapses.delay
    begins = np.zeros(len(delay) + 1, np.bool_)
    begins[1:-1] = delay[1:] != delay[:-1]
    begins[row_start] = True
    begins[-1] = True
    first = np.flatnonzero(begins)
    rows = np.searchsorted(row_start, first[:-1], side="right") - 1
    return first, delay[first[:-1]].astype(np.int64), rows
