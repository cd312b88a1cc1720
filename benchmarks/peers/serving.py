"""The peer's end of the line: a stretch of simulation for every line on standard input."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple


class Order(NamedTuple):
    """What to simulate: read from the command line."""

    network: Path
    warm_up_ms: float
    duration_ms: float
    n_threads: int


def serve(build: Callable[[Order], Callable[[], Mapping[str, float]]]) -> None:
    """Build, say ready, then answer every line with what the next stretch took.

    ``build`` returns a function that simulates ``duration_ms`` and returns ``seconds`` and ``rate_hz``. What
    simulators print goes to standard error.
    """
    path, warm_up_ms, duration_ms, n_threads = sys.argv[1:]
    line = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    stretch = build(Order(Path(path), float(warm_up_ms), float(duration_ms), int(n_threads)))
    line.write("ready\n")
    for _ in sys.stdin:
        line.write(json.dumps(stretch()) + "\n")
