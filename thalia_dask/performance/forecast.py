"""How long a step would take, sequentially or on workers: a simulation of the execution, not of the brain."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
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

    def __str__(self) -> str:
        return f"{_counted(self.n_workers, 'worker')} of {_counted(self.n_threads, 'thread')}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


SEQUENTIAL = Setting(0)


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be executed.

    Attributes
    ----------
    costs : of every region, in seconds.
    call_steps : steps of one call of ``forward``; no window and no span is longer.
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
    def longest_window_steps(self) -> int:
        """Steps after which the orchestrator acts in orchestrated exchange, where no call ends before."""
        return min(window_length(self.plan.look_ahead_steps, self.window_steps), self.call_steps)

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
    return _in_windows(work, lambda n_steps: sum(cost.seconds(n_steps) for cost in work.costs.values()))


def _running_ahead(work: Work) -> float:
    """In this process, where regions may stop at any step, and an order costs nothing."""
    here = Workers(dict.fromkeys(work.costs, "this process"), 1, 1.0)
    return _in_spans(replace(work, machine=replace(work.machine, call_seconds=0.0)), here, 1)


def _orchestrated(work: Work, setting: Setting) -> float:
    """Every window an order; workers compute it at the same time."""
    workers = _workers(work, setting)
    order = work.machine.order_seconds(len(workers.regions))
    return _in_windows(
        work, lambda n_steps: order + span_seconds(work.costs, (), work.machine, workers, n_steps, n_steps)
    )


def _in_windows(work: Work, seconds: Callable[[int], float]) -> float:
    """Windows one after the other, of which the last of a call is what remains of it.

    ``seconds`` is what a window of so many steps takes besides the orchestrator.
    """
    n_whole, rest = divmod(work.call_steps, work.longest_window_steps)
    taken = n_whole * (seconds(work.longest_window_steps) + work.orchestrating_seconds)
    if rest:
        taken += seconds(rest) + work.orchestrating_seconds
    return taken / work.call_steps


def _direct(work: Work, setting: Setting) -> float:
    """Direct exchange, with the windows that the executor would find to be the fastest."""
    workers = _workers(work, setting)
    lengths = Pace(work.plan.projections, workers.placement, work.window_steps).lengths or [work.longest_window_steps]
    return min(_in_spans(work, workers, n_steps) for n_steps in lengths)


def _in_spans(work: Work, workers: Workers, window_steps: int) -> float:
    """A span and its order. Of a long span the beginning is simulated, and the rest goes on as its second half does.

    By then regions run as far ahead as they can.
    """
    simulated = partial(span_seconds, work.costs, work.plan.projections, work.machine, workers)
    n_steps = min(
        work.call_steps, LONGEST_SPAN_STEPS, _SIMULATED_WINDOWS * max(window_steps, work.longest_window_steps)
    )
    taken = simulated(n_steps, window_steps)
    span = _span_steps(work, taken / n_steps)
    if span > n_steps:
        n_first = n_steps // 2
        pace = (taken - simulated(n_first, window_steps)) / (n_steps - n_first)
        taken += (span - n_steps) * pace
    elif span < n_steps:
        taken = simulated(span, window_steps)
    return (taken + work.machine.order_seconds(len(workers.regions)) + work.orchestrating_seconds) / span


def _span_steps(work: Work, pace: float) -> int:
    """Steps of a span of regions that take so many seconds a step: whole windows, and no more than a call."""
    window_steps = work.longest_window_steps
    wanted = int(min(LONGEST_SPAN_STEPS, SPAN_SECONDS / max(pace, 1e-9)))
    return min(work.call_steps, max(window_steps, wanted // window_steps * window_steps))


def _workers(work: Work, setting: Setting) -> Workers:
    n_steps = work.longest_window_steps
    names: Sequence[str] = [f"worker {i + 1}" for i in range(setting.n_workers)]
    shares = work.spread_by or {name: cost.seconds(n_steps) for name, cost in work.costs.items()}
    return Workers(assign(shares, names, work.plan.projections), setting.n_threads, setting.n_cores)
