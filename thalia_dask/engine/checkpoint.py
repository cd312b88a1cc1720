"""The complete state of a brain as a Zarr store, without pickle: anything that reads Zarr can look into it.

attributes              schema_version, source, config, now, signals, memory
regions/<region>/       one array for each tensor of the region's snapshot; its numbers are attributes
in_flight/              spikes along axons: steps, neurons, and one row of flights for each bundle of them
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import numpy as np
import zarr
from numpy.typing import NDArray

from thalia_dask.engine.orchestrator import TravelState
from thalia_dask.errors import CheckpointError, OutputError
from thalia_dask.regions.base import Snapshot, entry_as_array
from thalia_dask.spikes import Signal

SCHEMA_VERSION = 2
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
    """

    config: str
    travel: TravelState
    regions: Mapping[str, Snapshot]
    memory: Mapping[str, Any]


def write_checkpoint(path: Path, checkpoint: Checkpoint, *, overwrite: bool = False) -> None:
    """Write a checkpoint; a reader sees all of it or none of it.

    Raises
    ------
    OutputError : if something exists at ``path`` and ``overwrite`` is false or it is no checkpoint, or if the disk
        refuses.
    TypeError : if a snapshot holds something else than tensors, arrays and numbers.
    """
    _check_place(path, overwrite=overwrite)
    try:
        partial = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".partial", dir=path.absolute().parent))
    except OSError as error:
        raise OutputError(f"checkpoint {path} cannot be written: {error}; write another path") from error
    try:
        _write(partial / "new", checkpoint)
        _put_in_place(partial / "new", path, partial / "old")
    except OSError as error:
        raise OutputError(f"checkpoint {path} could not be written: {error}; write another path") from error
    finally:
        shutil.rmtree(partial)


def read_checkpoint(path: Path) -> Checkpoint:
    """Read what :func:`write_checkpoint` wrote.

    Raises
    ------
    CheckpointError : if there is nothing at ``path``, or something else, or a checkpoint of a later version.
    """
    if not os.path.lexists(path):
        raise CheckpointError(f"there is no checkpoint at {path}; write a path that brain.save(path) was given")
    attributes = _attributes(path)
    if not str(attributes.get("source", "")).startswith(SOURCE):
        raise CheckpointError(f"{path} is no checkpoint; write a path that brain.save(path) was given")
    if attributes["schema_version"] != SCHEMA_VERSION:
        raise CheckpointError(
            f"checkpoint {path} has schema version {attributes['schema_version']} and was written by "
            f"{attributes['source']}, but this is thalia_dask {version('thalia_dask')}, which reads version "
            f"{SCHEMA_VERSION}: load it with the version that wrote it"
        )
    root = zarr.open_group(path, mode="r")
    return Checkpoint(
        config=attributes["config"],
        travel=_read_travel(root, attributes),
        regions={name: _read_snapshot(_group(root, f"regions/{name}")) for name in attributes["regions"]},
        memory=attributes["memory"],
    )


def _check_place(path: Path, *, overwrite: bool) -> None:
    if not path.absolute().parent.is_dir():
        raise OutputError(
            f"checkpoint {path}: the folder {path.absolute().parent} does not exist; create it or write another path"
        )
    if not os.path.lexists(path):
        return
    if not overwrite:
        raise OutputError(f"checkpoint {path} exists; write another path, or overwrite=True to replace it")
    if path.is_symlink() or not str(_attributes(path).get("source", "")).startswith(SOURCE):
        raise OutputError(
            f"checkpoint {path} exists and is no checkpoint, so overwrite=True does not replace it; "
            "write another path or remove it yourself"
        )


def _put_in_place(new: Path, path: Path, old: Path) -> None:
    """Rename ``new`` to ``path``; what was there goes to ``old``, or back where that fails."""
    replaced = os.path.lexists(path)
    if replaced:
        path.rename(old)
    try:
        new.rename(path)
    except BaseException:
        if replaced:
            old.rename(path)
        raise


def _attributes(path: Path) -> dict[str, Any]:
    """The attributes of the root of a store; none where the file is somebody else's, whatever is in it."""
    try:
        attributes = json.loads((path / "zarr.json").read_bytes())["attributes"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return attributes if isinstance(attributes, dict) else {}


def _write(path: Path, checkpoint: Checkpoint) -> None:
    travel = checkpoint.travel
    root = zarr.create_group(
        path,
        zarr_format=3,
        attributes={
            "source": f"{SOURCE} {version('thalia_dask')}",
            "schema_version": SCHEMA_VERSION,
            "config": checkpoint.config,
            "now": travel.now,
            "signals": [[signal.step, signal.name, signal.value] for signal in travel.signals],
            "regions": list(checkpoint.regions),
            "memory": dict(checkpoint.memory),
        },
    )
    for name, snapshot in checkpoint.regions.items():
        _write_snapshot(root.create_group(f"regions/{name}"), name, snapshot)
    in_flight = root.create_group("in_flight", attributes={"regions": [region for region, *_ in travel.flights]})
    flights = [[projection, len(steps)] for _, projection, steps, _ in travel.flights]
    _write_array(in_flight, "flights", np.array(flights, np.int32).reshape(-1, 2))
    _write_array(in_flight, "steps", _join([steps for _, _, steps, _ in travel.flights]))
    _write_array(in_flight, "neurons", _join([neurons for _, _, _, neurons in travel.flights]))


def _read_travel(root: zarr.Group, attributes: Mapping[str, Any]) -> TravelState:
    in_flight = _group(root, "in_flight")
    flights = _read_array(in_flight, "flights")
    cuts = np.cumsum(flights[:, 1])[:-1]
    steps, neurons = (np.split(_read_array(in_flight, name), cuts) for name in ("steps", "neurons"))
    regions = cast("list[str]", in_flight.attrs["regions"])
    return TravelState(
        now=attributes["now"],
        flights=[(region, int(flights[i, 0]), steps[i], neurons[i]) for i, region in enumerate(regions)],
        signals=tuple(Signal(*signal) for signal in attributes["signals"]),
    )


def _write_snapshot(group: zarr.Group, region: str, snapshot: Snapshot) -> None:
    given: Mapping[str, Any] = snapshot
    numbers = {name: value for name, value in given.items() if isinstance(value, bool | int | float)}
    tensors = {name: value for name, value in given.items() if name not in numbers}
    for name, value in tensors.items():
        _write_array(group, name, entry_as_array(name, value, region))
    arrays = [name for name, value in tensors.items() if isinstance(value, np.ndarray)]
    group.update_attributes({"numbers": numbers, "tensors": list(tensors), "numpy": arrays})


def _read_snapshot(group: zarr.Group) -> Snapshot:
    snapshot: dict[str, Any] = dict(cast("dict[str, Any]", group.attrs["numbers"]))
    arrays = cast("list[str]", group.attrs["numpy"])
    for name in cast("list[str]", group.attrs["tensors"]):
        values = _read_array(group, name)
        snapshot[name] = values if name in arrays else _as_tensor(values)
    return snapshot


def _write_array(group: zarr.Group, name: str, values: NDArray[Any]) -> None:
    array = group.create_array(
        name.replace("/", "|"),
        shape=values.shape,
        chunks=tuple(max(1, length) for length in values.shape),
        dtype=values.dtype,
        config={"write_empty_chunks": True},  # earlier Zarr 3 takes -0.0 for empty, and gives back 0.0
    )
    array[...] = values


def _read_array(group: zarr.Group, name: str) -> NDArray[Any]:
    return np.array(cast("zarr.Array[Any]", group[name.replace("/", "|")])[...])


def _group(root: zarr.Group, path: str) -> zarr.Group:
    return cast("zarr.Group", root[path])


def _join(parts: list[NDArray[np.int32]]) -> NDArray[np.int32]:
    return np.concatenate([np.empty(0, np.int32), *parts])


def _as_tensor(values: NDArray[Any]) -> Any:
    import torch

    return torch.from_numpy(values)
