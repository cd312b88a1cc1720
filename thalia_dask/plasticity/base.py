"""What a learning rule declares, and the table in which all plastic synapses of a region are indexed.

A connection is plastic if it has a rule. Its synapses stay where they are, in the region's synapse table; this
table adds traces of its axons and target cells, and an index by target cell (the incoming index), so that the work
of learning is proportional to spikes.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thalia_dask.errors import ConfigError
from thalia_dask.jit import Floats, inlined, kernel
from thalia_dask.prefetch import prefetch
from thalia_dask.synapses.table import SynapseTable

DECAY_PRE, DECAY_POST, FIRST_OWN = 0, 1, 2
"""Columns of ``PlasticTable.params``: every rule has the decays of both traces, its own parameters follow."""
PRE, POST = 0, 1
"""Columns of ``PlasticTable.fade``."""
FAINT_FADE = np.float32(1e-6)
"""A factor in ``PlasticTable.fade`` that is smaller is put into the traces."""
CREDIT_FADE, CREDIT_SUM = 0, 1
"""Columns of ``PlasticTable.drift``."""
LONGEST_DECAY_STEPS = 1_000_000
"""Of a trace, whose decay in a step is a number of 24 bits: it is then right to one per cent or two."""
N_PARAMS = 10
MOST_KEPT = 2
"""Numbers for each synapse: what ``dopamine_stdp`` keeps. It counts on its two being next to each other."""
AHEAD = 64
"""How long before their turn the synapses of a cell, which are far apart in memory, are asked for."""
STATE = {
    "trace_fade": "fade",
    "trace_pre": "pre",
    "trace_post": "post",
    "trace_slow": "slow",
    "late_spikes": "late",
    "eligibility_step": "tagged",
    "eligibility": "eligibility",
    "credit": "credit",
    "credit_drift": "drift",
    "credit_cell": "cell_drift",
}
"""Name in a region's snapshot -> field of ``PlasticTable``: all that learning changes besides efficacies."""

_OWNER_BYTES, _LISTED_BYTES = 2, 12
"""Of each synapse of a region in which any learns; of each that does: its places in two lists, its eligibility."""

Indices = NDArray[np.uint32]


def decay(tau_ms: float, dt_ms: float) -> float:
    """What is left of a trace after a step.

    Raises
    ------
    ConfigError : if it decays more slowly than such a factor can tell.
    """
    if tau_ms > LONGEST_DECAY_STEPS * dt_ms:
        raise ConfigError(
            f"a time constant of {tau_ms:g} ms is more than {LONGEST_DECAY_STEPS} steps of {dt_ms:g} ms, so that "
            f"rounding would change how a trace decays; write {LONGEST_DECAY_STEPS * dt_ms:g} or less"
        )
    return math.exp(-dt_ms / tau_ms)


class Rule(ABC):
    """A learning rule: frozen parameters, and compiled updates in the same file."""

    code: ClassVar[int]
    """The rule's number in the dispatch of :mod:`thalia_dask.plasticity.updates`."""
    at_axon: ClassVar[bool] = True
    """Whether the synapses of an axon that fires are looked at, and are to be loaded ahead."""
    at_cell: ClassVar[bool] = True
    """Whether the synapses onto a cell that fires are."""
    n_kept: ClassVar[int] = 0
    """How many numbers the rule keeps for each synapse in ``PlasticTable.credit``, at most ``MOST_KEPT``."""

    largest: float = math.inf
    """Bound of an efficacy, in units of the mean initial one; what is drawn beyond it begins there."""

    @abstractmethod
    def pack(self, dt_ms: float, mean_weight: float, total_weight: float) -> list[float]:
        """At most ``N_PARAMS`` numbers for the kernels; weights in mV, of one synapse and of one target cell."""

    def lag_steps(self, dt_ms: float) -> int:  # noqa: ARG002
        """Steps that a target cell's spike takes back to its synapses."""
        return 0


@dataclass(frozen=True, slots=True)
class PlasticConnection:
    """Where a plastic connection lies: rows of the synapse table, target cells, receptor channel."""

    rule: Rule
    rows: tuple[int, int]
    targets: tuple[int, int]
    channel: int
    mean_weight: float
    total_weight: float


class PlasticTable(NamedTuple):
    """Plastic synapses of a region; one entry per connection, axon, target cell or synapse.

    Attributes
    ----------
    rule, params, row_first, row_last, target_first, target_last, slot_offset : per connection.
    at_axon, at_cell : bool per connection, as the rule says.
    lag, late_base : int64 per connection, ``Rule.lag_steps`` and where its part of ``late`` begins.
    axon_base, cell_base : per connection, where its axons and cells begin in the arrays below.
    out_first, out_last : int64 per axon, the slice of the synapse table in which its synapses lie, perhaps among
        others.
    out_mixed : bool per axon, whether there are others among them.
    owner : int16 per synapse of the region, the connection to which it belongs, or -1.
    fade : float32, shape (connections, 2), factors on ``pre`` and ``post``. All traces of a connection decay alike,
        so only these change in every step.
    pre : float32 per axon; times its factor, the trace of the axon's spikes.
    in_first, in_last : int64 per cell, its slice of the incoming index.
    post : float32 per cell; times its factor, the trace of the cell's spikes.
    slow : float32 per cell, a slow average of what the rule says, as it was in step ``tagged``; 1 at first.
    late : int64, for each connection and step of its lag one byte per cell, padded to whole words: spikes that are
        still on their way back to the synapses.
    tagged : int64 per cell, the step of its last event: to which its slow trace, and the eligibility of its
        synapses, has decayed.
    in_synapse, in_axon : uint32 per synapse, ordered by cell: positions in the synapse table and in ``pre``. Half
        as wide as other numbers, and without a sign that would have to be looked at: learning is bound by memory.
    eligibility : float32 per synapse.
    credit : float32, shape (synapses of the region, numbers that its rules keep for each); see ``Rule.n_kept``.
    drift, cell_drift : float64, shape (connections, 2) and per cell: see ``plasticity.dopamine_stdp`` and
        ``plasticity.synaptic_scaling``.
    scratch : float32, two numbers for each synapse in the slice of an axon, or onto a cell.
    """

    rule: NDArray[np.int64]
    params: Floats
    row_first: NDArray[np.int64]
    row_last: NDArray[np.int64]
    target_first: NDArray[np.int64]
    target_last: NDArray[np.int64]
    slot_offset: NDArray[np.int64]
    at_axon: NDArray[np.bool_]
    at_cell: NDArray[np.bool_]
    lag: NDArray[np.int64]
    late_base: NDArray[np.int64]
    axon_base: NDArray[np.int64]
    cell_base: NDArray[np.int64]
    out_first: NDArray[np.int64]
    out_last: NDArray[np.int64]
    out_mixed: NDArray[np.bool_]
    owner: NDArray[np.int16]
    fade: Floats
    pre: Floats
    in_first: NDArray[np.int64]
    in_last: NDArray[np.int64]
    post: Floats
    slow: Floats
    late: NDArray[np.int64]
    tagged: NDArray[np.int64]
    in_synapse: Indices
    in_axon: Indices
    eligibility: Floats
    credit: Floats
    drift: NDArray[np.float64]
    cell_drift: NDArray[np.float64]
    scratch: Floats


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


def _starts(counts: ArrayLike) -> NDArray[np.int64]:
    """Where each begins if there are so many of each, one after the other, and the end of all."""
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def learning_bytes(n_synapses: int, n_plastic: int, n_kept: int) -> int:
    """What the tables take by which so many plastic synapses of a region learn, with ``n_kept`` numbers of a rule."""
    of_all, of_plastic = _OWNER_BYTES + 4 * n_kept, _LISTED_BYTES
    return of_all * n_synapses + of_plastic * n_plastic if n_plastic else 0


def nobodys_bytes(plastic: PlasticTable) -> NDArray[np.bool_]:
    """Which bytes of ``late`` belong to no cell, bool, shape (8 * words,); a spike there would be of nobody."""
    mask = np.zeros(8 * len(plastic.late), np.bool_)
    for c, lag in enumerate(plastic.lag.tolist()):
        n_cells = int(plastic.target_last[c] - plastic.target_first[c])
        first, words = 8 * int(plastic.late_base[c]), late_words(n_cells)
        mask[first : first + 8 * words * lag].reshape(lag, 8 * words)[:, n_cells:] = True
    return mask


@inlined
def late_words(n_cells: int) -> int:
    """Words that hold a byte for each of so many cells."""
    return -(-n_cells // 8)


@inlined
def incoming(plastic: PlasticTable, cell: int) -> tuple[Indices, Indices]:
    """Positions of the synapses onto a cell in the synapse table, and of their axons in ``pre``."""
    mine = slice(plastic.in_first[cell], plastic.in_last[cell])
    return plastic.in_synapse[mine], plastic.in_axon[mine]


@inlined
def outgoing(plastic: PlasticTable, connection: int, axon: int) -> tuple[int, int, np.bool_, int]:
    """Where the synapses of an axon lie in the synapse table, whether others are among them, and the way to a cell.

    Those with ``mixed and owner != connection`` are others, which may not be changed. Rules write that out: as a
    function, compiled into their loops, it made a step up to a tenth longer.
    """
    to_cell = plastic.cell_base[connection] - plastic.slot_offset[connection] - plastic.target_first[connection]
    return plastic.out_first[axon], plastic.out_last[axon], plastic.out_mixed[axon], to_cell


@inlined
def cell_of(slot: int, owner: int, connection: int, mixed: np.bool_, to_cell: int) -> np.uint32:
    """The cell of a synapse in the slice of an axon; 0 if it is of another connection.

    Those are passed over without a branch: where the delays of two connections are mixed, nobody could foretell it.
    """
    return np.uint32(0) if mixed and owner != connection else np.uint32(slot + to_cell)


@inlined
def outgoing_traces(
    plastic: PlasticTable, connection: int, axon: int, synapses: SynapseTable
) -> tuple[int, int, np.bool_, Floats]:
    """Where the synapses of an axon lie, whether others are among them, and the traces of the cells of each.

    Traces are without their common factor.
    """
    first, last, mixed, to_cell = outgoing(plastic, connection, axon)
    owner, slot, traces = plastic.owner[first:last], synapses.slot[first:last], plastic.scratch[0, : last - first]
    for i in range(last - first):
        traces[i] = plastic.post[cell_of(slot[i], owner[i], connection, mixed, to_cell)]
    return first, last, mixed, traces


@inlined
def expect(values: Floats, places: Indices, i: int) -> None:
    """Begin to load what will be looked at some places after ``i``."""
    if i + AHEAD < places.shape[0]:
        prefetch(values, places[i + AHEAD])


@inlined
def bounded(weight: float, largest: float) -> float:
    """An efficacy between 0 and its largest value, which is negative for inhibition: it never changes its sign."""
    zero: Any = np.float32(0.0)
    low, high = (largest, -zero) if largest < zero else (zero, largest)
    if weight < low:
        return low
    return high if weight > high else weight
