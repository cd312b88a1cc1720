"""Passes over the spikes of a packet."""

from __future__ import annotations

import numpy as np

from thalia_dask.engine.packets import count_arrivals, count_carried


def test_arrivals_are_counted_by_step_and_events_by_projection_and_step() -> None:
    steps, projections = np.array([[3, 3, 3, 5, 5, 6], [0, 0, 1, 1, 1, 1]], np.int32)
    counts = np.zeros(4, np.int32)
    assert count_arrivals(steps, projections, 3, counts) == 4
    assert counts.tolist() == [3, 0, 2, 1]
    assert count_arrivals(steps[:1], projections[:1], 3, counts) == 1
    assert count_arrivals(steps[:0], projections[:0], 3, counts) == 0
    assert counts.tolist() == [4, 0, 2, 1]


def test_spikes_that_leave_a_slice_are_counted_where_they_arrive_in_time() -> None:
    steps, neurons = np.array([[0, 0, 0, 0, 2, 3, 4], [0, 1, 2, 3, 2, 9, 2]], np.int32)
    counts = np.zeros(5, np.int32)
    assert count_carried(steps, neurons, 1, 3, 1, counts) == 2
    assert counts.tolist() == [0, 2, 0, 1, 0]
