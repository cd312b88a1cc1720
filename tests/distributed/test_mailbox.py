"""Packets reach the span that they belong to, whenever they come."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from tests.toy_regions import SilentRegion
from tests.toy_spans import Noting, span
from thalia_dask.distributed.mailbox import Mailbox
from thalia_dask.distributed.wire import encode_packets
from thalia_dask.engine.span import Packets
from thalia_dask.errors import ClusterError
from thalia_dask.spikes import SpikePacket


def test_mailbox_keeps_what_is_early_and_throws_away_what_is_late() -> None:
    log: list[tuple[str, int, int]] = []
    homes, axons = {"a": "here", "far": "there"}, [("far", "a", 4)]
    mailbox = Mailbox(("a", "far"))

    def message(sequence: int, step: int) -> bytes:
        packet = SpikePacket(np.array([step], np.int32), np.zeros(1, np.int32))
        return encode_packets(sequence, Packets(12, {"far": packet}), {"a": 0, "far": 1})

    mailbox.receive("there", message(2, 1))
    mailbox.receive("there", message(3, 2))
    for sequence, arrived in ((2, [1 + 4]), (3, [2 + 4])):
        region = Noting("a", log)
        one = span(homes, axons, {"a": region})
        mailbox.attach(sequence, one)
        mailbox.receive("there", message(sequence - 1, 0))
        one.work()
        mailbox.detach()
        assert region.arrived == arrived
        one.result()


def test_abandoned_span_ends() -> None:
    one = span({"a": "here", "far": "there"}, [("far", "a", 4)], {"a": SilentRegion()})
    mailbox = Mailbox(("a", "far"))
    mailbox.attach(1, one)
    thread = threading.Thread(target=one.work)
    thread.start()
    mailbox.abandon(1)
    thread.join(10)
    with pytest.raises(ClusterError, match="another worker could not carry out its part"):
        one.result()
