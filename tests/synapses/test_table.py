"""The table delivers each synapse's efficacy to its place in the ring, and adds up."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from thalia_dask.synapses.table import SynapseTable, deliver

N_ROWS, N_SLOTS, N_STEPS = 5, 7, 4

synapses = st.lists(
    st.tuples(
        st.integers(0, N_ROWS - 1), st.integers(0, N_SLOTS - 1), st.integers(-8, 8), st.integers(0, N_STEPS - 1)
    ),
    max_size=30,
)


@given(synapses=synapses, row=st.integers(0, N_ROWS - 1), step=st.integers(0, 10**9))
def test_deliver_adds_every_synapse_of_the_axon_after_its_delay(synapses, row: int, step: int) -> None:
    synapses = sorted(synapses, key=lambda synapse: synapse[0])
    rows, slots, weights, delays = (list(column) for column in zip(*synapses, strict=True)) if synapses else [[]] * 4
    table = SynapseTable(
        row_start=np.searchsorted(rows, np.arange(N_ROWS + 1)).astype(np.int64),
        slot=np.array(slots, np.int32),
        weight=np.array(weights, np.float32),
        delay=np.array(delays, np.uint16),
    )
    ring = np.zeros((N_STEPS, N_SLOTS), np.float32)
    deliver(row, step, table, ring)
    expected = np.zeros((N_STEPS, N_SLOTS), np.float32)
    for r, slot, weight, delay in synapses:
        if r == row:
            expected[(step + delay) % N_STEPS, slot] += weight
    np.testing.assert_array_equal(ring, expected)
