"""What is told of a bench: tables, a verdict in plain words, and JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property

from thalia_dask.brain.bench import Measurement
from thalia_dask.cli.text import counted, table
from thalia_dask.performance.costs import Spent, Trial, predict, step_costs
from thalia_dask.performance.forecast import SEQUENTIAL, Setting, Work, step_seconds
from thalia_dask.performance.hindrance import hindrance
from thalia_dask.performance.machine import Machine
from thalia_dask.topology.plan import BrainPlan

PREDICTED = tuple(Setting(n_workers, 1, "direct", n_workers) for n_workers in (4, 8, 32, 256))
PAYS = 1.05
"""Speedups below are not worth the processes: they are within what runs differ by."""

_SHARES = ("compute", "exchange", "waiting")


def label(setting: Setting) -> str:
    """A setting as a row calls it."""
    if not setting.n_workers:
        return "sequential"
    processes = f"{setting.n_workers} process{'es' * (setting.n_workers != 1)}"
    return f"{processes} x {counted(setting.n_threads, 'thread')}, {setting.exchange}"


@dataclass(frozen=True, eq=False)
class BenchReport:
    """All measurements of one brain, the sequential one first, and a trial of it."""

    plan: BrainPlan
    measurements: Sequence[Measurement]
    trial: Trial
    machine: Machine
    call_steps: int
    window_steps: int | None

    def lines(self) -> Iterator[str]:
        """Everything, for people."""
        yield self._speeds()
        yield f"\nShares of the workers' threads x wall-clock time:\n{self._workers()}"
        yield f"\nRegions, in µs a step:\n{self._regions()}"
        ratio = float(self._alone.spent["overhead_ratio"])
        yield f"\noverhead_ratio: {ratio:.2f} events by step and region"
        yield "\nPredicted from these costs, if each worker had a core and messages were as fast as here:"
        yield self._predicted()
        yield f"\n{self.verdict()}"

    @property
    def _alone(self) -> Measurement:
        return self.measurements[0]

    @property
    def _best(self) -> Measurement:
        """The fastest on Dask."""
        return max(self.measurements[1:], key=lambda one: one.speed)

    def verdict(self) -> str:
        """Whether Dask pays, why not where it does not, and what to write."""
        best, speedup = self._best, self._best.speed / self._alone.speed
        times = f"{label(best.setting)}, the best on Dask, ran {speedup:.2f} times as fast as sequential"
        if speedup >= PAYS:
            written = (
                f"n_workers: {best.setting.n_workers}, threads_per_worker: {best.setting.n_threads}, "
                f"exchange: {best.setting.exchange}"
            )
            return f"Parallel pays here: {times}.\nUse brain: {{parallel: true}} and execution: {{{written}}}."
        shares = _mean_shares(best)
        told = ", ".join(f"{shares[what]:.0%} {words}" for what, words in _IN_WORDS.items())
        return (
            f"Parallel does not pay here: {times}, because {hindrance(self._work, best.setting)}. The threads of its "
            f"workers spent {told}.\nUse brain: {{parallel: false}}."
        )

    @cached_property
    def _work(self) -> Work:
        """What is to be done, with the costs measured sequentially."""
        anatomy = predict(self.plan)
        work = Work(self.plan, anatomy, self.machine, self.call_steps, self.window_steps, step_costs(self.plan))
        return work.as_spent(Spent.of(self._alone.spent), self.trial)

    @cached_property
    def predictions(self) -> dict[Setting, float]:
        """Setting -> predicted steps per second. Of many regions it takes seconds."""
        settings = [*(m.setting for m in self.measurements), *PREDICTED]
        return {setting: 1.0 / step_seconds(self._work, setting) for setting in settings}

    def as_json(self) -> dict[str, object]:
        """Everything, for scripts."""
        foretold = self.predictions
        return {
            "measured": [
                {
                    **asdict(m.setting),
                    "steps_per_second": list(m.steps_per_second),
                    "median_steps_per_second": m.speed,
                    "speedup": m.speed / self._alone.speed,
                    "predicted_steps_per_second": foretold[m.setting],
                    "performance": m.spent.to_dict(),
                }
                for m in self.measurements
            ],
            "predicted": [
                {
                    **asdict(setting),
                    "steps_per_second": foretold[setting],
                    "speedup": foretold[setting] / foretold[SEQUENTIAL],
                }
                for setting in PREDICTED
            ],
            "verdict": self.verdict(),
        }

    def _speeds(self) -> str:
        foretold = self.predictions
        rows = [
            (
                label(m.setting),
                f"{m.speed:,.0f}",
                f"{m.spread:.0%}",
                f"{m.speed / self._alone.speed:.2f}",
                f"{foretold[m.setting] / foretold[SEQUENTIAL]:.2f}",
            )
            for m in self.measurements
        ]
        return table(("executor", "steps/s", "spread", "speedup", "predicted"), rows, right=(1, 2, 3, 4))

    def _workers(self) -> str:
        rows = [
            (label(m.setting), str(worker).rpartition("/")[2], *(f"{share:.0%}" for share in shares.values()))
            for m in self.measurements
            for worker, shares in _shares(m).items()
        ]
        header = ("executor", "worker", *_SHARES, "no orders")
        return table(header, rows, right=(2, 3, 4, 5))

    def _regions(self) -> str:
        alone = self._alone.spent["compute_seconds"] / self._alone.spent["n_steps"]
        best = self._best.spent["compute_seconds"] / self._best.spent["n_steps"]
        rows = [
            (
                name,
                f"{1e6 * float(alone.sel(region=name)):.1f}",
                f"{float(alone.sel(region=name) / alone.sum()):.0%}",
                f"{1e6 * float(best.sel(region=name)):.1f}",
            )
            for name in self.plan.region_names
        ]
        return table(("region", "sequential", "share", f"on {label(self._best.setting)}"), rows, right=(1, 2, 3))

    def _predicted(self) -> str:
        foretold = self.predictions
        rows = [
            (f"{setting.n_workers}", f"{foretold[setting]:,.0f}", f"{foretold[setting] / foretold[SEQUENTIAL]:.2f}")
            for setting in PREDICTED
        ]
        return table(("workers", "steps/s", "speedup"), rows, right=(0, 1, 2))


_IN_WORDS = {
    "compute": "computing",
    "exchange": "on the exchange of spikes",
    "waiting": "waiting for spikes of others",
    "no orders": "waiting for the orchestrator",
}


def _shares(measurement: Measurement) -> dict[str, dict[str, float]]:
    """Worker -> what its threads did -> share of threads x wall-clock time of ``forward``."""
    spent = measurement.spent
    shares = {}
    for worker in spent["worker"].values:
        mine = spent.sel(worker=worker)
        whole = float(mine["n_threads"] * spent["wall_seconds"])
        parts = {what: float(mine[f"worker_{what}_seconds"]) / whole for what in _SHARES}
        shares[str(worker)] = {**parts, "no orders": max(0.0, 1.0 - sum(parts.values()))}
    return shares


def _mean_shares(measurement: Measurement) -> dict[str, float]:
    every = list(_shares(measurement).values())
    return {what: sum(shares[what] for shares in every) / len(every) for what in _IN_WORDS}
