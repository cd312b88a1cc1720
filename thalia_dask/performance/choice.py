"""``brain.parallel: auto``: sequential or on Dask, and why."""

from __future__ import annotations

from dataclasses import dataclass

from thalia_dask.performance.forecast import SEQUENTIAL, Setting, Work, step_seconds

MARGIN = 1.3
"""By how much Dask must promise to be faster: more than the forecast errs, so that "auto" does not lose."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Whether to run on Dask, and the reason as a sentence for people."""

    parallel: bool
    reason: str


def choose(work: Work, setting: Setting) -> Choice:
    """The faster of the sequential executor and Dask in this setting, sequential where they are close."""
    where = f"{_counted(setting.n_workers, 'worker')} of {_counted(setting.n_threads, 'thread')}"
    if len(work.costs) == 1:
        return Choice(parallel=False, reason="sequential: there is one region, so nothing could be done side by side")
    if setting.n_workers * setting.n_threads == 1:
        return Choice(parallel=False, reason=f"sequential: {where} would do one thing at a time, too")
    if setting.n_cores <= 1.0:
        return Choice(parallel=False, reason="sequential: there is one free core, which workers would have to share")
    alone, together = step_seconds(work, SEQUENTIAL), step_seconds(work, setting)
    promise = f"a step takes about {_microseconds(alone)} sequentially and {_microseconds(together)} on {where}"
    if setting.n_cores < setting.n_workers * setting.n_threads:
        promise += f" that share {setting.n_cores:.2g} free cores"
    if alone >= MARGIN * together:
        return Choice(parallel=True, reason=f"dask: {promise}")
    needed = f"Dask is taken where it is at least {MARGIN:g} times as fast"
    return Choice(parallel=False, reason=f"sequential: {promise}; {needed}")


def _microseconds(seconds: float) -> str:
    return f"{seconds * 1e6:,.3g} µs" if seconds < 1e-3 else f"{seconds * 1e3:,.3g} ms"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
