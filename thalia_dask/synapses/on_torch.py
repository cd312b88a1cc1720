"""Spikes in flight, in torch operations: lists of who fired in each of the last steps, as far back as delays reach.

The synapses of an axon that have the same delay are a *bundle*, found by (axon, delay). In each step every spike on
the lists looks for the bundle of its axon that is due at its age; the synapses of those that are found are listed,
and their efficacies added. So the work is that of spikes in flight, and of the synapses that they reach.

Efficacies are read when they arrive, as in :mod:`thalia_dask.synapses.flight`, and added in double precision.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from thalia_dask.jit import Int64Array
from thalia_dask.synapses.flight import EMITTED, END, NEXT, no_flight
from thalia_dask.synapses.short_term_on_torch import Sites
from thalia_dask.synapses.table import SynapseTable

_LEAST_SYNAPSES, _LEAST_SPIKES = 1 << 10, 1 << 6
"""Room to begin with: for the synapses that a step reaches, and for the spikes of a step."""


class Axons:
    """The axons of a region and the spikes on them.

    Parameters
    ----------
    n_neurons : rows of the table that are the region's own neurons; the others come from outside.
    n_channels : receptor channels.
    weight : float32, shape (synapses,), the efficacies, which may change at any time.
    sites : their short-term plasticity.
    fixed_room : keep lists at their size within a step, so that the host need not know how much they must hold, and
        ask :meth:`sufficed` later. Otherwise the host waits for these numbers in every step.

    Attributes
    ----------
    record : int64, shape (steps, room for spikes from outside + for own spikes). The rows of the spikes of each step,
        in the order in which they were sent; step s is kept at s modulo the length, ``n_rows`` is no spike.
    n_enlarged : how often tensors were replaced by larger ones.
    """

    def __init__(
        self,
        synapses: SynapseTable,
        n_neurons: int,
        n_channels: int,
        weight: Tensor,
        sites: Sites,
        *,
        fixed_room: bool,
    ) -> None:
        device = weight.device
        self.n_rows = len(synapses.row_start) - 1
        self._row_start, self._n_neurons, self._weight, self._fixed = (
            synapses.row_start,
            n_neurons,
            weight,
            fixed_room,
        )
        self._sites = sites
        self._first, self._bundle_delay, rows = _bundles(synapses)
        self._depth = int(synapses.delay.max(initial=0)) + 1
        self._key = torch.from_numpy(rows * self._depth + self._bundle_delay).to(device)
        self._bundle_first = torch.from_numpy(self._first[:-1]).to(device)
        self._bundle_size = torch.from_numpy(np.diff(self._first)).to(device)
        self._slot = torch.from_numpy(synapses.slot).to(device)
        self._arrived = torch.zeros(n_channels * n_neurons, dtype=torch.float64, device=device)
        self._steps = torch.arange(self._depth, device=device)[:, None]
        self._neurons = torch.arange(n_neurons, device=device)
        self._list = torch.arange(_LEAST_SYNAPSES, device=device)
        self._most_synapses = torch.zeros((), dtype=torch.int64, device=device)
        self._most_spikes = torch.zeros((), dtype=torch.int64, device=device)
        self._n_outside = self.n_enlarged = 0
        self.record = torch.full((self._depth, _LEAST_SPIKES), self.n_rows, device=device)
        self._next: int | None = None

    @property
    def outside_room(self) -> int:
        """How many spikes from outside a step can have."""
        return self._n_outside

    def begin(self, step: int, n_outside: int) -> None:
        """Go on at ``step``, with at most ``n_outside`` spikes from outside a step; nothing was sent since."""
        if n_outside > self._n_outside:
            self._make_room(_rounded(n_outside), self.record.shape[1] - self._n_outside)
        if self._next is not None and step != self._next:
            gap = step - self._next
            skipped = range(self._next, step) if 0 < gap < self._depth else range(self._depth)
            self.record[[s % self._depth for s in skipped]] = self.n_rows

    def end(self, step: int) -> None:
        """All steps before ``step`` are computed."""
        self._next = step

    def receive(self, now: Tensor, rows: Tensor) -> None:
        """Let spikes start on axons from outside, int64, shape (outside_room,), the rest ``n_rows``."""
        if len(rows):
            self.record[:, : self._n_outside].index_copy_(0, (now % self._depth)[None], rows[None])

    def send(self, now: Tensor, spiked: Tensor) -> None:
        """Let spikes start on the axons of the region's own neurons, bool, shape (neurons,)."""
        numbers = torch.cumsum(spiked, 0)
        torch.maximum(self._most_spikes, numbers[-1], out=self._most_spikes)
        if not self._fixed:
            self._grow()
        room = self.record.shape[1] - self._n_outside
        places = torch.where(spiked, numbers - 1, room).clamp_(max=room)
        rows = torch.full((room + 1,), self.n_rows, device=spiked.device).scatter_(0, places, self._neurons)
        self.record[:, self._n_outside :].index_copy_(0, (now % self._depth)[None], rows[None, :room])

    def deliver(self, now: Tensor, current: Tensor) -> None:
        """Add the efficacies that arrive in this step to ``current`` (channels, neurons)."""
        if not len(self._weight):
            return
        wanted = (self.record * self._depth + (now - self._steps) % self._depth).view(-1)
        bundle = torch.searchsorted(self._key, wanted).clamp_(max=len(self._key) - 1)
        sizes = self._bundle_size[bundle] * (self._key[bundle] == wanted)
        ends = torch.cumsum(sizes, 0)
        torch.maximum(self._most_synapses, ends[-1], out=self._most_synapses)
        if not self._fixed:
            self._grow()
        spike = torch.searchsorted(ends, self._list, right=True).clamp_(max=len(ends) - 1)
        # What is beyond the end counts nothing; were it all one synapse, a GPU would add to its neuron one by one.
        synapse = (self._list + (self._bundle_first[bundle] + sizes - ends)[spike]).remainder_(len(self._weight))
        reached = self._list < ends[-1]
        efficacy = self._weight[synapse].to(torch.float64) * reached
        if self._sites:
            efficacy = efficacy * self._sites.factors(now, synapse, reached)
        self._arrived.zero_().index_add_(0, self._slot[synapse], efficacy)
        current.add_(self._arrived.view_as(current))

    def sufficed(self) -> bool:
        """Whether all steps since :meth:`begin` had room; if not, there is more from now on."""
        return not self._grow()

    def go_back(self, record: Tensor) -> None:
        """Put a copy of the record back that was made after :meth:`begin`."""
        self.record.fill_(self.n_rows)
        self.record[:, : record.shape[1]] = record

    def _grow(self) -> bool:
        """Make room for what was the most; returns whether there was too little."""
        n_synapses, n_spikes = int(self._most_synapses), int(self._most_spikes)
        self._most_synapses.zero_()
        self._most_spikes.zero_()
        few_synapses, few_spikes = n_synapses > len(self._list), n_spikes > self.record.shape[1] - self._n_outside
        if few_synapses:
            self._list = torch.arange(_rounded(n_synapses), device=self._list.device)
            self.n_enlarged += 1
        if few_spikes:
            self._make_room(self._n_outside, _rounded(n_spikes))
        return few_synapses or few_spikes

    def _make_room(self, n_outside: int, n_own: int) -> None:
        record, before = self.record, self._n_outside
        self.record = torch.full((self._depth, n_outside + n_own), self.n_rows, device=record.device)
        self.record[:, :before] = record[:, :before]
        self.record[:, n_outside : n_outside + record.shape[1] - before] = record[:, before:]
        self._n_outside = n_outside
        self.n_enlarged += 1

    def in_flight(self) -> Int64Array:
        """Spikes that have not reached all their synapses, as in :mod:`thalia_dask.synapses.flight`."""
        flights = [no_flight(0)]
        record = self.record.cpu().numpy()
        bundle_of_row = np.searchsorted(self._first[:-1], self._row_start)
        for age in range(self._depth - 1, -1, -1) if self._next is not None else ():
            step = (self._next or 0) - 1 - age
            rows = record[step % self._depth]
            rows = rows[rows < self.n_rows]
            passed = np.concatenate([[0], np.cumsum(self._bundle_delay <= age)])
            begin, end = bundle_of_row[rows], bundle_of_row[rows + 1]
            flight = no_flight(len(rows))
            flight[NEXT] = self._first[begin + passed[end] - passed[begin]]
            flight[END] = self._row_start[rows + 1]
            flight[EMITTED] = step
            flights.append(flight[:, flight[NEXT] < flight[END]])
        return np.concatenate(flights, axis=1)

    def put_in_flight(self, flight: Int64Array) -> None:
        """Replace all spikes on the axons by those of :meth:`in_flight`."""
        rows, slots = np.searchsorted(self._row_start, flight[END]) - 1, flight[EMITTED] % self._depth
        outside = rows >= self._n_neurons
        places = np.where(outside, _rank(slots, outside), _rank(slots, ~outside))
        n_outside, n_own = (int(places[chosen].max(initial=-1)) + 1 for chosen in (outside, ~outside))
        own_room = self.record.shape[1] - self._n_outside
        if n_outside > self._n_outside or n_own > own_room:
            self._make_room(max(self._n_outside, _rounded(n_outside)), max(own_room, _rounded(n_own)))
        record = np.full(tuple(self.record.shape), self.n_rows)
        record[slots, places + np.where(outside, 0, self._n_outside)] = rows
        self.record.copy_(torch.from_numpy(record))
        before = np.searchsorted(self._first, flight[NEXT]) - 1
        passed = np.where(flight[NEXT] > self._row_start[rows], self._bundle_delay[before], 0)
        # A step by which they had come as far as this, and no further; the true one may be later.
        self._next = int((flight[EMITTED] + passed).max()) + 1 if flight.shape[1] else None


def _rounded(n: int) -> int:
    """The next power of two, so that room grows seldom; none for nothing."""
    return 1 << (n - 1).bit_length() if n else 0


def _rank(slots: Int64Array, chosen: NDArray[np.bool_]) -> Int64Array:
    """How many of the ``chosen`` before each have the same slot."""
    ranks = np.zeros(len(slots), np.int64)
    order = np.flatnonzero(chosen)[np.argsort(slots[chosen], kind="stable")]
    ranks[order] = np.arange(len(order)) - np.searchsorted(slots[order], slots[order])
    return ranks


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
