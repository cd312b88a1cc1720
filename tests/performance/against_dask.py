"""Forecast and choice against real runs. Takes minutes and an idle machine, so no test runs it.

    python -m tests.performance.against_dask             ten brains: does "auto" take the faster side?
    python -m tests.performance.against_dask --messages  the constants of REFERENCE that need workers

A forecast is made from what the sequential run spent, and from messages measured in another brain, as
``thalia-dask bench`` makes it, so that it judges the simulated execution; the choice as
``brain.parallel: auto`` makes it. Errors are of steps per second alone, and of the speedups on one and two workers.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from statistics import mean, median
from time import perf_counter
from typing import Any, NamedTuple

import xarray as xr

from thalia_dask import DynamicBrain
from thalia_dask.brain.message_costs import with_messages_measured
from thalia_dask.brain.opening import open_executor
from thalia_dask.brain.trial import try_out
from thalia_dask.config import ThaliaConfig, load_config
from thalia_dask.distributed.placement import local_cores
from thalia_dask.performance.calibration import calibrate, free_cores
from thalia_dask.performance.costs import Spent, Trial, predict, step_costs
from thalia_dask.performance.forecast import SEQUENTIAL, Setting, Work, step_seconds
from thalia_dask.performance.machine import Machine
from thalia_dask.topology.build import build_plan
from thalia_dask.topology.plan import BrainPlan

SECONDS, REPEATS, CALL_STEPS, N_AXONS = 2.0, 5, 1000, 20
WARM_UP_CALLS, WARM_UP_STEPS = 12, 100
"""Until activity has risen, and workers have tried both lengths of windows."""


def ring(n: int, size: int, delay_ms: float, kind: str = "thalamus", reach: int = 1) -> dict[str, Any]:
    """Each region projects to as many that follow it as ``reach`` says."""
    regions = {f"r{i}": {"kind": kind, "size": size, "input_size": N_AXONS} for i in range(n)}
    return {
        "regions": regions,
        "projections": [
            {"source": f"r{i}", "target": f"r{(i + far) % n}", "delay_ms": delay_ms}
            for i in range(n)
            for far in range(1, reach + 1)
        ],
    }


BRAINS = {
    "2 minute regions, 1 ms": ring(2, 10, 1.0),
    "2 small cortices, 5 ms": ring(2, 200, 5.0, "cortex"),
    "2 cortices of 2000, 5 ms": ring(2, 2000, 5.0, "cortex"),
    "2 cortices of 4000, 1 ms": ring(2, 4000, 1.0, "cortex"),
    "2 cortices of 4000, 10 ms": ring(2, 4000, 10.0, "cortex"),
    "4 cortices of 1000, 2 ms": ring(4, 1000, 2.0, "cortex"),
    "8 minute regions, 1 ms": ring(8, 10, 1.0),
    "16 small regions, 20 ms": ring(16, 100, 20.0),
    "standard brain, small": {
        "sizes": {"input_size": 64, "cortex_size": 128, "hippocampus_size": 100, "pfc_size": 64}
    },
    "standard brain, large": {
        "sizes": {"input_size": 784, "cortex_size": 3000, "hippocampus_size": 2000, "pfc_size": 2000}
    },
}


def config(brain: dict[str, Any], *overrides: str) -> ThaliaConfig:
    return load_config({"brain": brain, "recording": {"spikes": False}}, list(overrides))


def run(brain: DynamicBrain, n_steps: int) -> float:
    """Steps per second."""
    everywhere = {port.region: [1.0] * port.size for port in brain.plan.stimuli}
    began = perf_counter()
    for first in range(0, n_steps, CALL_STEPS):
        brain.forward(everywhere, min(CALL_STEPS, n_steps - first))
    return n_steps / (perf_counter() - began)


class Race(NamedTuple):
    """A brain on workers against the same one sequentially, in turns, with the cores that were free meanwhile.

    Both are new, so that in every turn they are at the same step. ``spent`` is what the sequential one did.
    """

    n_workers: int
    sequential: list[float]
    dask: list[float]
    call_steps: int
    n_cores: float
    spent: xr.Dataset

    @property
    def speedup(self) -> float:
        return median(dask / sequential for dask, sequential in zip(self.dask, self.sequential, strict=True))

    @property
    def spread(self) -> float:
        return max((max(s) - min(s)) / median(s) for s in (self.sequential, self.dask))

    def forecast(self, plan: BrainPlan, trial: Trial, machine: Machine) -> tuple[float, float]:
        """Steps per second, alone and on workers."""
        work = Work(plan, predict(plan), machine, self.call_steps, spread_by=step_costs(plan))
        work = work.as_spent(Spent.of(self.spent), trial)
        return 1 / step_seconds(work, SEQUENTIAL), 1 / step_seconds(
            work, Setting(self.n_workers, n_cores=self.n_cores)
        )


def race(given: dict[str, Any], n_workers: int) -> Race:
    overrides = ("brain.parallel=true", f"execution.n_workers={n_workers}", "execution.threads_per_worker=1")
    n_threads = min(n_workers, local_cores())
    with (
        DynamicBrain.from_thalia_config(config(given)) as alone,
        DynamicBrain.from_thalia_config(config(given, *overrides)) as dask,
    ):
        warm_up = [[run(brain, WARM_UP_STEPS) for _ in range(WARM_UP_CALLS)] for brain in (alone, dask)]
        n_steps = max(100, int(min(speeds[-1] for speeds in warm_up) * SECONDS))
        before = alone.performance
        turns = [(free_cores(n_threads), run(alone, n_steps), run(dask, n_steps)) for _ in range(REPEATS)]
        spent = alone.performance - before
    cores, sequential, parallel = zip(*turns, strict=True)
    return Race(n_workers, list(sequential), list(parallel), min(CALL_STEPS, n_steps), median(cores), spent)


def contest(name: str, given: dict[str, Any]) -> str:
    """One row of the table. Messages are measured before the races and after them, in other brains."""
    plan = build_plan(config(given))
    auto = open_executor(config(given, "brain.parallel=auto", "execution.n_workers=2"), plan, None, CALL_STEPS)
    trial = try_out(plan, config(given).brain.max_input_rate_hz, None)
    before = with_messages_measured(calibrate())
    races = [race(given, n_workers) for n_workers in (1, 2)]
    machines = before, with_messages_measured(calibrate())
    told = [
        [mean(speeds) for speeds in zip(*(ran.forecast(plan, trial, m) for m in machines), strict=True)]
        for ran in races
    ]
    one, two = races
    real = median(two.sequential)
    errors = [
        told[1][0] / real - 1,
        *(fast / slow / ran.speedup - 1 for (slow, fast), ran in zip(told, races, strict=True)),
    ]
    chosen = two.speedup if auto.name == "dask" else 1.0
    return (
        f"{name:28} {real:9.0f} {one.speedup:8.2f} {two.speedup:5.2f} {max(r.spread for r in races):6.0%}   "
        f"{errors[0]:+6.0%} {errors[1]:+6.0%} {errors[2]:+6.0%}   {two.n_cores:5.2f}  {auto.name:10} "
        f"{'ok' if chosen >= 0.95 * max(1.0, two.speedup) else 'SLOWER'}"
    )


def per_window(n_regions: int, *overrides: str, reach: int = 1) -> tuple[xr.Dataset, int]:
    """Where the time of minute regions went, in windows of one step."""
    with DynamicBrain.from_thalia_config(config(ring(n_regions, 10, 1.0, reach=reach), *overrides)) as brain:
        run(brain, 200)
        before = brain.performance
        run(brain, 3000)
        spent = brain.performance - before
    return spent, int(spent["n_windows"])


def _without_regions(spent: xr.Dataset, n_windows: int) -> float:
    """Seconds of a window but for those in regions and for stimuli."""
    parts = Spent.of(spent)
    return (parts.carrying_seconds + parts.orchestrating_seconds) / n_windows


def messages() -> Iterator[str]:
    """What the constants of a machine that need workers are here, from rings of minute regions."""
    forty, eight, two = (
        _without_regions(*per_window(n, "execution.exchange=orchestrated", reach=reach))
        for n, reach in ((8, 5), (8, 1), (2, 1))
    )
    spent, n = per_window(2, "execution.exchange=orchestrated")
    projection = (forty - eight) / 32
    region = (eight - two) / 6 - projection
    yield f"orchestrator_window_seconds {two - 2 * (region + projection):.2e}"
    yield f"orchestrator_region_seconds {region:.2e}"
    yield f"projection_seconds {projection:.2e}"
    yield f"stimulus_axon_seconds {float(spent['stimulus_seconds']) / n / (2 * N_AXONS):.2e}"
    spent, n = per_window(2, "brain.parallel=true", "execution.n_workers=1", "execution.threads_per_worker=1")
    task = float(spent["worker_exchange_seconds"].sum()) / n  # two regions, each of which goes on for two windows
    yield f"task_seconds {task - projection:.2e}"
    spent, n = per_window(2, "brain.parallel=true", "execution.n_workers=2")
    whole = float(spent["worker_wall_seconds"].max()) / n
    message = whole - float(spent["worker_compute_seconds"].max()) / n - task
    yield f"send_seconds + latency_seconds + receive_seconds {message:.2e}"
    spent, n = per_window(2, "brain.parallel=true", "execution.n_workers=2", "execution.exchange=orchestrated")
    call = float(spent["executor_seconds"]) / n - float(spent["worker_compute_seconds"].max()) / n
    yield f"call_seconds {call:.2e}"


def main() -> None:
    if "--messages" in sys.argv:
        for line in messages():
            print(line, flush=True)
        return
    print(f"{'':28} {'':9} {'speedup on':>14} {'':6}   {'errors of forecast':20}   free")
    print(f"{'brain':28} {'steps/s':>9} 1 worker    2 spread    alone     1      2   cores  auto")
    for name, brain in BRAINS.items():
        print(contest(name, brain), flush=True)


if __name__ == "__main__":
    main()
