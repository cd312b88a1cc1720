"""A spike in flight delivers each synapse of its axon once, after its delay, and then is gone."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from thalia_dask.synapses.flight import LAST, Agenda, agenda_from, agenda_room, begin, deliver, no_flight, send
from thalia_dask.synapses.short_term import index_short_term
from thalia_dask.synapses.table import SynapseTable

N_ROWS, N_SLOTS, N_STEPS = 4, 7, 25

synapses = st.lists(
    st.tuples(st.integers(0, N_ROWS - 1), st.integers(0, 9), st.integers(0, N_SLOTS - 1), st.integers(-8, 8)),
    max_size=40,
)
spikes = st.lists(st.tuples(st.integers(0, N_STEPS - 1), st.integers(0, N_ROWS - 1)), max_size=30).map(sorted)


agendas = st.builds(
    lambda n_steps, room: Agenda(
        np.empty((n_steps, room), np.int32), np.zeros(n_steps, np.int64), np.zeros(4, np.int64)
    ),
    st.integers(1, 12),
    st.integers(0, 8),
)


def table_of(synapses) -> SynapseTable:
    rows, delays, slots, weights = np.array(sorted(synapses), np.int64).reshape(-1, 4).T
    return SynapseTable(
        row_start=np.searchsorted(rows, np.arange(N_ROWS + 1)).astype(np.int64),
        slot=slots.astype(np.int32),
        weight=weights.astype(np.float32),
        delay=delays.astype(np.uint16),
    )


def input_of(table: SynapseTable, agenda: Agenda, spikes, start: int, window: int) -> np.ndarray:
    """What reaches every slot in every step, (steps, slots), and nothing stays in flight."""
    current = np.zeros((N_STEPS + 10, N_SLOTS), np.float32)
    flight, n_flying = no_flight(40), 0
    for step in range(N_STEPS + 10):
        if step % window == 0:
            stop = start + min(step + window, N_STEPS + 10)
            agenda.marks[LAST] = start + step
        if start + step == agenda.marks[LAST]:
            begin(start + step, stop, agenda)
        for _, row in (spike for spike in spikes if spike[0] == step):
            n_flying = send(row, start + step, table, flight, n_flying)
        n_flying = deliver(start + step, table, agenda, flight, n_flying, current[step])
    assert n_flying == 0
    return current


@given(synapses, spikes, agendas, st.integers(0, 2**31 - 100), st.integers(1, 20))
def test_every_synapse_is_reached_after_its_delay(synapses, spikes, agenda: Agenda, start: int, window: int) -> None:
    expected = np.zeros((N_STEPS + 10, N_SLOTS), np.float32)
    for step, row in spikes:
        for r, delay, slot, weight in synapses:
            if r == row:
                expected[step + delay, slot] += weight
    np.testing.assert_array_equal(input_of(table_of(synapses), agenda, spikes, start, window), expected)


@given(synapses, spikes, agendas, st.integers(1, 20))
def test_spikes_are_added_in_the_order_in_which_they_were_sent(synapses, spikes, agenda: Agenda, window: int) -> None:
    """The sum of efficacies that differ by orders of magnitude tells their order."""
    table = table_of(synapses)
    table = table._replace(weight=np.float32(0.3) * np.float32(37.0) ** table.weight)
    expected = np.zeros((N_STEPS + 10, N_SLOTS), np.float32)
    for step, row in spikes:
        for k in range(table.row_start[row], table.row_start[row + 1]):
            expected[step + table.delay[k], table.slot[k]] += table.weight[k]
    np.testing.assert_array_equal(input_of(table, agenda, spikes, 0, window), expected)


def test_an_agenda_is_for_axons_that_reach_their_synapses_one_by_one() -> None:
    one_by_one = table_of([(row, delay, 0, 1) for row in range(N_ROWS) for delay in range(9)])
    at_once = table_of([(row, 3, slot, 1) for row in range(N_ROWS) for slot in range(N_SLOTS)])
    for table, fits in ((one_by_one, True), (at_once, False)):
        nothing_short_term = index_short_term([], np.empty(0, np.int16), table, dt_ms=0.1)
        assert (agenda_room(table, nothing_short_term) > 0) == fits


def test_an_interrupted_window_leaves_nothing_due() -> None:
    """Its agenda is that of the next window, of whatever region, that this thread computes."""
    table, one_spike = table_of([(0, delay, slot, 1) for delay in range(9) for slot in range(3)]), [(0, 0)]
    agenda, flight = agenda_from(0, 64), no_flight(40)
    begin(0, 20, agenda)
    n_flying = send(0, 0, table, flight, 0)
    deliver(0, table, agenda, flight, n_flying, np.zeros(N_SLOTS, np.float32))
    assert agenda.n_due.any()
    assert not input_of(table, agenda_from(0, 64), [], 0, 20).any()
    assert input_of(table, agenda_from(0, 64), one_spike, 0, 20).sum() == 27
