"""Forecast and choice against real runs. Takes minutes and an idle machine, so no test runs it.

    python -m tests.performance.against_dask             ten brains: does "auto" take the faster side?
    python -m tests.performance.against_dask --messages  the constants of REFERENCE that need workers

A forecast is made from the costs that the sequential run had, so that it judges the simulated execution; the choice
from those that calibration predicts, as ``brain.parallel: auto`` makes it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from statistics import median
from time import perf_counter
from typing import Any

import xarray as xr

from thalia_dask import DynamicBrain
from thalia_dask.brain.opening import open_executor
from thalia_dask.config import ThaliaConfig, load_config
from thalia_dask.distributed.placement import local_cores
from thalia_dask.performance.calibration import calibrate, free_cores
from thalia_dask.performance.costs import measured, step_costs
from thalia_dask.performance.forecast import SEQUENTIAL, Setting, Work, step_seconds
from thalia_dask.topology.build import build_plan

SECONDS, REPEATS, CALL_STEPS, N_AXONS = 2.0, 5, 1000, 20


def ring(n: int, size: int, delay_ms: float, kind: str = "thalamus") -> dict[str, Any]:
    regions = {f"r{i}": {"kind": kind, "size": size, "input_size": N_AXONS} for i in range(n)}
    return {
        "regions": regions,
        "projections": [{"source": f"r{i}", "target": f"r{(i + 1) % n}", "delay_ms": delay_ms} for i in range(n)],
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


def contest(name: str, given: dict[str, Any]) -> str:
    alone = config(given)
    pair = config(given, "brain.parallel=true", "execution.n_workers=2")
    plan = build_plan(alone)
    auto = open_executor(config(given, "brain.parallel=auto", "execution.n_workers=2"), plan, None, CALL_STEPS)
    with ExitStack() as stack:
        brains = [stack.enter_context(DynamicBrain.from_thalia_config(c)) for c in (alone, pair)]
        speed = min(run(brain, 100) for brain in brains)
        cores = free_cores(min(2, local_cores()))
        before = brains[0].performance
        n_steps = max(100, int(speed * SECONDS))
        speeds = list(zip(*[[run(brain, n_steps) for brain in brains] for _ in range(REPEATS)], strict=True))
        spent = brains[0].performance - before
    sequential, dask = map(median, speeds)
    costs = measured(
        plan, spent["compute_seconds"].to_series().to_dict(), int(spent["n_steps"]), int(spent["n_windows"])
    )
    work = Work(plan, costs, calibrate(), min(CALL_STEPS, n_steps), spread_by=step_costs(plan))
    foretold = [1 / step_seconds(work, s) for s in (SEQUENTIAL, Setting(2, n_cores=cores))]
    taken = sequential if auto.name == "sequential" else dask
    errors = [told / real - 1 for told, real in zip(foretold, (sequential, dask), strict=True)]
    spread = max((max(s) - min(s)) / median(s) for s in speeds)
    verdict = "ok" if taken >= 0.95 * max(sequential, dask) else "SLOWER"
    return (
        f"{name:28} {sequential:9.0f} {dask:9.0f} {dask / sequential:6.2f} {spread:6.0%}   {errors[0]:+6.0%} "
        f"{errors[1]:+6.0%}   {cores:5.2f}  {auto.name:10} {verdict}"
    )


def per_window(n_regions: int, *overrides: str) -> tuple[xr.Dataset, int]:
    """Where the time of minute regions went, in windows of one step."""
    with DynamicBrain.from_thalia_config(config(ring(n_regions, 10, 1.0), *overrides)) as brain:
        run(brain, 200)
        before = brain.performance
        run(brain, 3000)
        spent = brain.performance - before
    return spent, int(spent["n_windows"])


def messages() -> Iterator[str]:
    """What the constants of a machine that need workers are here, from rings of two minute regions."""
    spent, n = per_window(2)
    own = float(spent["batching_seconds"] + spent["rescheduling_seconds"] + spent["observing_seconds"])
    yield f"orchestrator_region_seconds {own / n / 2:.2e}"
    yield f"stimulus_axon_seconds {float(spent['stimulus_seconds']) / n / (2 * N_AXONS):.2e}"
    spent, n = per_window(2, "brain.parallel=true", "execution.n_workers=1")
    task = float(spent["worker_exchange_seconds"].sum()) / n / 2
    yield f"task_seconds + projection_seconds {task:.2e}"
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
    print(f"{'brain':28} {'steps/s':>9} {'on Dask':>9} {'ratio':>6} {'spread':>6}   errors of forecast  cores  auto")
    for name, brain in BRAINS.items():
        print(contest(name, brain), flush=True)


if __name__ == "__main__":
    main()
