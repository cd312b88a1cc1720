"""Where and with what the figures were measured."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import psutil

from benchmarks.peer import PYTHON, ROOT

OURS = ("numpy", "numba", "torch", "dask", "distributed")
PEERS = ("nest-simulator", "brian2", "numpy")


def describe() -> dict[str, object]:
    """The machine, the versions and the time."""
    return {
        "date": datetime.now().astimezone().isoformat(timespec="minutes"),
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "system": platform.platform(),
        "load_before": round(os.getloadavg()[0], 2),
        "commit": _said("git", "describe", "--always", "--dirty"),
        "compiler": _said("g++", "--version").partition("\n")[0],
        "versions": {"python": platform.python_version(), **{name: version(name) for name in OURS}},
        "peers": _peer_versions(),
    }


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def _said(*command: str) -> str:
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _peer_versions() -> dict[str, str]:
    program = f"from importlib.metadata import version\nfor name in {PEERS}: print(version(name))"
    return dict(zip(PEERS, _said(str(PYTHON), "-c", program).splitlines(), strict=False))
