"""Recordings as they are found on disk: read whole, or refused with the name of what is damaged."""

from __future__ import annotations

import json
import warnings
from itertools import product
from math import ceil, prod
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
import zarr
from zarr.errors import ZarrUserWarning

from thalia_dask.arguments import as_path
from thalia_dask.errors import InputError
from thalia_dask.recording.attributes import SOURCE, read_observables
from thalia_dask.recording.mark import is_recording
from thalia_dask.recording.schema import (
    COORDINATES,
    SCHEMA_VERSION,
    Groups,
    Variable,
    groups,
)
from thalia_dask.recording.staged_store import METADATA

_LARGEST_METADATA = 10_000_000
_MOST_LEFT_OUT = 100_000_000
"""Values of an array that another program wrote, some of whose chunks may be left out."""


def load_recording(path: str | Path) -> xr.DataTree:
    """Everything that a recording, or a copy of one that xarray saved, holds, in memory.

    Raises
    ------
    InputError : if there is no recording at ``path``, or it is of another version, derived from one, or damaged.
    """
    path = as_path(path, "the recording", "the path of one, such as 'runs/digits.zarr'")
    attributes = _root_attributes(path)
    if not str(attributes.get("source")).startswith(SOURCE) or "schema_version" not in attributes:
        raise InputError(f"'{path}' is a Zarr store, but no recording of thalia_dask; write the path of one")
    if attributes["schema_version"] != SCHEMA_VERSION:
        raise InputError(
            f"'{path}' is a recording of schema version {attributes['schema_version']}, written by "
            f"{attributes['source']}, and this version reads {SCHEMA_VERSION}: read it with the one that wrote it"
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ZarrUserWarning)  # of files that are no part of a recording
        return _read(path, attributes)


def _read(path: Path, attributes: dict[str, Any]) -> xr.DataTree:
    part = "attributes"
    copied = not is_recording(path)
    try:
        declared = _declared(path, attributes, copied=copied)
        datasets = {}
        for group, variables in declared.items():
            for variable in variables:
                part = f"{group}/{variable.name}".strip("/")
                _check(path / part, variable, copied=copied)
            part = group
            datasets[group] = _load(path, group, variables)
        return xr.DataTree.from_dict(datasets)
    except Exception as error:  # what Zarr, its codecs and xarray raise for what is none of theirs is not declared
        reason = f"({type(error).__name__}: {error})"
        if copied:
            raise InputError(
                f"'{path}' was written by another program, or derived, and is no recording any more: {part} is not "
                f"what a recording holds {reason}; read it with xarray"
            ) from error
        raise InputError(
            f"the recording '{path}' is damaged: {part} is not what was written {reason}; what else it holds can be "
            "read with xarray"
        ) from error


def _root_attributes(path: Path) -> dict[str, Any]:
    try:
        with (path / METADATA).open("rb") as file:
            content = file.read(_LARGEST_METADATA)
    except OSError:
        raise InputError(
            f"there is no recording at '{path}'; write the path of a RUN.zarr that thalia-dask run or train made"
        ) from None
    try:
        return dict(json.loads(content)["attributes"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(f"the recording '{path}' is damaged: attributes is not what was written") from error


def _declared(path: Path, attributes: dict[str, Any], *, copied: bool) -> Groups:
    """What the run was to record, by its config."""
    config = json.loads(attributes["config"])
    if config["global"]["seed"] != attributes["seed"] or config["global"]["dt_ms"] != attributes["dt_ms"]:
        raise ValueError("seed or dt_ms is not that of the config")
    store = zarr.open_group(path, mode="r", zarr_format=3)
    regions = [str(name) for name in np.asarray(store["region"][...])]  # type: ignore[index]
    _check(path / "region", COORDINATES[0], copied=copied)
    return groups(
        regions,
        read_observables(attributes),
        [region for region in regions if (path / region / "synapse").exists()],
        spikes=bool(config["recording"]["spikes"]),
        membrane_potential=bool(config["recording"]["membrane_potential"]),
        modulators=(path / "modulator").exists() or (path / "neuromodulator").exists(),
        oscillators=(path / "oscillator").exists() or (path / "oscillator_phase").exists(),
    )


def _check(folder: Path, variable: Variable, *, copied: bool) -> None:
    """Whether an array is the one that is declared, with all its chunks; before anything of its size is made.

    One that xarray ``copied`` has a ``_FillValue``, and no chunks that hold nothing else.
    """
    about = json.loads((folder / METADATA).read_bytes())
    shape, chunks, attributes = (
        about["shape"],
        about["chunk_grid"]["configuration"]["chunk_shape"],
        about["attributes"],
    )
    if copied:
        attributes.pop("_FillValue", None)
    if tuple(about["dimension_names"]) != variable.dims or attributes != variable.attributes:
        raise ValueError("its dimensions or attributes are others")
    if copied and prod(shape) <= _MOST_LEFT_OUT:
        return
    counts = [ceil(length / chunk) for length, chunk in zip(shape, chunks, strict=True)]
    present = {str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file()}
    if prod(counts) >= len(present):  # the metadata is a file too
        raise ValueError(f"{prod(counts)} chunks are expected, and {len(present) - 1} are there")
    lost = [
        name for place in product(*map(range, counts)) if (name := "/".join(["c", *map(str, place)])) not in present
    ]
    if lost:
        raise ValueError(f"the chunk {lost[0]} is missing")


def _load(path: Path, group: str, variables: tuple[Variable, ...]) -> xr.Dataset:
    loaded = xr.open_dataset(path, group=group, engine="zarr", consolidated=False, chunks=None).load()
    for variable in variables:
        if variable.name not in loaded.variables:  # xarray would make up a coordinate
            raise ValueError(f"{variable.name} is no array")
        kind = loaded[variable.name].dtype
        if variable.dtype != "str" and kind != np.dtype(variable.dtype):
            raise ValueError(f"{variable.name} has dtype {kind}")
    return loaded[[variable.name for variable in variables]]
