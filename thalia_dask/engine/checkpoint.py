"""The complete state of a brain in one file, without pickle: anything that reads Zarr can look into it.

attributes              what is here, the numbers, and the hash of every array; written last
regions/<region>/       one array for each tensor of the region's snapshot
in_flight/              spikes along axons: steps, neurons, and one row of flights for each projection
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, NonNegativeInt, ValidationError

from thalia_dask.arguments import as_path, check_flag
from thalia_dask.engine.sealed_file import DamageError, SealedReader, SealedWriter, flush_to_disk, what_to_do
from thalia_dask.engine.travel import TravelState
from thalia_dask.errors import CheckpointError, InputError, OutputError
from thalia_dask.regions.base import Snapshot, plain_entries
from thalia_dask.spikes import Signal

SCHEMA_VERSION = 3
SOURCE = "thalia_dask checkpoint"


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """Everything from which a brain goes on as if it had never stopped.

    Attributes
    ----------
    config : the resolved config as JSON text.
    travel : the step reached, and what is on its way between regions.
    regions : name -> the region's snapshot.
    memory : what the brain itself remembers, as JSON values by name.
    run : how far what drives the brain has come, as JSON values by name; None where nothing was said of it.
    """

    config: str
    travel: TravelState
    regions: Mapping[str, Snapshot]
    memory: Mapping[str, Any]
    run: Mapping[str, Any] | None = None


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class _Entries(_Strict):
    """The entries of one snapshot: numbers with their values, names of tensors, and which of these are arrays."""

    numbers: dict[str, bool | int | float]
    tensors: list[str]
    numpy: list[str]


class _Attributes(_Strict):
    source: str
    schema_version: int
    config: str
    now: NonNegativeInt
    signals: list[tuple[int, str, int | float]]
    regions: dict[str, _Entries]
    flights_to: list[str]
    memory: dict[str, Any]
    run: dict[str, Any] | None
    hashes: dict[str, str]
    seal: str


def write_checkpoint(path: str | Path, checkpoint: Checkpoint, *, overwrite: bool = False) -> None:
    """Write a checkpoint; a reader sees all of it or none of it, also after a loss of power.

    Raises
    ------
    OutputError : if ``path`` is no path, if something exists there and ``overwrite`` is false or it is no checkpoint,
        or if the disk refuses.
    InputError : if ``run`` holds something else than JSON values, or ``overwrite`` is neither true nor false.
    TypeError : if a snapshot holds something else than tensors, arrays and numbers.
    """
    check_flag(overwrite, "overwrite")
    path = as_path(path, "the path to save to", "one, such as 'runs/state.zarr'", OutputError)
    _check_place(path, overwrite=overwrite)
    _check_run(path, checkpoint.run)
    partial = path.with_name(f".{path.name}.partial")
    try:
        with SealedWriter(partial) as writer:
            _write(writer, checkpoint)
        partial.replace(path)
        flush_to_disk(path.absolute().parent)
    except OSError as error:
        raise OutputError(f"checkpoint {path} could not be written: {error}; {what_to_do(error)}") from error
    finally:
        partial.unlink(missing_ok=True)


def read_checkpoint(path: str | Path) -> Checkpoint:
    """Read what :func:`write_checkpoint` wrote, and verify it.

    Raises
    ------
    InputError : if ``path`` is no path.
    CheckpointError : if there is nothing there, or something else, or a checkpoint of another version, or one
        that is damaged: with the name of the damaged part, and a sound checkpoint before it in its series.
    """
    path = as_path(path, "the checkpoint", "the path of one, such as 'runs/state.zarr'")
    try:
        return _read(path)
    except CheckpointError as error:
        earlier = sound_before(path)
        if earlier is None:
            raise
        raise CheckpointError(f"{error}; the checkpoint before it is sound: {earlier}") from error


def sound_before(path: Path) -> Path | None:
    """The last sound checkpoint before ``path`` in its series, of names that differ in numbers alone; or None."""
    series, numbers = _place(path)
    beside = path.parent.iterdir() if path.parent.is_dir() else ()
    earlier = [one for one in beside if _place(one)[0] == series and _place(one)[1] < numbers]
    return next((one for one in sorted(earlier, key=_place, reverse=True) if _is_sound(one)), None)


def _place(path: Path) -> tuple[list[str], list[int]]:
    """The series that a file's name belongs to, and its place there."""
    parts = re.split(r"(\d+)", path.name)
    return parts[::2], [int(number) for number in parts[1::2]]


def _is_sound(path: Path) -> bool:
    if not path.is_file():
        return False
    try:
        _read(path)
    except CheckpointError:
        return False
    return True


def _read(path: Path) -> Checkpoint:
    if not os.path.lexists(path):
        raise CheckpointError(f"there is no checkpoint at {path}; write a path that brain.save(path) was given")
    try:
        if not _begins_like_one(path):
            raise CheckpointError(f"{path} is no checkpoint; write a path that brain.save(path) was given")
        with SealedReader(path) as reader:
            _check_kind(path, reader.attributes)
            reader.check_seal()
            attributes = _Attributes.model_validate_json(json.dumps(reader.attributes))
            return _decode(attributes, reader)
    except DamageError as error:
        raise CheckpointError(
            f"checkpoint {path} is damaged: {error} is not what was written; load another one"
        ) from error
    except PermissionError as error:
        raise CheckpointError(f"checkpoint {path} cannot be read ({error.strerror}); make it readable") from error
    except (ValidationError, ValueError) as error:
        raise CheckpointError(
            f"checkpoint {path} is whole, but was not written by thalia_dask {version('thalia_dask')}: {error}"
        ) from error


def _begins_like_one(path: Path) -> bool:
    """Whether it is a file that begins like a zip; more cannot be asked of one that is damaged."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) == b"PK\x03\x04"


def _check_kind(path: Path, attributes: Mapping[str, Any]) -> None:
    if not str(attributes.get("source")).startswith(SOURCE):
        raise CheckpointError(f"{path} is no checkpoint; write a path that brain.save(path) was given")
    if attributes.get("schema_version") != SCHEMA_VERSION:
        raise CheckpointError(
            f"checkpoint {path} has schema version {attributes.get('schema_version')} and was written by "
            f"{attributes['source']}, but this is thalia_dask {version('thalia_dask')}, which reads version "
            f"{SCHEMA_VERSION}: load it with the version that wrote it"
        )


def _check_place(path: Path, *, overwrite: bool) -> None:
    folder = path.absolute().parent
    if not folder.is_dir():
        raise OutputError(f"checkpoint {path}: the folder {folder} does not exist; create it or write another path")
    if not os.path.lexists(path):
        return
    if not overwrite:
        raise OutputError(f"checkpoint {path} exists; write another path, or overwrite=True to replace it")
    if not _claims_to_be_one(path):
        raise OutputError(
            f"checkpoint {path} exists and is no checkpoint, so overwrite=True does not replace it; "
            "write another path or remove it yourself"
        )


def _check_run(path: Path, run: object) -> None:
    if run is not None and not isinstance(run, Mapping):
        raise InputError(f"checkpoint {path}: run is {run!r}; write a mapping from names to JSON values")
    for name, value in (run or {}).items():
        if not isinstance(name, str):
            raise InputError(f"checkpoint {path}: run has the name {name!r}; write a text")
        try:
            json.dumps(value)
        except (TypeError, ValueError) as error:
            raise InputError(
                f"checkpoint {path}: run['{name}'] is {value!r}, which cannot be kept ({error}); write JSON values: "
                "int(x) or float(x) of a NumPy number, x.tolist() of an array"
            ) from error


def _claims_to_be_one(path: Path) -> bool:
    """Whether a file is a checkpoint of any version, damaged or not."""
    if path.is_symlink() or not path.is_file():
        return False
    try:
        with SealedReader(path) as reader:
            return str(reader.attributes.get("source")).startswith(SOURCE)
    except DamageError:
        return False


def _write(writer: SealedWriter, checkpoint: Checkpoint) -> None:
    travel = checkpoint.travel
    entries = {name: _write_snapshot(writer, name, snapshot) for name, snapshot in checkpoint.regions.items()}
    flights = [[projection, len(steps)] for _, projection, steps, _ in travel.flights]
    writer.array("in_flight", "flights", np.array(flights, np.int32).reshape(-1, 2))
    writer.array("in_flight", "steps", _join([steps for _, _, steps, _ in travel.flights]))
    writer.array("in_flight", "neurons", _join([neurons for _, _, _, neurons in travel.flights]))
    writer.seal(
        {
            "source": f"{SOURCE} {version('thalia_dask')}",
            "schema_version": SCHEMA_VERSION,
            "config": checkpoint.config,
            "now": travel.now,
            "signals": [[signal.step, signal.name, signal.value] for signal in travel.signals],
            "regions": {name: one.model_dump() for name, one in entries.items()},
            "flights_to": [region for region, *_ in travel.flights],
            "memory": dict(checkpoint.memory),
            "run": None if checkpoint.run is None else dict(checkpoint.run),
        }
    )


def _write_snapshot(writer: SealedWriter, region: str, snapshot: Snapshot) -> _Entries:
    entries = plain_entries(snapshot, region)
    arrays = {name: value for name, value in entries.items() if isinstance(value, np.ndarray)}
    for name, array in arrays.items():
        writer.array(f"regions/{region}", name, array)
    return _Entries(
        numbers={name: value for name, value in entries.items() if not isinstance(value, np.ndarray)},
        tensors=list(arrays),
        numpy=[name for name in arrays if isinstance(snapshot[name], np.ndarray)],
    )


def _decode(attributes: _Attributes, reader: SealedReader) -> Checkpoint:
    bundles, steps, neurons = (reader.array("in_flight", name) for name in ("flights", "steps", "neurons"))
    if any(array.dtype != np.int32 for array in (bundles, steps, neurons)) or bundles.shape[1:] != (2,):
        raise DamageError("in_flight")
    if not (bundles[:, 1] > 0).all() or steps.shape != neurons.shape or steps.shape != (bundles[:, 1].sum(),):
        raise DamageError("in_flight/flights")
    ends = np.cumsum(bundles[:, 1])
    parts = [slice(end - length, end) for end, length in zip(ends, bundles[:, 1], strict=True)]
    flights = [
        (region, int(projection), steps[part].copy(), neurons[part].copy())
        for region, projection, part in zip(attributes.flights_to, bundles[:, 0], parts, strict=True)
    ]
    travel = TravelState(attributes.now, flights, tuple(Signal(*signal) for signal in attributes.signals))
    regions = {name: _decode_snapshot(name, entries, reader) for name, entries in attributes.regions.items()}
    return Checkpoint(attributes.config, travel, regions, attributes.memory, attributes.run)


def _decode_snapshot(region: str, entries: _Entries, reader: SealedReader) -> Snapshot:
    snapshot: dict[str, Any] = dict(entries.numbers)
    for name in entries.tensors:
        values = reader.array(f"regions/{region}", name)
        snapshot[name] = values if name in entries.numpy else _as_tensor(values)
    return snapshot


def _join(parts: Sequence[NDArray[np.int32]]) -> NDArray[np.int32]:
    return np.concatenate([np.empty(0, np.int32), *parts])


def _as_tensor(values: NDArray[Any]) -> Any:
    import torch

    return torch.from_numpy(values)
