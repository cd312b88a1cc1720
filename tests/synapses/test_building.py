"""The table holds every synapse of every connection once, by axon, then delay."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from thalia_dask.synapses import draws
from thalia_dask.synapses.building import Placement, build
from thalia_dask.synapses.connectivity import EdgeList
from thalia_dask.synapses.draws import GivenDraw

edge = st.tuples(st.integers(0, 3), st.integers(0, 4), st.integers(-9, 9), st.integers(0, 12))
connections = st.lists(
    st.tuples(st.lists(edge, max_size=30), st.integers(0, 3), st.integers(-1, 2), st.sampled_from([1.0, 0.5])),
    max_size=4,
)


@given(connections=connections)
def test_every_synapse_is_in_its_row_in_order(connections) -> None:
    placements, expected = [], []
    for number, (synapses, first_row, owner, scale) in enumerate(connections):
        columns = np.array(synapses, np.int32).reshape(-1, 4).T
        edges = EdgeList(columns[0], columns[1], columns[2].astype(np.float32), columns[3])
        placements.append(Placement(GivenDraw(edges), first_row, 10 * number, scale, owner))
        expected += [
            (first_row + s, d, number, i, 10 * number + t, scale * w, owner)
            for i, (s, t, w, d) in enumerate(synapses)
        ]
    table, owners = build(8, placements)
    rows = np.repeat(np.arange(8), np.diff(table.row_start)).tolist()
    actual = list(zip(rows, table.delay.tolist(), table.slot.tolist(), table.weight.tolist(), strict=True))
    assert actual == [(row, d, slot, w) for row, d, _, _, slot, w, _ in sorted(expected)]
    if any(owner >= 0 for *_, owner, _ in connections):
        assert owners.tolist() == [owner for *_, owner in sorted(expected)]
    else:
        assert len(owners) == 0


def test_blocks_do_not_change_the_table(monkeypatch) -> None:
    rng = np.random.default_rng(1)
    edges = EdgeList(*(rng.integers(0, 8, 500).astype(t) for t in (np.int32, np.int32, np.float32, np.int32)))
    tables = []
    for size in (1 << 16, 7):
        monkeypatch.setattr(draws, "_SYNAPSES_AT_ONCE", size)
        tables.append(build(8, [Placement(GivenDraw(edges), 0, 0, 1.0, -1)])[0])
    for one, other in zip(*tables, strict=True):
        np.testing.assert_array_equal(one, other)
