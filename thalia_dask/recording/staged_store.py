"""A Zarr store in a folder that shows a block only when all of it is there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from zarr.core.buffer import Buffer
from zarr.storage import LocalStore, WrapperStore

from thalia_dask.engine.sealed_file import flush_to_disk

METADATA = "zarr.json"
_FLUSHERS = 16
"""Files that wait for the disk at the same time share its waits."""


class StagedStore(WrapperStore[LocalStore]):
    """A folder that can hold back the lengths of arrays until their values are written.

    A reader never sees arrays of unequal length: all metadata of a block is written at once, at its end.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(LocalStore(path))
        self._folder = path
        self._staged: dict[str, bytes] | None = None
        self._unsafe: set[Path] = set()

    def stage(self) -> None:
        self._staged = {}

    async def set(self, key: str, value: Buffer) -> None:
        if self._staged is not None and key.endswith(METADATA):
            self._staged[key] = value.to_bytes()
        else:
            self._unsafe.add(self._folder / key)
            await super().set(key, value)

    def commit(self) -> None:
        staged, self._staged = self._staged or {}, None
        for key, text in staged.items():
            partial = self._folder / f"{key}.partial"
            self._unsafe.add(self._folder / key)
            try:
                partial.write_bytes(text)
                partial.replace(self._folder / key)
            except OSError:
                partial.unlink(missing_ok=True)
                raise

    def flush_to_disk(self) -> None:
        """Wait until all that was written is on the disk, files that were made with their names."""
        files = [path for path in self._unsafe if path.exists()]  # a chunk may have been cut off since
        folders = {folder for path in files for folder in (path.parent, path.parent.parent)}
        with ThreadPoolExecutor(_FLUSHERS) as pool:
            list(pool.map(flush_to_disk, files))
            list(pool.map(flush_to_disk, folders))
        self._unsafe.clear()
