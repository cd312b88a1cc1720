"""Where the time of a brain went so far, as a Dataset."""

from __future__ import annotations

import numpy as np
import xarray as xr

from thalia_dask.brain.tally import Tally
from thalia_dask.engine.effort import OrchestratorEffort
from thalia_dask.engine.executor import Executor
from thalia_dask.recording.dataset import build_dataset
from thalia_dask.recording.schema import Variable
from thalia_dask.topology.plan import BrainPlan

_OF_THREADS = "of worker_thread_seconds"

VARIABLES = (
    Variable("region", ("region",), "str", "", "brain region"),
    Variable("worker", ("worker",), "str", "", "process that holds regions"),
    Variable("home", ("region",), "str", "", "worker that holds the region"),
    Variable("compute_seconds", ("region",), "float64", "s", "time spent inside the region"),
    Variable("spikes", ("region",), "int64", "1", "spikes that the region emitted"),
    Variable("n_threads", ("worker",), "int64", "1", "threads on which the worker's regions compute"),
    Variable("worker_wall_seconds", ("worker",), "float64", "s", "time from taking orders up to answering them"),
    Variable("worker_thread_seconds", ("worker",), "float64", "s", "the same, added up over threads"),
    Variable("worker_compute_seconds", ("worker",), "float64", "s", "time inside regions", comment=_OF_THREADS),
    Variable(
        "worker_waiting_seconds",
        ("worker",),
        "float64",
        "s",
        "time without anything to compute, because packets were missing",
        comment=_OF_THREADS,
    ),
    Variable(
        "worker_exchange_seconds",
        ("worker",),
        "float64",
        "s",
        "time for routing and encoding spikes, and other Python",
        comment=f"the rest {_OF_THREADS}",
    ),
    Variable("stimulus_seconds", (), "float64", "s", "time for turning stimuli into spikes"),
    Variable("batching_seconds", (), "float64", "s", "orchestrator's time for building batches"),
    Variable("executor_seconds", (), "float64", "s", "orchestrator's time of waiting for the executor"),
    Variable("rescheduling_seconds", (), "float64", "s", "orchestrator's time for rescheduling spikes"),
    Variable("observing_seconds", (), "float64", "s", "orchestrator's time in observers, the recording among them"),
    Variable("wall_seconds", (), "float64", "s", "time in forward", comment="the sum of the five above"),
    Variable("n_steps", (), "int64", "1", "steps advanced"),
    Variable(
        "n_windows",
        (),
        "int64",
        "1",
        "windows in which regions advanced",
        comment="where they run ahead in one process: stretches, on average over regions",
    ),
    Variable("n_spans", (), "int64", "1", "calls of the executor"),
    Variable("n_recoveries", (), "int64", "1", "losses of workers from which the run recovered"),
    Variable("recovery_seconds", (), "float64", "s", "time for recovering", comment="part of executor_seconds"),
    Variable("replayed_steps", (), "int64", "1", "steps that were computed once more in order to recover"),
    Variable("steps_per_second", (), "float64", "1/s", "steps per second of wall-clock time"),
    Variable("realtime_factor", (), "float64", "1", "simulated time by wall-clock time"),
    Variable(
        "overhead_ratio",
        (),
        "float64",
        "1",
        "events by step and region",
        comment="Thalia's measure",
    ),
)
"""What :attr:`DynamicBrain.performance` holds; values are of all calls of ``forward`` together."""


def performance(
    plan: BrainPlan, executor: Executor, orchestrator: OrchestratorEffort, tally: Tally, stimulus_seconds: float
) -> xr.Dataset:
    """Where the time went; before the first step, rates are NaN."""
    names, efforts, n_steps = plan.region_names, executor.efforts(), orchestrator.n_steps
    wall_seconds = stimulus_seconds + orchestrator.wall_seconds
    steps_per_second = n_steps / wall_seconds if wall_seconds and n_steps else np.nan
    values = {
        "region": np.array(names, np.str_),
        "worker": np.array(list(efforts), np.str_),
        "home": np.array([executor.placement[name] for name in names], np.str_),
        "compute_seconds": np.array([tally.compute_seconds[name] for name in names]),
        "spikes": np.array([tally.all_spikes[name] for name in names], np.int64),
        "n_threads": np.array([effort.n_threads for effort in efforts.values()], np.int64),
        "worker_wall_seconds": np.array([effort.wall_seconds for effort in efforts.values()]),
        "worker_thread_seconds": np.array([effort.thread_seconds for effort in efforts.values()]),
        "worker_compute_seconds": np.array([effort.compute_seconds for effort in efforts.values()]),
        "worker_waiting_seconds": np.array([effort.waiting_seconds for effort in efforts.values()]),
        "worker_exchange_seconds": np.array([effort.exchange_seconds for effort in efforts.values()]),
        "stimulus_seconds": np.array(stimulus_seconds),
        "batching_seconds": np.array(orchestrator.batching_seconds),
        "executor_seconds": np.array(orchestrator.executor_seconds),
        "rescheduling_seconds": np.array(orchestrator.rescheduling_seconds),
        "observing_seconds": np.array(orchestrator.observing_seconds),
        "wall_seconds": np.array(wall_seconds),
        "n_steps": np.array(n_steps, np.int64),
        "n_windows": np.array(executor.n_windows, np.int64),
        "n_spans": np.array(orchestrator.n_spans, np.int64),
        "n_recoveries": np.array(len(executor.recoveries), np.int64),
        "recovery_seconds": np.array(sum((report.seconds for report in executor.recoveries), 0.0)),
        "replayed_steps": np.array(sum(report.steps_replayed for report in executor.recoveries), np.int64),
        "steps_per_second": np.array(steps_per_second),
        "realtime_factor": np.array(steps_per_second * plan.dt_ms / 1000.0),
        "overhead_ratio": np.array(tally.all_events / (n_steps * len(names)) if n_steps else np.nan),
    }
    dataset = build_dataset(VARIABLES, values, {"executor": executor.name, "dt_ms": plan.dt_ms})
    return dataset.set_coords(["home", "n_threads"])  # so that two of them can be subtracted
