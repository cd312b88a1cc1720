"""Why workers are no faster than one process: clauses that go on after "because"."""

from __future__ import annotations

from dataclasses import replace

from thalia_dask.performance.forecast import SEQUENTIAL, Setting, Work, step_seconds

_LITTLE = 1.25
"""Times as fast at most: exchanging spikes mostly takes what there is to gain."""


def certain_hindrance(work: Work, setting: Setting) -> str | None:
    """What leaves nothing to gain, whatever regions take; None if there may be something."""
    if len(work.costs) == 1:
        return "there is one region, so nothing could be done side by side"
    if setting.n_workers * setting.n_threads == 1:
        return f"{setting} would do one thing at a time, too"
    if setting.n_cores <= 1.0:
        return "there is one free core, which workers would have to share"
    return None


def hindrance(work: Work, setting: Setting) -> str:
    """What leaves the least to gain, with costs as they were measured."""
    if certain := certain_hindrance(work, setting):
        return certain
    if setting.n_cores < _LITTLE:
        return f"only {setting.n_cores:.2g} cores are free"
    seconds = {name: cost.seconds(work.longest_window_steps) for name, cost in work.costs.items()}
    largest, total = max(seconds, key=seconds.__getitem__), sum(seconds.values())
    if total < _LITTLE * seconds[largest]:
        share = seconds[largest] / total
        return f"region '{largest}' alone takes {share:.0%} of what there is to compute"
    if _if_exchange_were_free(work, setting) < _LITTLE:
        return "its regions mostly wait: for each other, or for Python's lock"
    step = 1e6 * total / work.longest_window_steps
    return f"a step of all regions takes {step:,.0f} µs to compute, too little for what exchanging its spikes takes"


def _if_exchange_were_free(work: Work, setting: Setting) -> float:
    """How many times as fast a setting would be."""
    free = replace(work, machine=work.machine.with_free_exchange())
    return step_seconds(free, replace(SEQUENTIAL, exchange=setting.exchange)) / step_seconds(free, setting)
