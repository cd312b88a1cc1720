"""The files that a command leaves behind: a recording and what is named after it."""

from __future__ import annotations

from pathlib import Path

from thalia_dask.brain.checkpoints import folder_beside, kept_in
from thalia_dask.errors import OutputError
from thalia_dask.plots import FIGURES
from thalia_dask.recording.store import check_output


def json_beside(recording: Path) -> Path:
    """``runs/digits.zarr`` -> ``runs/digits.json``."""
    return recording.with_suffix(".json")


def prefix_of(recording: Path) -> str:
    """``runs/digits.zarr`` -> ``"digits_"``, with which the names of its figures begin."""
    return f"{recording.stem}_"


def prepare(recording: Path, *, overwrite: bool) -> None:
    """Make the folder of a recording, and refuse to write over anything unless told to.

    Raises
    ------
    OutputError : if the folder cannot be made or written, or results are there and ``overwrite`` is false.
    """
    try:
        recording.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"output {recording}: the folder {recording.parent} cannot be made ({error.strerror}); write another path"
        ) from error
    check_output(recording, overwrite=overwrite)
    figures = [recording.with_name(f"{prefix_of(recording)}{name}.png") for name in FIGURES]
    for path in (json_beside(recording), *figures, *kept_in(folder_beside(recording))):
        if path.exists() and not overwrite:
            raise OutputError(f"output {path} exists; write another --out, or --overwrite to replace it")


def forget_checkpoints(recording: Path) -> None:
    """Remove those of an earlier run once its recording is gone: nobody shall go on from the state of another run."""
    for path in kept_in(folder_beside(recording)):
        path.unlink()
