"""What orders and messages take, from two workers that really exchange some."""

from __future__ import annotations

import pytest

from thalia_dask.brain.message_costs import with_messages_measured
from thalia_dask.performance.machine import REFERENCE


@pytest.mark.cluster
def test_orders_and_messages_are_measured_and_nothing_else_is_changed() -> None:
    """Neither limit is met: what is found is that of this machine."""
    found = with_messages_measured(REFERENCE)
    factor = found.latency_seconds / REFERENCE.latency_seconds
    assert 0.13 < factor < 7.5
    assert found.send_seconds == pytest.approx(factor * REFERENCE.send_seconds)
    assert found.receive_seconds == pytest.approx(factor * REFERENCE.receive_seconds)
    assert 1e-4 < found.call_seconds < 3e-2
    assert found.call_seconds != REFERENCE.call_seconds
    assert found.task_seconds == REFERENCE.task_seconds
