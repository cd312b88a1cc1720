"""Configs, checkpoints and recordings that went wrong: read as they were, or refused by an error of this package."""

from __future__ import annotations

import resource
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import psutil
import xarray as xr
import yaml
from click.testing import CliRunner
from numpy.random import Generator

from tests.torture.forgery import Parts, mutate_parts, put_together, take_apart
from tests.torture.guided import explore
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


def run(n_configs: int = 700, n_checkpoints: int = 700, n_recordings: int = 700, n_guided: int = 800) -> list[Row]:
    """Mutate and read; memory is bounded, so that what would take too much of it is a failure.

    ``n_guided`` are tried of configs and of forged checkpoints each.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        recording, checkpoint = _make(folder)
        with _bounded_memory():
            found = {
                "configs": [_config(folder, number) for number in range(n_configs)],
                "checkpoints": _checkpoints(checkpoint, folder, n_checkpoints),
                "recordings": _recordings(recording, n_recordings),
            }
            ways = {}
            for what, tried in (
                ("guided configs", _guided_configs(folder, n_guided)),
                ("forged checkpoints", _forged_checkpoints(checkpoint, folder, n_guided)),
            ):
                outcomes, n_ways = zip(*tried, strict=True)
                found[what], ways[what] = list(outcomes), (n_ways[0], n_ways[-1])
    rows = []
    for what, outcomes in found.items():
        wrong = [outcome for outcome in outcomes if outcome not in ("same", "refused")]
        print(*wrong[:5], sep="\n")
        rows += [
            exactly(f"fuzz: {what} that did neither load nor get refused", len(wrong), "1", 0),
            Row(f"fuzz: {what} refused", outcomes.count("refused"), "1"),
        ]
    for what, (first, last) in ways.items():
        rows += [Row(f"fuzz: ways of {what} through the parsers, found by mutation", last - first, "1")]
    total, wanted = sum(map(len, found.values())), n_configs + n_checkpoints + n_recordings + 2 * n_guided
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    return [
        *rows,
        at_least("fuzz: mutated files", total, "1", wanted),
        at_most("fuzz: peak memory", peak, "GiB", 2.0),
    ]


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
    return _described(_mutated_yaml(sources[int(rng.integers(len(sources)))].read_bytes(), rng), folder)


def _mutated_yaml(content: bytes, rng: Generator) -> bytes:
    kind = int(rng.integers(3))
    if kind == 2:
        with suppress(
            yaml.YAMLError, ValueError, TypeError, KeyError, AttributeError, RecursionError
        ):  # it has been mutated before
            return yaml.safe_dump(mutate_values(yaml.safe_load(content), rng)).encode()
    if kind == 1:
        return mutate_text(content.decode(errors="replace"), rng).encode()
    return mutate_bytes(content, rng)


def _guided_configs(folder: Path, n: int) -> Iterator[tuple[Outcome, int]]:
    seeds = [(folder / "small.yaml").read_bytes(), (CONFIGS / "two_regions.yaml").read_bytes()]
    return explore(partial(_described, folder=folder), seeds, _mutated_yaml, n, generator(0, "fuzz", "guided"))


def _described(content: bytes, folder: Path) -> Outcome:
    path = folder / "mutated.yaml"
    path.write_bytes(content)
    result = CliRunner().invoke(main, ["describe", str(path)])
    if result.exit_code == 0:
        return "same"
    if result.exit_code == 2 and isinstance(result.exception, SystemExit) and "Error: " in result.stderr:
        return "refused"
    trace = "".join(traceback.format_exception(result.exception)) if result.exception else result.output
    return f"config {content[:3000]!r}: exit code {result.exit_code}\n{trace[-1500:]}"


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


def _forged_checkpoints(whole: Path, folder: Path, n: int) -> Iterator[tuple[Outcome, int]]:
    """What a brain makes of checkpoints that are other ones, but have the right hashes."""
    path = folder / "forged.zarr"

    def judge(parts: Parts) -> Outcome:
        put_together(parts, path)

        def read() -> bool:
            with DynamicBrain.load(path, parallel=False) as brain:
                brain.forward(None, 20)
            return True

        return _judge(read, f"forged checkpoint with {sorted(parts)}")

    return explore(judge, [take_apart(whole)], mutate_parts, n, generator(0, "fuzz", "forged"))


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


def _recordings(whole: Path, n: int) -> list[Outcome]:
    expected = load_recording(whole)
    return [_recording(whole, expected, number) for number in range(n)]


def _recording(whole: Path, expected: xr.DataTree, number: int) -> Outcome:
    rng = generator(0, "fuzz", "recording", number)
    mutation = mutate_folder(whole, rng)

    def read() -> bool:
        tree = load_recording(whole)
        return all(
            tree[group].to_dataset(inherit=False).drop_attrs(deep=False).identical(
                expected[group].to_dataset(inherit=False).drop_attrs(deep=False)
            )
            for group in expected.groups
        )  # fmt: skip

    try:
        return _judge(read, f"recording {number} ({mutation})")
    finally:
        mutation.undo()
