"""The command in a process of its own, to be ended while it runs, and its results, to be compared bit by bit."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil
import xarray as xr

from thalia_dask.engine.checkpoint import Checkpoint, read_checkpoint
from thalia_dask.recording.schema import ENGINE

PATIENCE_S = 120.0


def start(*arguments: object) -> subprocess.Popen[str]:
    """Start the command as a terminal would: leader of a process group that gets Ctrl-C."""
    command = [sys.executable, "-m", "thalia_dask.cli", *map(str, arguments)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True, env=os.environ
    )


def wait_for(condition: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not happen within {PATIENCE_S:g} s")
        time.sleep(0.02)


def checkpoints(recording: Path) -> list[Path]:
    return sorted(recording.with_suffix(".checkpoints").glob("*.zarr"))


def wait_for_checkpoint(process: subprocess.Popen[str], recording: Path) -> None:
    wait_for(lambda: checkpoints(recording) or process.poll() is not None, "a checkpoint")
    assert process.poll() is None, process.communicate()


def ctrl_c(process: subprocess.Popen[str]) -> None:
    """What a terminal does: everything in the process group gets the signal."""
    os.killpg(process.pid, signal.SIGINT)


def family(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """The process and all that it started."""
    parent = psutil.Process(process.pid)
    return [parent, *parent.children(recursive=True)]


def ports_of(processes: Sequence[psutil.Process]) -> set[int]:
    """What they listen on."""
    return {c.laddr.port for one in processes for c in one.net_connections() if c.status == psutil.CONN_LISTEN}


def is_free(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) != 0


def last_state(recording: Path) -> Checkpoint:
    return read_checkpoint(checkpoints(recording)[-1])


def assert_same_results(one: Path, other: Path) -> None:
    """Recordings (but for timings and where they ran) and last states are equal to the bit."""
    opened = [xr.open_groups(path, engine="zarr", consolidated=False, chunks=None) for path in (one, other)]
    assert opened[0].keys() == opened[1].keys()
    for name in opened[0].keys() - {f"/{ENGINE}"}:
        left, right = (groups[name].load() for groups in opened)
        for dataset in (left, right):
            for told in ("config", "executor", "executor_reason"):  # where they ran
                dataset.attrs.pop(told, None)
        xr.testing.assert_identical(left, right)
    left, right = last_state(one), last_state(other)
    assert left.travel.now == right.travel.now
    assert {**(left.run or {}), "source": ""} == {**(right.run or {}), "source": ""}
    assert left.regions.keys() == right.regions.keys()
    for region, snapshot in left.regions.items():
        for entry, value in snapshot.items():
            assert bytes_of(value) == bytes_of(right.regions[region][entry]), (region, entry)


def bytes_of(value: object) -> bytes:
    return value.numpy().tobytes() if hasattr(value, "numpy") else repr(value).encode()
