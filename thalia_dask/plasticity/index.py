"""The table of a region's plastic synapses, as it is before anything has been learned, and what it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thalia_dask.jit import kernel
from thalia_dask.plasticity.base import MOST_KEPT, N_PARAMS, Indices, PlasticTable, Rule, late_words
from thalia_dask.synapses.table import SynapseTable

_OWNER_BYTES, _LISTED_BYTES = 2, 12
"""Of each synapse of a region in which any learns; of each that does: its places in two lists, its eligibility."""


@dataclass(frozen=True, slots=True)
class PlasticConnection:
    """Where a plastic connection lies: rows of the synapse table, target cells, receptor channel."""

    rule: Rule
    rows: tuple[int, int]
    targets: tuple[int, int]
    channel: int
    mean_weight: float
    total_weight: float


def index_plastic(
    connections: Sequence[PlasticConnection],
    owner: NDArray[np.int16],
    synapses: SynapseTable,
    n_neurons: int,
    dt_ms: float,
) -> PlasticTable:
    """Index the synapses of all plastic connections.

    ``owner`` (synapses,) is the position in ``connections`` of the connection each synapse belongs to, or -1.
    """
    params = np.zeros((len(connections), N_PARAMS), np.float32)
    for number, connection in enumerate(connections):
        packed = connection.rule.pack(dt_ms, connection.mean_weight, connection.total_weight)
        params[number, : len(packed)] = packed
    cell_counts = [c.targets[1] - c.targets[0] for c in connections]
    lags = [connection.rule.lag_steps(dt_ms) for connection in connections]
    axon_base = _starts([c.rows[1] - c.rows[0] for c in connections])
    cell_base = _starts(cell_counts)
    late_base = _starts([lag * late_words(n_cells) for lag, n_cells in zip(lags, cell_counts, strict=True)])
    lists = _lists(connections, owner, synapses, n_neurons, axon_base, cell_base)
    widest = (lists.out_last - lists.out_first).max(initial=0)
    longest = max(widest, np.diff(lists.in_start).max(initial=0))
    n_kept = max((connection.rule.n_kept for connection in connections), default=0)
    if n_kept > MOST_KEPT:
        raise ValueError(
            f"a learning rule keeps {n_kept} numbers for each synapse; write n_kept = {MOST_KEPT} at most"
        )

    def each(values: list[int]) -> NDArray[np.int64]:
        return np.array(values, np.int64)

    return PlasticTable(
        rule=each([c.rule.code for c in connections]),
        params=params,
        row_first=each([c.rows[0] for c in connections]),
        row_last=each([c.rows[1] for c in connections]),
        target_first=each([c.targets[0] for c in connections]),
        target_last=each([c.targets[1] for c in connections]),
        slot_offset=each([c.channel * n_neurons for c in connections]),
        at_axon=np.array([c.rule.at_axon for c in connections], np.bool_),
        at_cell=np.array([c.rule.at_cell for c in connections], np.bool_),
        lag=each(lags),
        late_base=late_base[:-1],
        axon_base=axon_base[:-1],
        cell_base=cell_base[:-1],
        out_first=lists.out_first,
        out_last=lists.out_last,
        out_mixed=lists.out_mixed,
        owner=owner if connections else owner[:0],
        fade=np.ones((len(connections), 2), np.float32),
        pre=np.zeros(axon_base[-1], np.float32),
        in_first=lists.in_start[:-1],
        in_last=lists.in_start[1:],
        post=np.zeros(cell_base[-1], np.float32),
        slow=np.ones(cell_base[-1], np.float32),
        late=np.zeros(late_base[-1], np.int64),
        tagged=np.zeros(cell_base[-1], np.int64),
        in_synapse=lists.in_synapse,
        in_axon=lists.in_axon,
        eligibility=np.zeros(lists.in_start[-1], np.float32),
        credit=np.zeros((len(owner) if n_kept else 0, n_kept), np.float32),
        drift=np.tile([1.0, 0.0], (len(connections), 1)),
        cell_drift=np.zeros(cell_base[-1], np.float64),
        scratch=np.empty((2, longest), np.float32),
    )


def learning_bytes(n_synapses: int, n_plastic: int, n_kept: int) -> int:
    """What the tables take by which so many plastic synapses of a region learn, with ``n_kept`` numbers of a rule."""
    of_all, of_plastic = _OWNER_BYTES + 4 * n_kept, _LISTED_BYTES
    return of_all * n_synapses + of_plastic * n_plastic if n_plastic else 0


class _Lists(NamedTuple):
    """The fields of :class:`PlasticTable` by which synapses are found: from axons outwards, and from cells inwards.

    ``in_start`` is where the list of each cell begins, and where the last ends.
    """

    out_first: NDArray[np.int64]
    out_last: NDArray[np.int64]
    out_mixed: NDArray[np.bool_]
    in_start: NDArray[np.int64]
    in_synapse: Indices
    in_axon: Indices


def _lists(
    connections: Sequence[PlasticConnection],
    owner: NDArray[np.int16],
    synapses: SynapseTable,
    n_neurons: int,
    axon_base: NDArray[np.int64],
    cell_base: NDArray[np.int64],
) -> _Lists:
    """A counting sort by cell, in two passes: synapses may be so many that there is no room for a third list."""
    first, last = np.zeros((2, axon_base[-1]), np.int64)
    mixed, in_start = np.zeros(axon_base[-1], np.bool_), np.zeros(cell_base[-1] + 1, np.int64)
    for c, connection in enumerate(connections):
        axons, cells = slice(*axon_base[c : c + 2]), slice(cell_base[c] + 1, cell_base[c + 1] + 1)
        begin = connection.rows[0], connection.targets[0]
        _find(c, *begin, n_neurons, owner, synapses, first[axons], last[axons], mixed[axons], in_start[cells])
    np.cumsum(in_start, out=in_start)
    in_synapse, in_axon = np.empty((2, in_start[-1]), np.uint32)
    place = in_start[:-1].copy()
    for c, connection in enumerate(connections):
        axons, cells = slice(*axon_base[c : c + 2]), slice(*cell_base[c : c + 2])
        way = connection.targets[0], n_neurons, owner, synapses, first[axons], last[axons]
        _sort_by_cell(c, axon_base[c], *way, place[cells], in_synapse, in_axon)
    return _Lists(first, last, mixed, in_start, in_synapse, in_axon)


@kernel
def _find(
    connection: int,
    first_row: int,
    first_target: int,
    n_neurons: int,
    owner: NDArray[np.int16],
    synapses: SynapseTable,
    out_first: NDArray[np.int64],
    out_last: NDArray[np.int64],
    out_mixed: NDArray[np.bool_],
    counts: NDArray[np.int64],
) -> None:
    """Find where the synapses of each axon of a connection lie, and count those onto each cell."""
    for axon in range(out_first.shape[0]):
        n_own = 0
        for k in range(synapses.row_start[first_row + axon], synapses.row_start[first_row + axon + 1]):
            if owner[k] == connection:
                if n_own == 0:
                    out_first[axon] = k
                n_own += 1
                out_last[axon] = k + 1
                counts[synapses.slot[k] % n_neurons - first_target] += 1
        out_mixed[axon] = n_own < out_last[axon] - out_first[axon]


@kernel
def _sort_by_cell(
    connection: int,
    first_axon: int,
    first_target: int,
    n_neurons: int,
    owner: NDArray[np.int16],
    synapses: SynapseTable,
    out_first: NDArray[np.int64],
    out_last: NDArray[np.int64],
    place: NDArray[np.int64],
    in_synapse: Indices,
    in_axon: Indices,
) -> None:
    """Put the synapses of a connection into the next free places of their cells."""
    for axon in range(out_first.shape[0]):
        for k in range(out_first[axon], out_last[axon]):
            if owner[k] == connection:
                cell = synapses.slot[k] % n_neurons - first_target
                in_synapse[place[cell]] = k
                in_axon[place[cell]] = first_axon + axon
                place[cell] += 1


def _starts(counts: ArrayLike) -> NDArray[np.int64]:
    """Where each begins if there are so many of each, one after the other, and the end of all."""
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
