"""Passes over the spikes of a packet."""

from __future__ import annotations

import numpy as np

from thalia_dask.engine.packets import count_events


def test_events_are_spikes_of_one_projection_in_one_step() -> None:
    steps, projections = np.array([[3, 3, 3, 5, 5, 6], [0, 0, 1, 1, 1, 1]], np.int32)
    assert count_events(steps, projections) == 4
    assert count_events(steps[:1], projections[:1]) == 1
    assert count_events(steps[:0], projections[:0]) == 0
