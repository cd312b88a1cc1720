"""The mark of what this package wrote, and may therefore replace."""

from __future__ import annotations

from pathlib import Path

MARK = "region/written_by_thalia_dask"
"""A file in the folder of an array, where no reader of Zarr looks: no copy that one makes carries it over."""


def write_mark(folder: Path) -> None:
    """Say of a folder that this package writes it."""
    mark = folder / MARK
    mark.parent.mkdir(exist_ok=True)
    mark.write_text("thalia_dask wrote this recording, and replaces it when it is told to overwrite it.\n")


def is_recording(path: Path) -> bool:
    """Whether something is a recording that this package wrote: of any version, whole or not."""
    return not path.is_symlink() and (path / MARK).is_file()
