"""From connections to the synapse table: a counting sort in two passes, so that no synapse is ever held twice.

Connections are drawn block by block, first to count the synapses of every axon, then again to put them into place.
Drawing twice costs less than keeping what was drawn.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from thalia_dask.jit import Floats, Int32Array, Int64Array, kernel, making_arrays
from thalia_dask.synapses.table import SynapseTable

Delays = NDArray[np.uint16]
Owners = NDArray[np.int16]


class Draw(ABC):
    """The synapses of one connection, drawn as often as asked and always the same."""

    @abstractmethod
    def blocks(self) -> Iterator[range]:
        """All of what :meth:`pairs` and :meth:`strengths` may be asked for, cut into pieces that fit the cache."""

    @abstractmethod
    def pairs(self, block: range) -> tuple[Int32Array, Int32Array]:
        """Sources and targets, int32, shape (synapses,)."""

    @abstractmethod
    def strengths(self, block: range) -> tuple[Floats, Int32Array]:
        """Efficacies, float32, and delays in steps, int32, shape (synapses,)."""


class Placement(NamedTuple):
    """Where a drawn connection goes: its first row, the slot of its first target, a factor on its efficacies.

    ``owner`` is the number of the plastic connection that it is, or -1; no efficacy is larger than ``largest``.
    """

    draw: Draw
    first_row: int
    first_slot: int
    scale: float
    owner: int
    largest: float = math.inf


def build(n_rows: int, placements: Sequence[Placement]) -> tuple[SynapseTable, Owners]:
    """The table, and the ``owner`` of each synapse (int16; empty where nothing is plastic)."""
    row_start = np.zeros(n_rows + 1, np.int64)
    for placement in placements:
        for block in placement.draw.blocks():
            _count(placement.draw.pairs(block)[0], placement.first_row, row_start[1:])
    np.cumsum(row_start, out=row_start)
    n = int(row_start[-1])
    table = SynapseTable(row_start, np.empty(n, np.int32), np.empty(n, np.float32), np.empty(n, np.uint16))
    is_plastic = any(placement.owner >= 0 for placement in placements)
    owners = np.empty(n if is_plastic else 0, np.int16)
    place = row_start[:-1].copy()
    for draw, first_row, first_slot, scale, owner, largest in placements:
        for block in draw.blocks():
            sources, targets = draw.pairs(block)
            weights, delays = draw.strengths(block)
            scaled = weights if scale == 1.0 else (scale * weights).astype(np.float32)
            if largest < math.inf:
                scaled = np.clip(scaled, -largest, largest)
            _place(sources, targets, scaled, delays, first_row, first_slot, owner, place, table, owners)
    longest = int(np.diff(row_start).max(initial=0))
    _sort_rows(
        table, owners, np.empty(longest, np.int32), np.empty(longest, np.float32), np.empty(longest, np.uint16),
        np.empty(longest if is_plastic else 0, np.int16), np.zeros(int(table.delay.max(initial=0)) + 2, np.int64),
    )  # fmt: skip
    return table, owners


@kernel
def _count(sources: Int32Array, first_row: int, counts: Int64Array) -> None:
    for source in sources:
        counts[first_row + source] += 1


@kernel
def _place(
    sources: Int32Array,
    targets: Int32Array,
    weights: Floats,
    delays: Int32Array,
    first_row: int,
    first_slot: int,
    owner: int,
    place: Int64Array,
    table: SynapseTable,
    owners: Owners,
) -> None:
    """Put synapses into the next free place of their rows."""
    for k in range(sources.shape[0]):
        row = first_row + sources[k]
        at = place[row]
        place[row] = at + 1
        table.slot[at] = first_slot + targets[k]
        table.weight[at] = weights[k]
        table.delay[at] = delays[k]
        if owners.shape[0]:
            owners[at] = owner


@making_arrays
def _sort_rows(
    table: SynapseTable,
    owners: Owners,
    slot: Int32Array,
    weight: Floats,
    delay: Delays,
    owner: Owners,
    begin: Int64Array,
) -> None:
    """Order every row by delay; synapses of equal delay stay as they are. The last five are scratch."""
    for row in range(table.row_start.shape[0] - 1):
        first, last = table.row_start[row], table.row_start[row + 1]
        delays = table.delay[first:last]
        if first == last or delays.min() == delays.max():
            continue
        least, most = delays.min(), delays.max()
        for d in range(most - least + 2):
            begin[d] = 0
        for d in delays:
            begin[d - least + 1] += 1
        for d in range(1, most - least + 1):
            begin[d] += begin[d - 1]
        for k in range(first, last):
            at = begin[table.delay[k] - least]
            begin[table.delay[k] - least] = at + 1
            slot[at], weight[at], delay[at] = table.slot[k], table.weight[k], table.delay[k]
            if owners.shape[0]:
                owner[at] = owners[k]
        n = last - first
        table.slot[first:last] = slot[:n]
        table.weight[first:last] = weight[:n]
        table.delay[first:last] = delay[:n]
        if owners.shape[0]:
            owners[first:last] = owner[:n]
