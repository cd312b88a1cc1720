"""What a learning rule declares, the table of all plastic synapses of a region, and how kernels go through it.

A connection is plastic if it has a rule. Its synapses stay where they are, in the region's synapse table; this
table adds traces of its axons and target cells, and an index by target cell (the incoming index), so that the work
of learning is proportional to spikes.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from thalia_dask.errors import ConfigError
from thalia_dask.jit import Floats, inlined
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
