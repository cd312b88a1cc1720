"""Flat payloads: what crosses the wire is bytes, which always pickle and are read without a schema.

Integers are little-endian. Arrays start at multiples of four bytes and are decoded into memory that may be
written, so that a region sees the same kind of array whichever executor calls it.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thalia_dask.engine.executor import Emission
from thalia_dask.engine.span import Packets
from thalia_dask.errors import ClusterError, ConfigError, RegionError, StateError, ThaliaError, WorkerLostError
from thalia_dask.regions.base import Snapshot, plain_entries
from thalia_dask.spikes import NOTHING, Arrivals, Int32Array, Signal, SpikePacket
from thalia_dask.ticks import Window

_ORDER = struct.Struct("<qqqqqd")  # epoch, sequence, start, stop, window, patience in seconds
_ARRIVALS = struct.Struct("<ii")  # spikes, bytes of signals
_PACKETS = struct.Struct("<qqi4x")  # sequence, until, regions
_EFFORT = struct.Struct("<dd")  # wall and waiting seconds
_EMISSION = struct.Struct("<iid")  # spikes, bytes of the table of observables, seconds
_SNAPSHOT = struct.Struct("<Bxxxi")  # status, bytes of the table of entries
_COUNT = struct.Struct("<q")
_OK, _FAILED = 0, 1
_DECLARED: dict[str, type[ThaliaError]] = {
    "ConfigError": ConfigError,
    "StateError": StateError,
    "WorkerLostError": WorkerLostError,  # before its base, as a handler would stand
    "ClusterError": ClusterError,
}

DONE = bytes([_OK])
"""The reply of a call that has nothing to say."""


def join(payloads: Sequence[bytes]) -> bytes:
    """Several payloads as one: Dask takes half a millisecond longer for a list of them."""
    lengths = [len(payload) for payload in payloads]
    return b"".join((struct.pack(f"<{len(lengths) + 1}q", len(lengths), *lengths), *payloads))


def split(joined: bytes) -> list[bytes]:
    """The payloads that :func:`join` took."""
    (n_payloads,) = _COUNT.unpack_from(joined)
    lengths = struct.unpack_from(f"<{n_payloads}q", joined, _COUNT.size)
    edges = list(accumulate(lengths, initial=_COUNT.size * (n_payloads + 1)))
    return [joined[first:last] for first, last in pairwise(edges)]


@dataclass(frozen=True, slots=True)
class Order:
    """What a worker is asked to do: advance its regions through a span.

    Attributes
    ----------
    epoch : counts how often the regions were rebuilt.
    sequence : counts the orders.
    steps, window_steps : the span, and the longest stretch of it in which no region influences another.
    patience_s : how long to wait for other workers.
    """

    epoch: int
    sequence: int
    steps: Window
    window_steps: int
    patience_s: float


def encode_order(order: Order, arrivals: Sequence[Arrivals]) -> bytes:
    """An order as bytes, with what arrives in the regions of the worker, in their order."""
    steps = order.steps
    head = _ORDER.pack(order.epoch, order.sequence, steps.start, steps.stop, order.window_steps, order.patience_s)
    return join([head, *map(_encode_arrivals, arrivals)])


def decode_order(payload: bytes) -> tuple[Order, list[Arrivals]]:
    """What :func:`encode_order` took."""
    head, *arrivals = split(payload)
    epoch, sequence, start, stop, window_steps, patience_s = _ORDER.unpack(head)
    order = Order(epoch, sequence, Window(start, stop), window_steps, patience_s)
    return order, [_decode_arrivals(one) for one in arrivals]


def _encode_arrivals(arrivals: Arrivals) -> bytes:
    if not len(arrivals) and not arrivals.signals:
        return b""
    signals = b""
    if arrivals.signals:
        signals = json.dumps([(s.step, s.name, float(s.value)) for s in arrivals.signals]).encode()
    spikes = (_int32(arrivals.steps), _int32(arrivals.projections), _int32(arrivals.neurons))
    return b"".join((_ARRIVALS.pack(len(arrivals), len(signals)), *spikes, signals))


def _decode_arrivals(payload: bytes) -> Arrivals:
    if not payload:
        return NOTHING
    n_spikes, n_signal_bytes = _ARRIVALS.unpack_from(payload)
    spikes = np.frombuffer(bytearray(payload), np.int32, 3 * n_spikes, _ARRIVALS.size)
    steps, projections, neurons = spikes.reshape(3, n_spikes)
    signals: tuple[Signal, ...] = ()
    if n_signal_bytes:
        signals = tuple(Signal(*signal) for signal in json.loads(payload[-n_signal_bytes:]))
    return Arrivals(steps, projections, neurons, signals)


def encode_packets(sequence: int, packets: Packets, number: Mapping[str, int]) -> bytes:
    """Packets of the order ``sequence`` as bytes; ``number`` is a number for each region."""
    spikes = packets.spikes.values()
    table = np.array([[number[name], len(packet)] for name, packet in packets.spikes.items()], np.int32)
    arrays = (array for packet in spikes for array in (_int32(packet.steps), _int32(packet.neurons)))
    return b"".join((_PACKETS.pack(sequence, packets.until, len(packets.spikes)), table.tobytes(), *arrays))


def decode_packets(payload: bytes, names: Sequence[str]) -> tuple[int, Packets]:
    """Sequence and packets that :func:`encode_packets` took; ``names`` are the regions by number."""
    sequence, until, n_regions = _PACKETS.unpack_from(payload)
    memory = bytearray(payload)
    table = np.frombuffer(memory, np.int32, 2 * n_regions, _PACKETS.size).reshape(n_regions, 2)
    offset = _PACKETS.size + table.nbytes
    spikes = {}
    for number, n_spikes in table.tolist():
        steps, neurons = np.frombuffer(memory, np.int32, 2 * n_spikes, offset).reshape(2, n_spikes)
        offset += 8 * n_spikes
        spikes[names[number]] = SpikePacket(steps, neurons)
    return sequence, Packets(until, spikes)


@dataclass(frozen=True, slots=True)
class Effort:
    """Where the time of a worker's threads went while it carried out an order."""

    wall_seconds: float
    waiting_seconds: float


def encode_report(effort: Effort, emissions: Sequence[bytes]) -> bytes:
    """What a worker's regions emitted in a span, in their order, each by :func:`encode_emission`."""
    return join([bytes([_OK]) + _EFFORT.pack(effort.wall_seconds, effort.waiting_seconds), *emissions])


def decode_report(payload: bytes) -> tuple[Effort, list[Emission]]:
    """What :func:`encode_report` took; raises what :func:`encode_failure` reports."""
    head, *emissions = split(payload)
    raise_if_failed(head)
    return Effort(*_EFFORT.unpack_from(head, 1)), [_decode_emission(emission) for emission in emissions]


def encode_emission(emission: Emission) -> bytes:
    """An emission as bytes.

    Raises
    ------
    TypeError : if spikes are not integers, or an observed quantity is not real numbers.
    """
    spikes, observed = emission.spikes, emission.observed
    table = json.dumps([(name, values.shape) for name, values in observed.items()]).encode()
    head = _EMISSION.pack(len(spikes), len(table), emission.compute_seconds)
    series = (values.astype(np.float32, casting="same_kind").tobytes() for values in observed.values())
    return b"".join((head, _int32(spikes.steps), _int32(spikes.neurons), *series, table))


def _decode_emission(payload: bytes) -> Emission:
    n_spikes, n_table_bytes, seconds = _EMISSION.unpack_from(payload)
    memory = bytearray(payload)
    steps, neurons = np.frombuffer(memory, np.int32, 2 * n_spikes, _EMISSION.size).reshape(2, n_spikes)
    observed: dict[str, NDArray[np.float32]] = {}
    offset = _EMISSION.size + 8 * n_spikes
    for name, shape in json.loads(payload[-n_table_bytes:]):
        n_values = math.prod(shape)
        observed[name] = np.frombuffer(memory, np.float32, n_values, offset).reshape(shape)
        offset += 4 * n_values
    return Emission(SpikePacket(steps, neurons), observed, seconds)


def encode_failure(region: str, step: int, traceback: str, declared: ThaliaError | None = None) -> bytes:
    """An exception as bytes: its text alone, since exceptions themselves may fail to pickle or unpickle.

    ``declared`` is an error of this package that the caller shall see as such, not as a ``RegionError``.
    """
    kind = next((name for name, kind in _DECLARED.items() if isinstance(declared, kind)), None)
    report = {"region": region, "step": step, "traceback": traceback, "kind": kind, "text": str(declared)}
    return bytes([_FAILED]) + json.dumps(report).encode()


def raise_if_failed(payload: bytes) -> None:
    """Raise what :func:`encode_failure` reported, if that is what this payload is.

    Raises
    ------
    RegionError : an exception raised inside a region, with its remote traceback.
    ConfigError, StateError, ClusterError, WorkerLostError : what the package itself declared there, with the
        traceback as a note.
    """
    if payload[0] == _OK:
        return
    report = json.loads(payload[1:])
    if report["kind"] is None:
        raise RegionError(report["region"], report["step"], report["traceback"])
    error = _DECLARED[report["kind"]](report["text"])
    error.add_note(f"Traceback from the process of region '{report['region']}':\n{report['traceback']}")
    raise error


def encode_snapshot(snapshot: Snapshot) -> bytes:
    """A region's state as bytes: a table of its entries, then the memory of its arrays.

    Raises
    ------
    TypeError : if it is no snapshot (``plain_entries``).
    """
    table: list[tuple[str, str, Any, Any]] = []
    buffers = []
    for name, value in plain_entries(snapshot).items():
        if not isinstance(value, np.ndarray):
            table.append((name, "scalar", value, None))
            continue
        form = "array" if isinstance(snapshot[name], np.ndarray) else "tensor"
        table.append((name, form, value.dtype.str, value.shape))
        buffers.append(value.tobytes())
    head = json.dumps(table).encode()
    return b"".join((_SNAPSHOT.pack(_OK, len(head)), head, *buffers))


def decode_snapshot(payload: bytes) -> Snapshot:
    """The state that :func:`encode_snapshot` took, tensors on the CPU; raises what a failure reports."""
    raise_if_failed(payload)
    _, n_table_bytes = _SNAPSHOT.unpack_from(payload)
    offset = _SNAPSHOT.size + n_table_bytes
    snapshot: dict[str, Any] = {}
    for name, form, content, shape in json.loads(payload[_SNAPSHOT.size : offset]):
        if form == "scalar":
            snapshot[name] = content
            continue
        dtype = np.dtype(content)
        n_bytes = dtype.itemsize * int(np.prod(shape, dtype=np.int64))
        array = np.frombuffer(payload[offset : offset + n_bytes], dtype).reshape(shape).copy()
        offset += n_bytes
        snapshot[name] = array if form == "array" else _as_tensor(array)
    return snapshot


def _int32(array: Int32Array) -> bytes:
    return array.astype(np.int32, casting="same_kind", copy=False).tobytes()


def _as_tensor(array: NDArray[Any]) -> Any:
    import torch

    return torch.from_numpy(array)
