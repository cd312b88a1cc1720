"""Blocks on disk: a Zarr v3 store that plain xarray opens, without this package.

``xarray.open_datatree(path, engine="zarr", consolidated=False)`` reads it, also while a run is still writing
and after one that was stopped: a block becomes visible only when all its values are on disk.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
import zarr
from zarr.core.buffer import Buffer
from zarr.storage import LocalStore, WrapperStore

from thalia_dask.errors import OutputError
from thalia_dask.recording.attributes import SOURCE
from thalia_dask.recording.block_store import BlockStore
from thalia_dask.recording.layout import Block, Layout, Values
from thalia_dask.recording.schema import CHUNK_LENGTH, ROOT, Variable

_METADATA = "zarr.json"
_Array = zarr.Array[Any]


def check_output(path: Path, *, overwrite: bool = False) -> None:
    """Refuse an output path that cannot be written, or must not be; change nothing.

    Raises
    ------
    OutputError : if something exists there and ``overwrite`` is false, if it exists and is no recording of
        this package, or if its folder is missing or not writable.
    """
    folder = path.absolute().parent
    if not folder.is_dir():
        raise OutputError(f"output {path}: the folder {folder} does not exist; create it or write another path")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"output {path}: the folder {folder} is not writable; write another path")
    if not os.path.lexists(path):
        return
    if not overwrite:
        raise OutputError(f"output {path} exists; write another path, or --overwrite to replace it")
    if not _is_recording(path):
        raise OutputError(
            f"output {path} exists and is not a recording of thalia_dask, so --overwrite does not delete it; "
            "write another path or remove it yourself"
        )


def _is_recording(path: Path) -> bool:
    metadata = path / _METADATA
    if path.is_symlink() or not metadata.is_file():
        return False
    try:
        attributes = json.loads(metadata.read_bytes())["attributes"]
        return "schema_version" in attributes and str(attributes["source"]).startswith(SOURCE)
    except (ValueError, KeyError, TypeError):  # the file is somebody else's, whatever is in it
        return False


class ZarrStore(BlockStore):
    """One writer that appends blocks to the arrays of one store.

    Parameters
    ----------
    path : the store, a folder; its parent must exist.
    overwrite : replace a recording that is already there.

    Raises
    ------
    OutputError : as :func:`check_output`, or where the disk refuses a write.
    """

    def __init__(self, path: Path, layout: Layout, *, overwrite: bool = False) -> None:
        check_output(path, overwrite=overwrite)
        self._path = path
        self._groups = layout.groups
        self._lengths: dict[tuple[str, str], int] = {}
        self._arrays: dict[tuple[str, str], tuple[Variable, _Array]] = {}
        try:
            if path.exists():
                shutil.rmtree(path)
            self._store = _StagedStore(path)
            self._create(layout)
        except OSError as error:
            raise OutputError(f"output {path} cannot be created: {error}; write another path") from error

    def append(self, block: Block) -> None:
        try:
            self._store.stage()
            for path, columns in block.items():
                for name, values in columns.items():
                    self._extend(path, name, values)
            self._store.commit()
        except OSError as error:
            raise OutputError(
                f"output {self._path} could not be written further: {error}; what was written before is "
                "complete and readable; free space on that disk or write another path"
            ) from error
        self._lengths = {key: array.shape[v.growing_axis or 0] for key, (v, array) in self._arrays.items()}

    def annotate(self, attributes: Mapping[str, object]) -> None:
        self._root.update_attributes(dict(attributes))

    def root(self) -> xr.Dataset:
        return self._in_order(xr.open_dataset(self._path, engine="zarr", consolidated=False, chunks=None), ROOT)

    def tree(self) -> xr.DataTree:
        opened = xr.open_groups(self._path, engine="zarr", consolidated=False, chunks=None)
        return xr.DataTree.from_dict(
            {path: self._in_order(opened[f"/{path.strip('/')}"], path) for path in self._groups}
        )

    def _in_order(self, dataset: xr.Dataset, path: str) -> xr.Dataset:
        """The folder lists its arrays in any order; show them as they are declared."""
        return dataset[[variable.name for variable in self._groups[path]]]

    def _create(self, layout: Layout) -> None:
        self._root = zarr.create_group(self._store, zarr_format=3, attributes=dict(layout.attributes))
        sizes = {name: len(values) for name, values in layout.fixed[ROOT].items()}
        for path, variables in layout.groups.items():
            group = self._root if path == ROOT else self._root.create_group(path)
            known = sizes | {name: len(values) for name, values in layout.fixed[path].items()}
            for variable in variables:
                array = _create_array(group, variable, known)
                if variable.name in layout.fixed[path]:
                    array[...] = layout.fixed[path][variable.name]
                else:
                    self._arrays[path, variable.name] = variable, array
                    self._lengths[path, variable.name] = 0

    def _extend(self, path: str, name: str, values: Values) -> None:
        """Write at the end of what is committed, so that a write that was interrupted can be repeated."""
        variable, array = self._arrays[path, name]
        axis = variable.growing_axis or 0
        start = self._lengths[path, name]
        stop = start + values.shape[axis]
        array.resize(tuple(stop if i == axis else length for i, length in enumerate(array.shape)))
        array[(slice(None),) * axis + (slice(start, stop),)] = values


def _create_array(group: zarr.Group, variable: Variable, sizes: Mapping[str, int]) -> _Array:
    return group.create_array(
        variable.name,
        shape=tuple(sizes.get(dim, 0) for dim in variable.dims),
        chunks=tuple(CHUNK_LENGTH.get(dim, max(sizes.get(dim, 0), 1)) for dim in variable.dims),
        dtype="string" if variable.dtype == "str" else variable.dtype,
        fill_value=np.nan if variable.dtype.startswith("float") else None,
        dimension_names=variable.dims,
        attributes={**variable.attributes},
    )


class _StagedStore(WrapperStore[LocalStore]):
    """A folder that can hold back the lengths of arrays until their values are written.

    A reader never sees arrays of unequal length: all metadata of a block is written at once, at its end.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(LocalStore(path))
        self._folder = path
        self._staged: dict[str, bytes] | None = None

    def stage(self) -> None:
        self._staged = {}

    async def set(self, key: str, value: Buffer) -> None:
        if self._staged is not None and key.endswith(_METADATA):
            self._staged[key] = value.to_bytes()
        else:
            await super().set(key, value)

    def commit(self) -> None:
        staged, self._staged = self._staged or {}, None
        for key, text in staged.items():
            partial = self._folder / f"{key}.partial"
            partial.write_bytes(text)
            partial.replace(self._folder / key)
