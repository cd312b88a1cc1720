"""What it costs that nothing is lost, on the digits brain.

The share of a run that goes into it is measured as such. Runs with and without, in turn, show whether anything else
becomes slower; on a machine whose speed varies by ten percent, the median of few pairs tells it to some percent only.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from tests.torture.row import Row, at_most
from thalia_dask import DynamicBrain, load_config
from thalia_dask.brain import Checkpoints, drive
from thalia_dask.distributed.cluster import open_local

DIGITS = Path(__file__).parents[2] / "configs" / "digits.yaml"
_MOST_PERCENT = 3.0

Run = Callable[[bool, int], tuple[float, float]]
"""With it or without, for so many steps: seconds altogether, and seconds that went into it."""


def run(seconds: float = 20.0, seconds_parallel: float = 8.0, n_pairs: int = 5) -> list[Row]:
    """Each run takes about so many seconds."""
    cluster = open_local(2, 1, 120.0)
    try:
        return [
            *_rows("checkpoints at their default period", _with_checkpoints, seconds, n_pairs),
            *_rows(
                "states that recovery keeps",
                lambda on, n_steps: _with_recovery(cluster.client, on, n_steps),
                seconds_parallel,
                n_pairs,
            ),
        ]
    finally:
        cluster.close()


def _rows(what: str, once: Run, seconds: float, n_pairs: int) -> list[Row]:
    once(False, 1000)
    n_steps = int(10_000 * seconds / once(False, 10_000)[0])
    shares, ratios = [], []
    for pair in range(n_pairs):
        took = {on: once(on, n_steps) for on in ((True, False) if pair % 2 else (False, True))}
        shares.append(100.0 * took[True][1] / took[True][0])
        ratios.append(100.0 * (took[True][0] / took[False][0] - 1.0))
    return [
        at_most(f"costs: {what}, share of the run, median", median(shares), "%", _MOST_PERCENT),
        at_most(f"costs: {what}, share of the run, greatest", max(shares), "%", _MOST_PERCENT),
        Row(f"costs: {what}, longer than without, median of {n_pairs} pairs", median(ratios), "%"),
        Row(f"costs: {what}, longer than without, least", min(ratios), "%"),
        Row(f"costs: {what}, longer than without, greatest", max(ratios), "%"),
    ]


class _Timed(Checkpoints):
    seconds = 0.0

    def write(self, brain: DynamicBrain, run: Mapping[str, Any]) -> None:
        began = perf_counter()
        super().write(brain, run)
        self.seconds += perf_counter() - began


def _with_checkpoints(on: bool, n_steps: int) -> tuple[float, float]:
    """Sequentially, recorded to disk; two checkpoints are kept, or none."""
    config = load_config(DIGITS, ["brain.parallel=false", f"checkpoint.keep={2 if on else 0}"])
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run.zarr"
        with DynamicBrain.from_thalia_config(config, out=out) as brain:
            checkpoints = _Timed(out, config.checkpoint, config.global_.dt_ms)
            began = perf_counter()
            drive(brain, n_steps, checkpoints)
            return perf_counter() - began, checkpoints.seconds


def _with_recovery(client: Any, on: bool, n_steps: int) -> tuple[float, float]:
    """On two workers, with rebuilding on other workers or without."""
    config = load_config(DIGITS, ["brain.parallel=true", f"recovery.max_failures={3 if on else 0}"])
    with DynamicBrain.from_thalia_config(config, client=client) as brain:
        population, spent = brain.executor._population, [0.0]
        keep_states = population._keep_states

        def timed() -> None:
            began = perf_counter()
            keep_states()
            spent[0] += perf_counter() - began

        population._keep_states = timed
        began = perf_counter()
        drive(brain, n_steps)
        return perf_counter() - began, spent[0]
