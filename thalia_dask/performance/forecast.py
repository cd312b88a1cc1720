"""How long a step would take, sequentially or on workers: a simulation of the execution, not of the brain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from thalia_dask.distributed.pace import Pace
from thalia_dask.distributed.placement import assign
from thalia_dask.engine.windows import LONGEST_SPAN_STEPS, SPAN_SECONDS, window_length
from thalia_dask.performance.costs import Costs, Spent, Trial, measured
from thalia_dask.performance.machine import Machine
from thalia_dask.performance.span_forecast import Workers, span_seconds
from thalia_dask.topology.plan import BrainPlan

_SIMULATED_WINDOWS = 32


@dataclass(frozen=True, slots=True)
class Setting:
    """How a brain would be executed.

    Attributes
    ----------
    n_workers, n_threads : processes, and threads of each; 0 workers is sequential execution.
    n_cores : that are free, of all machines together; a fraction where other programs use a part of one.
    """

    n_workers: int
    n_threads: int = 1
    exchange: Literal["direct", "orchestrated"] = "direct"
    n_cores: float = 1.0


SEQUENTIAL = Setting(0)


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be executed.

    Attributes
    ----------
    costs : of every region, in seconds.
    call_steps : steps of one call of ``forward``; no span is longer.
    window_steps : a window that was asked for, or None for the best.
    spread_by : region -> what it counts where regions are spread over workers, as an executor is told: what anatomy
        says, where ``costs`` were measured. None for the costs themselves.
    carrying_seconds, spike_seconds : Python for the spikes of one step, besides that for each window: to carry them
        from region to region in direct exchange, and to carry and record them in the orchestrator.
    report_seconds : for the spikes of one step, from workers into the orchestrator.
    """

    plan: BrainPlan
    costs: Costs
    machine: Machine
    call_steps: int = LONGEST_SPAN_STEPS
    window_steps: int | None = None
    spread_by: Mapping[str, float] | None = None
    carrying_seconds: float = 0.0
    spike_seconds: float = 0.0
    report_seconds: float = 0.0

    @property
    def orchestrating_seconds(self) -> float:
        """What one window, or span, takes the orchestrator, whatever the spikes."""
        machine = self.machine
        regions = len(self.costs) * machine.orchestrator_region_seconds
        projections = len(self.plan.projections) * machine.projection_seconds
        return machine.orchestrator_window_seconds + regions + projections

    def as_spent(self, spent: Spent, trial: Trial | None = None) -> Work:
        """The same work with what it took in a sequential brain, of regions and of their spikes.

        A trial of the same brain, perhaps at other steps, tells how it would be in shorter windows.
        """
        turns = len(self.costs) * self.machine.task_seconds
        turns = spent.n_windows * (turns + len(self.plan.projections) * self.machine.projection_seconds)
        spans = spent.n_spans * self.orchestrating_seconds
        rest = spent.carrying_seconds + spent.orchestrating_seconds
        return replace(
            self,
            costs=measured(self.plan, spent, self.machine, trial),
            machine=self.machine.with_carrying(min(1.0, rest / (turns + spans))),
            carrying_seconds=max(0.0, spent.carrying_seconds - turns) / spent.n_steps,
            spike_seconds=max(0.0, spent.orchestrating_seconds - spans) / spent.n_steps,
            report_seconds=spent.n_spikes * self.machine.report_spike_seconds / spent.n_steps,
        )

    def carried_by(self, n_workers: int) -> Work:
        """The same work with the Python for spikes as a part of what regions cost.

        What the orchestrator takes in from workers, they have to hand out: that takes them as long.
        """
        more = (self.carrying_seconds + (self.spike_seconds if n_workers else 0.0)) / len(self.costs)
        costs = {
            name: replace(cost, python_step_seconds=cost.python_step_seconds + more)
            for name, cost in self.costs.items()
        }
        return replace(self, costs=costs)


def step_seconds(work: Work, setting: Setting) -> float:
    """Predict the wall-clock seconds of one step."""
    always = sum(port.size for port in work.plan.stimuli) * work.machine.stimulus_axon_seconds + work.spike_seconds
    if setting.n_workers:
        always += work.report_seconds
    if setting.exchange == "direct":
        work = work.carried_by(setting.n_workers)
        return always + (_direct(work, setting) if setting.n_workers else _running_ahead(work))
    return always + (_orchestrated(work, setting) if setting.n_workers else _one_by_one(work))


def _one_by_one(work: Work) -> float:
    n_steps = _window_steps(work)
    computing = sum(cost.seconds(n_steps) for cost in work.costs.values())
    return (computing + work.orchestrating_seconds) / n_steps


def _running_ahead(work: Work) -> float:
    """In this process, where regions may stop at any step, and an order costs nothing."""
    here = Workers(dict.fromkeys(work.costs, "this process"), 1, 1.0)
    return _in_spans(replace(work, machine=replace(work.machine, call_seconds=0.0)), here, 1)


def _orchestrated(work: Work, setting: Setting) -> float:
    """Every window a call; workers compute it at the same time."""
    n_steps = _window_steps(work)
    workers = _workers(work, setting)
    computing = span_seconds(work.costs, (), work.machine, workers, n_steps, n_steps)
    return (computing + work.machine.call_seconds + work.orchestrating_seconds) / n_steps


def _direct(work: Work, setting: Setting) -> float:
    """Direct exchange, with the windows that the executor would find to be the fastest."""
    workers = _workers(work, setting)
    lengths = Pace(work.plan.projections, workers.placement, work.window_steps).lengths or [_window_steps(work)]
    return min(_in_spans(work, workers, n_steps) for n_steps in lengths)


def _in_spans(work: Work, workers: Workers, window_steps: int) -> float:
    """Spans of windows: the pace of their middle, where regions run as far ahead as they can, and a call for each."""
    plan, machine = work.plan, work.machine
    half_steps = _SIMULATED_WINDOWS // 2 * max(window_steps, _window_steps(work))
    whole = span_seconds(work.costs, plan.projections, machine, workers, 2 * half_steps, window_steps)
    half = span_seconds(work.costs, plan.projections, machine, workers, half_steps, window_steps)
    pace = (whole - half) / half_steps
    span = max(1.0, min(work.call_steps, LONGEST_SPAN_STEPS, SPAN_SECONDS / max(pace, 1e-9)))
    once = machine.call_seconds + work.orchestrating_seconds + max(0.0, half - pace * half_steps)
    return pace + once / span


def _window_steps(work: Work) -> int:
    return window_length(work.plan.look_ahead_steps, work.window_steps)


def _workers(work: Work, setting: Setting) -> Workers:
    n_steps = _window_steps(work)
    names: Sequence[str] = [f"worker {i + 1}" for i in range(setting.n_workers)]
    shares = work.spread_by or {name: cost.seconds(n_steps) for name, cost in work.costs.items()}
    return Workers(assign(shares, names, work.plan.projections), setting.n_threads, setting.n_cores)
