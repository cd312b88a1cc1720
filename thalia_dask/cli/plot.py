"""``thalia-dask plot``: figures of a recording."""

from __future__ import annotations

from pathlib import Path

import click

from thalia_dask.cli.logs import log_options
from thalia_dask.cli.options import PATH, example


@click.command(
    short_help="Draw the figures of a recording.", epilog=example("thalia-dask plot runs/digits.zarr --out figures")
)
@click.argument("recording", type=PATH, metavar="RUN.zarr")
@click.option("--out", type=PATH, metavar="DIR", help="Folder for the figures; by default that of RUN.zarr.")
@log_options
def plot(recording: Path, out: Path | None) -> None:
    """Draw rates, raster, traces of probed cells and learning curve of RUN.zarr, as PNG files named after it."""
    from thalia_dask.cli.bar import start_bar

    bar = start_bar("drawing figures")
    from thalia_dask.plots.save import save_all
    from thalia_dask.recording.reading import load_recording

    paths = save_all(load_recording(recording), out or recording.parent, prefix=f"{recording.stem}_")
    bar.stop()
    for path in paths:
        click.echo(path)
