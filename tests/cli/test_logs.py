"""What commands say on stderr: on a terminal a bar, in a pipe nothing that was not asked for."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from datetime import datetime

import pytest

from tests.cli.conftest import CONFIGS

RUN = ("run", CONFIGS / "two_regions.yaml", "--duration-ms", 200)


def in_a_pipe(*arguments: object) -> tuple[str, str]:
    ended = subprocess.run(
        [sys.executable, "-m", "thalia_dask.cli", *map(str, arguments)], capture_output=True, text=True, check=True
    )
    return ended.stdout, ended.stderr


def on_a_terminal(*arguments: object) -> tuple[str, str]:
    """Stdout, and all that stderr shows where it is a terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "thalia_dask.cli", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env=os.environ | {"TERM": "xterm-256color", "COLUMNS": "100"},
    ) as process:
        os.close(theirs)
        shown = b"".join(iter(lambda: _read(ours), b""))
        stdout = process.stdout.read().decode()
    os.close(ours)
    assert process.returncode == 0
    return stdout, shown.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # what Linux says when nobody writes any more
        return b""


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    return on_a_terminal(*RUN, "--verbose", "--out", tmp_path_factory.mktemp("run") / "two.zarr")


def test_a_bar_on_a_terminal_from_the_first_moment_to_the_results(shown: tuple[str, str]) -> None:
    stdout, stderr = shown
    frames = [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line) for line in re.split(r"[\r\n]+", stderr)]
    bars = [frame for frame in frames if "━" in frame or "╺" in frame]
    assert bars[0].startswith("loading")
    assert any(re.match(r"simulating ━+.* 200 ms", bar) for bar in bars)
    assert stderr.endswith("\x1b[2K"), "the bar is not cleared"
    assert "\x1b" not in stdout
    assert "━" not in stdout
    assert "recorded in" in stdout


def test_lines_of_the_log_stand_above_the_bar(shown: tuple[str, str]) -> None:
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown[1])
    assert re.search(r"(^|[\r\n])building 2 regions, \d+ neurons\s", plain)
    assert re.search(r"(^|[\r\n])built in \d+\.\d s \(sequential executor", plain)


def test_quiet_in_a_pipe(tmp_path) -> None:
    stdout, stderr = in_a_pipe(*RUN, "--out", tmp_path / "two.zarr")
    assert stderr == ""
    assert "recorded in" in stdout


def test_verbose(call, tmp_path) -> None:
    result = call(*RUN, "--verbose", "--out", tmp_path / "two.zarr")
    assert [line.split(",")[0].split(" in ")[0] for line in result.stderr.splitlines()] == [
        "building 2 regions",
        "built",
    ]
    assert call(*RUN, "--out", tmp_path / "again.zarr").stderr == "", "an option outlives its command"


def test_json_one_object_a_line(call, tiny, tmp_path) -> None:
    result = call("train", tiny, "--log-json", "--out", tmp_path / "x.zarr")
    lines = [json.loads(line) for line in result.stderr.splitlines()]
    assert all(datetime.fromisoformat(line["time"]).tzinfo for line in lines)
    assert {line["level"] for line in lines} == {"info"}
    assert {line["logger"].split(".")[0] for line in lines} == {"thalia_dask"}
    told = json.loads((tmp_path / "x.json").read_text())
    assert [(line["phase"], line["epoch"]) for line in lines if "epoch" in line] == [
        ("training", 1),
        ("training", 2),
        ("evaluation", 2),
    ]
    assert [line["mean_return"] for line in lines if line.get("phase") == "training"] == told["accuracy_by_epoch"]


def test_errors_and_warnings_are_json_too(call, tiny, tmp_path) -> None:
    (tmp_path / "x.zarr").mkdir()
    wrong = call("train", tiny, "--log-json", "--out", tmp_path / "x.zarr")
    assert wrong.exit_code == 2
    assert [json.loads(line)["level"] for line in wrong.stderr.splitlines()] == ["error"]
    odd = call(*RUN, "--log-json", "--set", "global.device=cuda:7", "--out", tmp_path / "two.zarr")
    told = [json.loads(line) for line in odd.stderr.splitlines()]
    assert told[0]["level"] == "warning"
    assert told[0]["message"].startswith("device 'cuda:7' was asked for, but ")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((*RUN[:2], "--out", "x.zarr", "--log-json"), "Missing option '--duration-ms'."),
        (
            (*RUN, "--log-json", "--out", "x"),
            "Invalid value for '--out': 'x' does not end in .zarr; write e.g. x.zarr",
        ),
        (
            (*RUN, "--out", "x.zarr", "--tls", ".", "--log-json"),
            "--tls goes with --scheduler; a cluster file says its",
        ),
        (("runn", "--log-json"), "No such command 'runn'. Did you mean 'run'?"),
        (("--verbos", "run", "--log-json"), "No such option '--verbos'."),
        (("validate", "nowhere.yaml", "--log-json"), "cannot read the config 'nowhere.yaml'"),
    ],
)
def test_wrong_usage_is_json_too(call, arguments: tuple[object, ...], told: str) -> None:
    result = call(*arguments)
    assert result.exit_code == 2
    (line,) = (json.loads(line) for line in result.stderr.splitlines())
    assert line["level"] == "error"
    assert line["message"].startswith(told)
    plain = call(*(argument for argument in arguments if argument != "--log-json"))
    assert f"Error: {told}" in plain.stderr


def test_a_page_that_cannot_be(call, tmp_path) -> None:
    result = call(*RUN, "--dashboard", "--out", tmp_path / "two.zarr")
    assert result.exit_code == 0
    assert result.stderr == (
        "Warning: this brain runs sequentially, and the live page is a page of the Dask dashboard; "
        "for one set brain.parallel: true and execution.dashboard: true\n"
    )


@pytest.mark.cluster
def test_a_page_is_told_of(call, tmp_path) -> None:
    cluster = tmp_path / "threads.yaml"
    cluster.write_text("{kind: local, n_workers: 1, processes: false}")
    result = call(*RUN, "--cluster", cluster, "--dashboard", "--out", tmp_path / "two.zarr")
    assert result.exit_code == 0
    here = r"http://127\.0\.0\.1:\d+"
    assert re.fullmatch(rf"Dask dashboard: {here}/status\nlive page: {here}/thalia\n", result.stderr)
    result = call(*RUN, "--cluster", cluster, "--dashboard", "--log-json", "--out", tmp_path / "again.zarr")
    told = [json.loads(line)["message"] for line in result.stderr.splitlines()]
    assert [message for message in told if message.startswith(("Dask dashboard: ", "live page: "))] == [
        told[1],
        told[-1],
    ]
