"""``brain.parallel: auto``: sequential or on Dask, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from thalia_dask.performance.costs import Trial, is_opaque
from thalia_dask.performance.forecast import Setting, Work, step_seconds
from thalia_dask.performance.hindrance import certain_hindrance

MARGIN = 1.02
"""By how much Dask must promise to be faster. Forecasts err by more, but in both directions."""

_LEAST, _MOST = 1.0 / 3.0, 10.0
"""How much less or more than anatomy says kernels may take: it knows neither rates nor what fits the cache."""
_CARRIED = 2.0
"""How much more than the constant for a window carrying its spikes may take, which anatomy does not know either. What
reports of them take counts as much again."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Whether to run on Dask, and the reason as a sentence for people."""

    parallel: bool
    reason: str


def choose(work: Work, setting: Setting, tried: Callable[[], Trial] | None = None) -> Choice:
    """The faster of the sequential executor and Dask in this setting, sequential where they are close.

    Parameters
    ----------
    work : with costs from anatomy.
    tried : measures the costs sequentially, or None where that is not possible. It is called where the choice
        depends on them, as far as anatomy tells.
    """
    if why := certain_hindrance(work, setting):
        return Choice(parallel=False, reason=f"sequential: {why}")
    source = "anatomy"
    if tried is not None and _is_open(work, setting):
        trial = tried()
        work, source = work.as_spent(trial.spent, trial), "a short trial"
    alone, together = step_seconds(work, _alone(setting)), step_seconds(work, setting)
    taken = f"{_microseconds(alone)} sequentially and {_microseconds(together)} on {setting}"
    promise = f"by {source}, a step takes about {taken}"
    if setting.n_cores < setting.n_workers * setting.n_threads:
        promise += f" that share {setting.n_cores:.2g} free cores"
    if alone >= MARGIN * together:
        return Choice(parallel=True, reason=f"dask: {promise}")
    needed = f"Dask is taken where it is at least {MARGIN:g} times as fast"
    return Choice(parallel=False, reason=f"sequential: {promise}; {needed}")


def _is_open(work: Work, setting: Setting) -> bool:
    """Whether it depends on what anatomy does not tell."""
    if any(is_opaque(spec) for spec in work.plan.regions):
        return True
    return _pays(_least(work), setting) != _pays(_scaled(work, _MOST), setting)


def _pays(work: Work, setting: Setting) -> bool:
    return step_seconds(work, _alone(setting)) >= MARGIN * step_seconds(work, setting)


def _alone(setting: Setting) -> Setting:
    return Setting(0, exchange=setting.exchange)


def _least(work: Work) -> Work:
    """The least that there may be to gain: kernels take little, and carrying spikes much."""
    much = _CARRIED * work.orchestrating_seconds / work.longest_window_steps
    return replace(_scaled(work, _LEAST), carrying_seconds=much, spike_seconds=much, report_seconds=much)


def _scaled(work: Work, factor: float) -> Work:
    """The same work with kernels that take so many times as long."""
    costs = {
        name: replace(cost, kernel_step_seconds=factor * cost.kernel_step_seconds)
        for name, cost in work.costs.items()
    }
    return replace(work, costs=costs)


def _microseconds(seconds: float) -> str:
    return f"{seconds * 1e6:,.3g} µs" if seconds < 1e-3 else f"{seconds * 1e3:,.3g} ms"
