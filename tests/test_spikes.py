"""What travels is empty by default, countable, frozen, and survives the way to another process."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from thalia_dask.spikes import Arrivals, Signal, SpikePacket


def test_nothing_is_an_empty_int32_packet() -> None:
    for empty in (SpikePacket(), Arrivals()):
        assert len(empty) == 0
        assert empty.steps.dtype == empty.neurons.dtype == np.int32
    assert Arrivals().signals == ()


def test_empty_packets_share_nothing() -> None:
    assert SpikePacket().steps is not SpikePacket().steps


def test_packets_count_spikes_and_travel() -> None:
    steps, projections, neurons = (np.array(values, np.int32) for values in ([3, 3, 5], [0, 1, 0], [2, 0, 2]))
    sent = Arrivals(steps, projections, neurons, (Signal(3, "dopamine", -0.5),))
    got = pickle.loads(pickle.dumps(sent))  # noqa: S301
    assert len(got) == 3
    for name in ("steps", "projections", "neurons"):
        np.testing.assert_array_equal(getattr(got, name), getattr(sent, name))
    assert got.signals == (Signal(3, "dopamine", -0.5),)


def test_packets_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        SpikePacket().steps = np.empty(0, np.int32)
    with pytest.raises(FrozenInstanceError):
        Signal(0, "reset", 0.0).step = 1
