"""Blocks on disk: a Zarr v3 store that plain xarray opens, without this package.

``xarray.open_datatree(path, engine="zarr", consolidated=False)`` reads it, also while a run is still writing
and after one that was stopped: a block becomes visible only when all its values are on disk.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
import zarr
from zarr.codecs import ZstdCodec

from thalia_dask.engine.sealed_file import what_to_do
from thalia_dask.errors import OutputError
from thalia_dask.recording.block_store import BlockStore
from thalia_dask.recording.layout import Block, Layout, Position, Values
from thalia_dask.recording.lock import FolderLock
from thalia_dask.recording.mark import MARK, is_recording, write_mark
from thalia_dask.recording.schema import CHUNK_LENGTH, ROOT, Variable
from thalia_dask.recording.staged_store import StagedStore

_Array = zarr.Array[Any]


def check_output(path: Path, *, overwrite: bool = False) -> None:
    """Refuse an output path that cannot be written, or must not be; change nothing.

    Raises
    ------
    OutputError : if something exists there and ``overwrite`` is false, if it exists and is no recording that
        this package wrote or one that is being written, or if its folder is missing or not writable.
    """
    folder = path.absolute().parent
    if not folder.is_dir():
        raise OutputError(f"output {path}: the folder {folder} does not exist; create it or write another path")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"output {path}: the folder {folder} is not writable; write another path")
    if not os.path.lexists(path):
        return
    if path.is_dir():
        FolderLock(path).release()
    if not is_recording(path):
        raise OutputError(
            f"output {path} exists and is no recording that thalia_dask wrote (it has no {MARK}; copies, what was "
            "derived and recordings of early versions have none), so it is not replaced; write another path or "
            "remove it yourself"
        )
    if not overwrite:
        raise OutputError(
            f"output {path} exists; write another path, or --overwrite (in Python overwrite=True) to replace it"
        )


class ZarrStore(BlockStore):
    """One writer that appends blocks to the arrays of one store.

    Parameters
    ----------
    path : the store, a folder; its parent must exist.
    overwrite : replace a recording that is already there.
    position : go on with the recording that is there, and cut off what it holds beyond.

    Raises
    ------
    OutputError : as :func:`check_output`, where the disk refuses a write, or where the recording to go on with is
        another one.
    """

    def __init__(
        self, path: Path, layout: Layout, *, overwrite: bool = False, position: Position | None = None
    ) -> None:
        self._path = path
        self._groups = layout.groups
        self._lengths: dict[tuple[str, str], int] = {}
        self._arrays: dict[tuple[str, str], tuple[Variable, _Array]] = {}
        if position is None:
            check_output(path, overwrite=overwrite)
        elif not is_recording(path):
            raise OutputError(f"there is no recording that thalia_dask wrote at {path} to go on with")
        try:
            with ExitStack() as on_failure:
                path.mkdir(exist_ok=True)
                self._lock = FolderLock(path)
                on_failure.callback(self._lock.release)
                self._store = StagedStore(path)
                if position is None:
                    write_mark(path)
                    _clear(path)
                    self._create(layout)
                else:
                    self._reopen(layout, position)
                on_failure.pop_all()
        except OSError as error:
            if isinstance(error, OutputError):
                raise
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
                "complete and readable; mend that, then go on from the last checkpoint (thalia-dask resume), or "
                "write another path"
            ) from error
        self._lengths = {key: array.shape[v.growing_axis or 0] for key, (v, array) in self._arrays.items()}

    def secure(self) -> dict[str, dict[str, int]]:
        try:
            self._store.flush_to_disk()
        except OSError as error:
            raise OutputError(
                f"output {self._path} could not be brought to the disk: {error}; {what_to_do(error)}"
            ) from error
        lengths: dict[str, dict[str, int]] = {}
        for (path, name), length in self._lengths.items():
            variable, _ = self._arrays[path, name]
            lengths.setdefault(path, {})[variable.dims[variable.growing_axis or 0]] = length
        return lengths

    def close(self) -> None:
        self._lock.release()

    def annotate(self, attributes: Mapping[str, object]) -> None:
        try:
            self._root.update_attributes(dict(attributes))
        except OSError as error:
            raise OutputError(
                f"the attributes of output {self._path} cannot be written: {error}; {what_to_do(error)}"
            ) from error

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

    def _reopen(self, layout: Layout, position: Position) -> None:
        """Take up the arrays that are there, as long as they were at a position."""
        for leftover in self._path.rglob("*.partial"):
            leftover.unlink()
        try:
            self._root = zarr.open_group(self._store, mode="r+", zarr_format=3)
            same = all(self._root.attrs.get(name) == layout.attributes[name] for name in ("seed", "dt_ms"))
            found = {
                (path, variable.name): (variable, _open_array(self._root, path, variable))
                for path, variables in layout.groups.items()
                for variable in variables
                if variable.growing_axis is not None
            }
        except (KeyError, ValueError, TypeError, FileNotFoundError) as error:
            raise OutputError(f"recording {self._path} is damaged: {error}") from error
        self._store.stage()
        for (path, name), (variable, array) in found.items():
            axis = variable.growing_axis or 0
            length = position.length(path, variable.dims[axis])
            if not same or array.shape[axis] < length:
                raise OutputError(
                    f"the recording {self._path} does not belong to this checkpoint: {path.strip('/')}/{name} has "
                    f"{array.shape[axis]} values along '{variable.dims[axis]}', and {length} had been written"
                )
            array.resize(tuple(length if i == axis else n for i, n in enumerate(array.shape)))
            self._arrays[path, name], self._lengths[path, name] = (variable, array), length
        self._store.commit()

    def _extend(self, path: str, name: str, values: Values) -> None:
        """Write at the end of what is committed, so that a write that was interrupted can be repeated."""
        variable, array = self._arrays[path, name]
        axis = variable.growing_axis or 0
        start = self._lengths[path, name]
        stop = start + values.shape[axis]
        array.resize(tuple(stop if i == axis else length for i, length in enumerate(array.shape)))
        array[(slice(None),) * axis + (slice(start, stop),)] = values


def _clear(folder: Path) -> None:
    """Empty a folder, and keep it, for the lock is on it, and its mark: whatever is left can be replaced again."""
    mark = folder / MARK
    for item in [*folder.iterdir(), *mark.parent.iterdir()]:
        if item in (mark, mark.parent):
            continue
        if item.is_dir():
            shutil.rmtree(item)
        else:
            item.unlink()


def _open_array(root: zarr.Group, path: str, variable: Variable) -> _Array:
    array = root[f"{path.strip('/')}/{variable.name}".strip("/")]
    if not isinstance(array, zarr.Array) or array.metadata.dimension_names != variable.dims:  # type: ignore[union-attr]
        raise ValueError(f"{path.strip('/')}/{variable.name} is not the array that was written")
    return array


def _create_array(group: zarr.Group, variable: Variable, sizes: Mapping[str, int]) -> _Array:
    return group.create_array(
        variable.name,
        shape=tuple(sizes.get(dim, 0) for dim in variable.dims),
        chunks=tuple(CHUNK_LENGTH.get(dim, max(sizes.get(dim, 0), 1)) for dim in variable.dims),
        dtype="string" if variable.dtype == "str" else variable.dtype,
        fill_value=np.nan if variable.dtype.startswith("float") else None,
        dimension_names=variable.dims,
        attributes={**variable.attributes},
        compressors=ZstdCodec(checksum=True),  # so that damage is noticed when it is read
        config={"write_empty_chunks": True},  # so that a chunk that is missing is one that was lost
    )
