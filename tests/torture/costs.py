"""What it costs that nothing is lost, on the digits brain: runs with and without, in turn."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

from tests.torture.row import Row, at_most
from thalia_dask import DynamicBrain, load_config
from thalia_dask.brain import Checkpoints, drive
from thalia_dask.config import ThaliaConfig
from thalia_dask.distributed.cluster import open_local

DIGITS = Path(__file__).parents[2] / "configs" / "digits.yaml"
PAIRS = 5


def run(seconds: float = 20.0, seconds_parallel: float = 8.0, n_pairs: int = PAIRS) -> list[Row]:
    """The median of the ratios of pairs; each run is as long as takes about so many seconds."""
    return [
        _row("checkpoints at their default period", _checkpoints(seconds, n_pairs)),
        _row("states that recovery keeps", _recovery(seconds_parallel, n_pairs)),
    ]


def _row(what: str, ratios: list[float]) -> Row:
    print(what, *(f"{ratio:.4f}" for ratio in ratios))
    return at_most(f"costs: {what}, share of the run", 100.0 * (median(ratios) - 1.0), "%", 3.0)


def _checkpoints(seconds: float, n_pairs: int) -> list[float]:
    """With two checkpoints kept, and with none."""

    def took(keep: int, n_steps: int) -> float:
        config = load_config(DIGITS, ["brain.parallel=false", f"checkpoint.keep={keep}"])
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "run.zarr"
            with DynamicBrain.from_thalia_config(config, out=out) as brain:
                began = perf_counter()
                drive(brain, n_steps, Checkpoints(out, config.checkpoint, config.global_.dt_ms))
                return perf_counter() - began

    n_steps = _steps(lambda n: took(0, n), seconds)
    return _ratios(lambda: took(2, n_steps), lambda: took(0, n_steps), n_pairs)


def _recovery(seconds: float, n_pairs: int) -> list[float]:
    """With rebuilding on other workers, and without; on two workers."""
    cluster = open_local(2, 1, 120.0)

    def took(config: ThaliaConfig, n_steps: int) -> float:
        with DynamicBrain.from_thalia_config(config, client=cluster.client) as brain:
            began = perf_counter()
            drive(brain, n_steps)
            return perf_counter() - began

    on, off = (load_config(DIGITS, ["brain.parallel=true", f"recovery.max_failures={n}"]) for n in (3, 0))
    try:
        n_steps = _steps(lambda n: took(off, n), seconds)
        return _ratios(lambda: took(on, n_steps), lambda: took(off, n_steps), n_pairs)
    finally:
        cluster.close()


def _steps(took: Callable[[int], float], seconds: float) -> int:
    """How many steps take about so many seconds."""
    took(1000)
    return int(10_000 * seconds / took(10_000))


def _ratios(with_it: Callable[[], float], without: Callable[[], float], n_pairs: int) -> list[float]:
    """Time with over time without, for each pair; who comes first changes from pair to pair."""
    ratios = []
    for pair in range(n_pairs):
        if pair % 2:
            plain = without()
            ratios.append(with_it() / plain)
        else:
            ratios.append(with_it() / without())
    return ratios
