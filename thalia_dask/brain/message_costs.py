"""What orders to workers, and messages between them, take on this machine, from the smallest brain that sends any."""

from __future__ import annotations

from dataclasses import replace

from thalia_dask.brain.bench import measure
from thalia_dask.config import load_config
from thalia_dask.distributed.placement import local_cores
from thalia_dask.performance.calibration import free_cores
from thalia_dask.performance.costs import Spent, predict, step_costs
from thalia_dask.performance.forecast import SEQUENTIAL, Setting, Work, step_seconds
from thalia_dask.performance.machine import Machine
from thalia_dask.topology.build import build_plan

_REGION = {"kind": "thalamus", "size": 10, "input_size": 20}
_RING = {
    "regions": {"there": _REGION, "back": _REGION},
    "projections": [
        {"source": "there", "target": "back", "delay_ms": 1.0},
        {"source": "back", "target": "there", "delay_ms": 1.0},
    ],
}
_REPEATS, _N_STEPS, _CALL_STEPS = 9, 1000, 50
_LEAST, _MOST = 1 / 8, 8.0
_TRIALS = 12


def with_messages_measured(machine: Machine) -> Machine:
    """The machine, with messages that take so long that a ring of two regions is forecast to take what it took.

    An order takes what the orchestrator waited longer than its workers did. All this needs ten seconds, since two
    workers have to start. Messages that take over 8 times as long as ``machine`` says, or less than an eighth, count
    as that.
    """
    config = load_config({"brain": _RING, "recording": {"spikes": False}})
    n_threads = min(2, local_cores())
    n_cores = free_cores(n_threads)
    settings = (SEQUENTIAL, Setting(2))
    alone, apart = measure(config, settings, repeats=_REPEATS, call_steps=_CALL_STEPS, n_steps=_N_STEPS)
    beyond = float(apart.spent["executor_seconds"]) - float(apart.spent["worker_wall_seconds"].max())
    machine = replace(machine, call_seconds=beyond / int(apart.spent["n_spans"]))
    pair = Setting(2, n_cores=(n_cores + free_cores(n_threads)) / 2)
    plan = build_plan(config)
    work = Work(plan, predict(plan), machine, _CALL_STEPS, spread_by=step_costs(plan)).as_spent(Spent.of(alone.spent))
    least, most = _LEAST, _MOST
    for _ in range(_TRIALS):
        factor = (least * most) ** 0.5
        faster = replace(work, machine=work.machine.with_messages(factor))
        if step_seconds(faster, pair) < 1.0 / apart.speed:
            least = factor
        else:
            most = factor
    return machine.with_messages(factor)
