"""What messages take, from two workers that really exchange some."""

from __future__ import annotations

from dataclasses import replace

import pytest

from thalia_dask.brain.message_costs import with_messages_measured
from thalia_dask.performance.machine import REFERENCE


@pytest.mark.cluster
def test_only_messages_are_measured_whatever_was_said_of_them() -> None:
    """Neither limit is met: what is found is that of this machine."""
    told = REFERENCE.with_messages(1.5)
    found = with_messages_measured(told, 2.0)
    factor = found.latency_seconds / told.latency_seconds
    assert 1 / 8 < factor < 7.5
    assert found == told.with_messages(factor)
    assert replace(found, send_seconds=0.0, receive_seconds=0.0, latency_seconds=0.0) == replace(
        REFERENCE, send_seconds=0.0, receive_seconds=0.0, latency_seconds=0.0
    )
