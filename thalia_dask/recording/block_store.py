"""Where the blocks of a recording go: memory or a Zarr store."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

import xarray as xr

from thalia_dask.recording.layout import Block


class BlockStore(ABC):
    """Joins blocks in the order in which they are appended."""

    @abstractmethod
    def append(self, block: Block) -> None:
        """Add what follows; a block need not have every group and variable."""

    @abstractmethod
    def secure(self) -> dict[str, dict[str, int]] | None:
        """Have everything appended so far on the disk; group -> growing dimension -> length, None in memory."""

    @abstractmethod
    def annotate(self, attributes: Mapping[str, object]) -> None:
        """Add root attributes, or replace those of the same name."""

    @abstractmethod
    def close(self) -> None:
        """Nothing will be appended any more; what there is stays readable."""

    @abstractmethod
    def root(self) -> xr.Dataset:
        """The root group alone."""

    @abstractmethod
    def tree(self) -> xr.DataTree:
        """Everything appended so far."""
