"""A spike in flight delivers each synapse of its axon once, after its delay, and then is gone."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from thalia_dask.synapses.flight import deliver, no_flight, send
from thalia_dask.synapses.table import SynapseTable

N_ROWS, N_SLOTS, N_STEPS = 4, 7, 25

synapses = st.lists(
    st.tuples(st.integers(0, N_ROWS - 1), st.integers(0, 9), st.integers(0, N_SLOTS - 1), st.integers(-8, 8)),
    max_size=40,
)
spikes = st.lists(st.tuples(st.integers(0, N_STEPS - 1), st.integers(0, N_ROWS - 1)), max_size=30).map(sorted)


@given(synapses=synapses, spikes=spikes, start=st.integers(0, 2**31 - 100))
def test_every_synapse_is_reached_after_its_delay(synapses, spikes, start: int) -> None:
    rows, delays, slots, weights = np.array(sorted(synapses), np.int64).reshape(-1, 4).T
    table = SynapseTable(
        row_start=np.searchsorted(rows, np.arange(N_ROWS + 1)).astype(np.int64),
        slot=slots.astype(np.int32),
        weight=weights.astype(np.float32),
        delay=delays.astype(np.uint16),
    )
    flight, n_flying = no_flight(40), 0
    expected = np.zeros((N_STEPS + 10, N_SLOTS), np.float32)
    for step, row in spikes:
        for r, delay, slot, weight in synapses:
            if r == row:
                expected[step + delay, slot] += weight
    for step in range(N_STEPS + 10):
        for _, row in (spike for spike in spikes if spike[0] == step):
            n_flying = send(row, start + step, table, flight, n_flying)
        current = np.zeros(N_SLOTS, np.float32)
        n_flying = deliver(start + step, table, flight, n_flying, current)
        np.testing.assert_array_equal(current, expected[step])
    assert n_flying == 0
