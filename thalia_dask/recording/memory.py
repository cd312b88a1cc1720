"""Blocks kept in memory, for runs without an output path."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from thalia_dask.recording.block_store import BlockStore
from thalia_dask.recording.dataset import build_dataset
from thalia_dask.recording.layout import Block, Layout, Values
from thalia_dask.recording.schema import ROOT, Variable


class MemoryStore(BlockStore):
    """Grows with the run; give the recorder a path where that is too much."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._attributes = dict(layout.attributes)
        sizes = {path: _fixed_sizes(layout, path) for path in layout.groups}
        self._parts: dict[str, dict[str, list[Values]]] = {
            path: {v.name: [_start(v, layout.fixed[path], sizes[path])] for v in variables}
            for path, variables in layout.groups.items()
        }

    def append(self, block: Block) -> None:
        for path, columns in block.items():
            for name, values in columns.items():
                self._parts[path][name].append(values)

    def secure(self) -> None:
        return None

    def close(self) -> None:
        return None

    def annotate(self, attributes: Mapping[str, object]) -> None:
        self._attributes |= attributes

    def root(self) -> xr.Dataset:
        return self._dataset(ROOT)

    def tree(self) -> xr.DataTree:
        return xr.DataTree.from_dict({path: self._dataset(path) for path in self._layout.groups})

    def _dataset(self, path: str) -> xr.Dataset:
        parts = self._parts[path]
        for variable in self._layout.groups[path]:
            if len(parts[variable.name]) > 1:
                parts[variable.name] = [np.concatenate(parts[variable.name], axis=variable.growing_axis)]
        values = {name: joined for name, (joined,) in parts.items()}
        return build_dataset(self._layout.groups[path], values, self._attributes if path == ROOT else {})


def _fixed_sizes(layout: Layout, path: str) -> dict[str, int]:
    """Length of each dimension that does not grow, as a group sees it: its own and the root's."""
    known = layout.fixed[ROOT] | layout.fixed[path]
    return {name: len(values) for name, values in known.items()}


def _start(variable: Variable, fixed: Mapping[str, Values], sizes: Mapping[str, int]) -> Values:
    if variable.name in fixed:
        return fixed[variable.name]
    return np.empty([sizes.get(dim, 0) for dim in variable.dims], variable.dtype)
