"""What is encoded is decoded to the same bits; what went wrong there is raised here."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from thalia_dask.distributed import wire
from thalia_dask.engine.executor import Emission
from thalia_dask.errors import ClusterError, ConfigError, RegionError
from thalia_dask.spikes import Arrivals, Signal, SpikePacket
from thalia_dask.ticks import Window

int32 = st.integers(-(2**31), 2**31 - 1)
step = st.integers(0, 2**62)
names = st.text(max_size=8)
numbers = st.floats(allow_nan=False)


@given(
    spikes=st.lists(hnp.arrays(np.int32, st.tuples(st.just(3), st.integers(0, 50)), elements=int32), max_size=3),
    signals=st.lists(st.builds(Signal, step, names, numbers), max_size=4),
    order=st.builds(wire.Order, step, step, st.builds(Window, step, step), step, numbers),
)
def test_order(spikes, signals, order) -> None:
    given = [Arrivals(*arrays, tuple(signals)) for arrays in spikes]
    decoded, arrivals = wire.decode_order(wire.encode_order(order, given))
    assert decoded == order
    for actual, expected in zip(arrivals, given, strict=True):
        assert actual.signals == expected.signals
        for name in ("steps", "projections", "neurons"):
            array = getattr(actual, name)
            np.testing.assert_array_equal(array, getattr(expected, name))
            assert array.dtype == np.int32
            assert array.flags.writeable
            assert array.flags.aligned


@given(
    spikes=st.dictionaries(
        st.sampled_from("abc"), hnp.arrays(np.int32, st.tuples(st.just(2), st.integers(0, 9)), elements=int32)
    ),
    sequence=step,
    until=step,
)
def test_packets(spikes, sequence, until) -> None:
    packets = wire.Packets(until, {name: SpikePacket(*arrays) for name, arrays in spikes.items()})
    payload = wire.encode_packets(sequence, packets, {"a": 0, "b": 1, "c": 2})
    actual_sequence, actual = wire.decode_packets(payload, "abc")
    assert (actual_sequence, actual.until) == (sequence, until)
    assert list(actual.spikes) == list(spikes)
    for name, (steps, neurons) in spikes.items():
        np.testing.assert_array_equal(actual.spikes[name].steps, steps)
        np.testing.assert_array_equal(actual.spikes[name].neurons, neurons)


@given(
    spikes=hnp.arrays(np.int32, st.tuples(st.just(2), st.integers(0, 50)), elements=int32),
    observed=st.dictionaries(names, hnp.arrays(np.float32, st.integers(0, 9)), max_size=3),
    seconds=numbers,
    effort=st.builds(wire.Effort, numbers, numbers),
)
def test_report(spikes, observed, seconds, effort) -> None:
    payload = wire.encode_emission(Emission(SpikePacket(*spikes), observed, seconds))
    told, (decoded,) = wire.decode_report(wire.encode_report(effort, [payload]))
    assert told == effort
    np.testing.assert_array_equal(decoded.spikes.steps, spikes[0])
    np.testing.assert_array_equal(decoded.spikes.neurons, spikes[1])
    assert list(decoded.observed) == list(observed)
    for name, values in observed.items():
        np.testing.assert_array_equal(decoded.observed[name], values)
        assert decoded.observed[name].dtype == np.float32
    assert decoded.compute_seconds == seconds


def test_wide_integers_are_narrowed_and_fractions_refused() -> None:
    wide = SpikePacket(np.array([3], np.int64), np.array([4], np.int64))
    report = wire.encode_report(wire.Effort(0.0, 0.0), [wire.encode_emission(Emission(wide, {}, 0.0))])
    assert wire.decode_report(report)[1][0].spikes.neurons.dtype == np.int32
    with pytest.raises(TypeError, match="Cannot cast"):
        wire.encode_emission(Emission(SpikePacket(np.array([0.5]), np.array([1])), {}, 0.0))


def test_snapshot() -> None:
    snapshot = {
        "half": torch.arange(6, dtype=torch.float64).reshape(2, 3).T,
        "empty": torch.empty(0, 3),
        "mask": torch.tensor([True, False]),
        "point": torch.tensor(3, dtype=torch.int32),
        "array": np.arange(3, dtype=np.uint64),
        "key": 2**127 + 1,
        "share": 0.1,
        "on": True,
    }
    decoded = wire.decode_snapshot(wire.encode_snapshot(snapshot))
    assert list(decoded) == list(snapshot)
    for name, value in snapshot.items():
        assert type(decoded[name]) is type(value)
        if isinstance(value, torch.Tensor):
            assert decoded[name].dtype == value.dtype
            assert torch.equal(decoded[name], value)
            decoded[name].add_(1) if value.dtype is not torch.bool else decoded[name].logical_not_()
        else:
            np.testing.assert_array_equal(decoded[name], value)


def test_snapshot_of_something_else_is_refused() -> None:
    with pytest.raises(
        TypeError, match="the entry 'names' in the snapshot is a list; write a tensor, an array, an int or a float"
    ):
        wire.encode_snapshot({"names": ["a"]})


@pytest.mark.parametrize(
    "decode", [lambda payload: wire.decode_report(wire.join([payload])), wire.decode_snapshot, wire.raise_if_failed]
)
def test_failure(decode) -> None:
    with pytest.raises(
        RegionError, match=r"(?s)region 'cortex' failed .* step 7: ValueError: \udcff mögen\n"
    ) as caught:
        decode(wire.encode_failure("cortex", 7, "Traceback:\nValueError: \udcff mögen"))
    assert (caught.value.region, caught.value.step) == ("cortex", 7)


@pytest.mark.parametrize("kind", [ConfigError, ClusterError])
def test_declared_failure(kind) -> None:
    with pytest.raises(kind, match="size is -1"):
        wire.raise_if_failed(wire.encode_failure("cortex", 7, "Traceback", kind("size is -1")))
    assert wire.raise_if_failed(wire.DONE) is None


@given(st.lists(st.binary(max_size=40), max_size=6))
def test_joined_payloads_come_apart_as_they_were(payloads: list[bytes]) -> None:
    assert wire.split(wire.join(payloads)) == payloads
