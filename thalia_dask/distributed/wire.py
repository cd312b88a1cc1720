"""Flat payloads: what crosses the wire is bytes, which always pickle and are read without a schema.

Integers are little-endian. Arrays start at multiples of four bytes and are decoded into memory that may be
written, so that a region sees the same kind of array whichever executor calls it.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thalia_dask.engine.executor import Emission
from thalia_dask.errors import ClusterError, ConfigError, RegionError, ThaliaError
from thalia_dask.regions.base import Snapshot, entry_as_array
from thalia_dask.spikes import Arrivals, Int32Array, Signal, SpikePacket
from thalia_dask.ticks import Window

_BATCH = struct.Struct("<qqqqii")  # epoch, sequence, start, stop, spikes, bytes of signals
_EMISSION = struct.Struct("<Bxxxiid4x")  # status, spikes, bytes of the table of observables, seconds
_SNAPSHOT = struct.Struct("<Bxxxi")  # status, bytes of the table of entries
_COUNT = struct.Struct("<q")
_OK, _FAILED = 0, 1
_DECLARED: dict[str, type[ThaliaError]] = {"ConfigError": ConfigError, "ClusterError": ClusterError}

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


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """What one region is asked to do: advance through a window, given what arrives in it.

    ``sequence`` counts the calls; ``epoch`` counts how often the region was rebuilt.
    """

    epoch: int
    sequence: int
    window: Window
    arrivals: Arrivals


def encode_batch(batch: Batch) -> bytes:
    """A batch as bytes."""
    window, arrivals = batch.window, batch.arrivals
    signals = b""
    if arrivals.signals:
        signals = json.dumps([(s.step, s.name, float(s.value)) for s in arrivals.signals]).encode()
    head = _BATCH.pack(batch.epoch, batch.sequence, window.start, window.stop, len(arrivals), len(signals))
    spikes = (_int32(arrivals.steps), _int32(arrivals.projections), _int32(arrivals.neurons))
    return b"".join((head, *spikes, signals))


def decode_batch(payload: bytes) -> Batch:
    """The batch that :func:`encode_batch` took."""
    epoch, sequence, start, stop, n_spikes, n_signal_bytes = _BATCH.unpack_from(payload)
    spikes = np.frombuffer(bytearray(payload), np.int32, 3 * n_spikes, _BATCH.size)
    steps, projections, neurons = spikes.reshape(3, n_spikes)
    signals: tuple[Signal, ...] = ()
    if n_signal_bytes:
        signals = tuple(Signal(*signal) for signal in json.loads(payload[-n_signal_bytes:]))
    return Batch(epoch, sequence, Window(start, stop), Arrivals(steps, projections, neurons, signals))


def encode_emission(emission: Emission) -> bytes:
    """An emission as bytes.

    Raises
    ------
    TypeError : if spikes are not integers, or an observed quantity is not real numbers.
    """
    spikes, observed = emission.spikes, emission.observed
    table = json.dumps([(name, len(values)) for name, values in observed.items()]).encode()
    head = _EMISSION.pack(_OK, len(spikes), len(table), emission.compute_seconds)
    series = (values.astype(np.float32, casting="same_kind").tobytes() for values in observed.values())
    return b"".join((head, _int32(spikes.steps), _int32(spikes.neurons), *series, table))


def decode_emission(payload: bytes) -> Emission:
    """The emission that :func:`encode_emission` took; raises what :func:`encode_failure` reports."""
    raise_if_failed(payload)
    _, n_spikes, n_table_bytes, seconds = _EMISSION.unpack_from(payload)
    memory = bytearray(payload)
    steps, neurons = np.frombuffer(memory, np.int32, 2 * n_spikes, _EMISSION.size).reshape(2, n_spikes)
    observed: dict[str, NDArray[np.float32]] = {}
    offset = _EMISSION.size + 8 * n_spikes
    for name, length in json.loads(payload[-n_table_bytes:]):
        observed[name] = np.frombuffer(memory, np.float32, length, offset)
        offset += 4 * length
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
    ConfigError, ClusterError : what the package itself declared there, with the traceback as a note.
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
    """A region's state as bytes: a table of its entries, then the memory of its arrays."""
    table: list[tuple[str, str, Any, Any]] = []
    buffers = []
    entries: dict[str, Any] = dict(snapshot)
    for name, value in entries.items():
        if isinstance(value, bool | int | float):
            table.append((name, "scalar", value, None))
            continue
        array = entry_as_array(name, value)
        table.append((name, "array" if isinstance(value, np.ndarray) else "tensor", array.dtype.str, array.shape))
        buffers.append(array.tobytes())
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
