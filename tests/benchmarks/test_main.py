"""``python -m benchmarks``: results are replaced when all rows have been measured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks import __main__ as program
from benchmarks.row import Benchmark, Measurement, measured
from benchmarks.rows.several_areas import processes, threads

ROWS = [Benchmark(name, "a row", "ms", None, None, lambda effort: Measurement([1.0])) for name in ("one", "two")]


def run(out: Path, monkeypatch: pytest.MonkeyPatch, *, interrupted: bool, rows: str = "*") -> int:
    """The exit code."""

    def measure(benchmark, effort):
        if interrupted and benchmark.name == "two":
            raise KeyboardInterrupt
        return measured(benchmark, benchmark.measure(effort))

    monkeypatch.setattr(program, "BENCHMARKS", ROWS)
    monkeypatch.setattr(program, "describe", dict)
    monkeypatch.setattr(program, "measure_alone", measure)
    monkeypatch.setattr(program, "RESULTS", out)
    return CliRunner().invoke(program.main, ["--rows", rows]).exit_code


def names(path: Path) -> list[str]:
    return [row["name"] for row in json.loads(path.read_text())["rows"]]


def test_an_interrupted_run_leaves_the_results_of_the_one_before(tmp_path, monkeypatch) -> None:
    assert run(tmp_path, monkeypatch, interrupted=False) == 0
    assert run(tmp_path, monkeypatch, interrupted=True) != 0
    assert names(tmp_path / "bench.json") == ["one", "two"]
    assert names(tmp_path / "bench.json.partial") == ["one"]
    assert run(tmp_path, monkeypatch, interrupted=False) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["bench.json"]


def test_a_part_is_written_beside_the_whole(tmp_path, monkeypatch) -> None:
    assert run(tmp_path / "results", monkeypatch, interrupted=False, rows="one") == 0
    assert names(tmp_path / "results" / "bench-part.json") == ["one"]
    assert len(list((tmp_path / "results").iterdir())) == 1


@pytest.mark.parametrize(("executor", "shape"), [(threads, (1, 2)), (processes, (2, 1))])
def test_areas_are_computed_by_two_threads_or_two_processes(executor, shape, monkeypatch) -> None:
    asked = []
    monkeypatch.setattr(
        "benchmarks.rows.several_areas.DaskExecutor",
        lambda *, n_workers, threads_per_worker=None: asked.append((n_workers, threads_per_worker)),
    )
    executor()
    assert asked == [shape]
