"""A peer simulator in a process, and an environment, of its own."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.contest import Stretch
from benchmarks.network import Network

ROOT = Path(__file__).parents[1]
PYTHON = ROOT / ".venv-peers" / "bin" / "python"
MODULES = {"NEST": "benchmarks.peers.nest_network", "Brian2": "benchmarks.peers.brian_network"}


class PeerError(Exception):
    """The peer is not installed, or ended before it answered."""


def check_installed() -> None:
    """Raise PeerError where the peers' environment is missing."""
    if not PYTHON.exists():
        raise PeerError(f"{PYTHON.relative_to(ROOT)} is missing: run make bench or make validate, which make it")


class Peer:
    """A peer that has built a network, warmed it up and waits for its turn."""

    def __init__(
        self, name: str, network: Network, warm_up_ms: float, duration_ms: float, n_threads: int = 1
    ) -> None:
        check_installed()
        self._name = name
        self._folder = tempfile.TemporaryDirectory(prefix="bench-")
        edges = Path(self._folder.name) / "network.npz"
        network.save(edges)
        order = [str(edges), str(warm_up_ms), str(duration_ms), str(n_threads)]
        self._log = (Path(self._folder.name) / "log.txt").open("w+")
        self._process = subprocess.Popen(
            [str(PYTHON), "-m", MODULES[name], *order],
            cwd=ROOT,
            env={**os.environ, "OMP_NUM_THREADS": str(n_threads)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )

    def __enter__(self) -> Self:
        try:
            while self._answer() != "ready":  # NEST says hello first
                pass
        except PeerError:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def run(self) -> Stretch:
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return Stretch(**json.loads(self._answer()))

    def close(self) -> None:
        """End the process."""
        self._process.communicate()
        self._log.close()
        self._folder.cleanup()

    def _answer(self) -> str:
        line = self._process.stdout.readline()
        if not line:
            self._log.seek(0)
            last = ([text.strip() for text in self._log if text.strip()] or ["it said nothing"])[-1]
            raise PeerError(f"{self._name} ended: {last}")
        return line.strip()
