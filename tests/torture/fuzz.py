"""Configs, checkpoints and recordings that went wrong: read as they were, or refused by an error of this package."""

from __future__ import annotations

import resource
import shutil
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

import psutil
import xarray as xr
import yaml
from click.testing import CliRunner

from tests.torture.mutations import mutate_bytes, mutate_folder, mutate_text, mutate_values
from tests.torture.row import Row, at_least, at_most, exactly
from thalia_dask.brain import DynamicBrain
from thalia_dask.brain.memory import understood
from thalia_dask.cli import main
from thalia_dask.engine.checkpoint import Checkpoint, read_checkpoint
from thalia_dask.errors import ThaliaError
from thalia_dask.recording.reading import load_recording
from thalia_dask.seeds import generator

CONFIGS = Path(__file__).parents[2] / "configs"
ROOM_BYTES = 2 * 1024**3
SMALL = {
    "brain": {
        "regions": {
            "cortex": {"kind": "cortex", "size": 30, "input_size": 10},
            "striatum": {"kind": "striatum", "size": 12, "params": {"n_actions": 2}},
        },
        "projections": [{"source": "cortex", "target": "striatum"}],
    }
}

Outcome = str
"""``"same"``, ``"refused"``, or what went wrong."""


def run(n_configs: int = 900, n_checkpoints: int = 700, n_recordings: int = 700) -> list[Row]:
    """Mutate and read; memory is bounded, so that what would take too much of it is a failure."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        recording, checkpoint = _make(folder)
        with _bounded_memory():
            found = {
                "configs": [_config(folder, number) for number in range(n_configs)],
                "checkpoints": _checkpoints(checkpoint, folder, n_checkpoints),
                "recordings": _recordings(recording, folder, n_recordings),
            }
    rows = []
    for what, outcomes in found.items():
        wrong = [outcome for outcome in outcomes if outcome not in ("same", "refused")]
        print(*wrong[:5], sep="\n")
        rows += [
            exactly(f"fuzz: {what} that did neither load nor get refused", len(wrong), "1", 0),
            Row(f"fuzz: {what} refused", outcomes.count("refused"), "1"),
        ]
    total = n_configs + n_checkpoints + n_recordings
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    return [*rows, at_least("fuzz: mutated files", total, "1", total), at_most("fuzz: peak memory", peak, "GiB", 2.0)]


def _make(folder: Path) -> tuple[Path, Path]:
    """A small recording and a checkpoint, whole."""
    config = folder / "small.yaml"
    config.write_text(yaml.safe_dump(SMALL))
    arguments = ["run", str(config), "--duration-ms", "150", "--out", str(folder / "run.zarr")]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    return folder / "run.zarr", next((folder / "run.checkpoints").glob("*.zarr"))


class _bounded_memory:  # noqa: N801 - used like a function
    def __enter__(self) -> None:
        self._before = resource.getrlimit(resource.RLIMIT_AS)
        limit = psutil.Process().memory_info().vms + ROOM_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (limit, self._before[1]))

    def __exit__(self, *_: object) -> None:
        resource.setrlimit(resource.RLIMIT_AS, self._before)


def _judge(read: Callable[[], bool], about: str) -> Outcome:
    try:
        return "same" if read() else f"{about}: loaded, but is another"
    except ThaliaError as error:
        return "refused" if str(error) else f"{about}: an error without a text"
    except BaseException:
        return f"{about}: {traceback.format_exc()}"


def _config(folder: Path, number: int) -> Outcome:
    """What ``describe`` makes of a config, which may well be another valid one."""
    rng = generator(0, "fuzz", "config", number)
    sources = [*sorted(CONFIGS.glob("*.yaml")), folder / "small.yaml"]
    text = sources[int(rng.integers(len(sources)))].read_text()
    kind = int(rng.integers(3))
    path = folder / "mutated.yaml"
    if kind == 0:
        path.write_bytes(mutate_bytes(text.encode(), rng))
    elif kind == 1:
        path.write_text(mutate_text(text, rng), encoding="utf-8")
    else:
        path.write_text(yaml.safe_dump(mutate_values(yaml.safe_load(text), rng)))
    result = CliRunner().invoke(main, ["describe", str(path)])
    if result.exit_code == 0:
        return "same"
    if result.exit_code == 2 and isinstance(result.exception, SystemExit) and "Error: " in result.stderr:
        return "refused"
    trace = "".join(traceback.format_exception(result.exception)) if result.exception else result.output
    return f"config {number}, kind {kind}: exit code {result.exit_code}\n{trace[-1500:]}"


def _checkpoints(whole: Path, folder: Path, n: int) -> list[Outcome]:
    expected = _contents(read_checkpoint(whole))
    return [_checkpoint(whole, expected, folder, number) for number in range(n)]


def _checkpoint(whole: Path, expected: object, folder: Path, number: int) -> Outcome:
    rng = generator(0, "fuzz", "checkpoint", number)
    path = folder / "mutated.zarr"
    path.write_bytes(mutate_bytes(whole.read_bytes(), rng))

    def read() -> bool:
        checkpoint = read_checkpoint(path)
        understood(checkpoint)
        same = _contents(checkpoint) == expected
        if same and number % 50 == 0:
            DynamicBrain.load(checkpoint).close()
        return same

    return _judge(read, f"checkpoint {number}")


def _contents(checkpoint: Checkpoint) -> object:
    return (
        checkpoint.config,
        checkpoint.memory,
        checkpoint.run,
        checkpoint.travel.now,
        checkpoint.travel.signals,
        [(region, port, steps.tolist(), axons.tolist()) for region, port, steps, axons in checkpoint.travel.flights],
        {
            region: {
                name: value if isinstance(value, int | float) else bytes(value.numpy())
                for name, value in all_.items()
            }
            for region, all_ in checkpoint.regions.items()
        },
    )


def _recordings(whole: Path, folder: Path, n: int) -> list[Outcome]:
    expected = load_recording(whole)
    return [_recording(whole, expected, folder, number) for number in range(n)]


def _recording(whole: Path, expected: xr.DataTree, folder: Path, number: int) -> Outcome:
    rng = generator(0, "fuzz", "recording", number)
    path = folder / "mutated"
    shutil.rmtree(path, ignore_errors=True)
    shutil.copytree(whole, path)
    how = mutate_folder(path, rng)

    def read() -> bool:
        tree = load_recording(path)
        return all(
            tree[group].to_dataset(inherit=False).drop_attrs(deep=False).identical(
                expected[group].to_dataset(inherit=False).drop_attrs(deep=False)
            )
            for group in expected.groups
        )  # fmt: skip

    return _judge(read, f"recording {number} ({how})")
