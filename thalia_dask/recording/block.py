"""Turn the reports of a run of windows into one block of arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thalia_dask.engine.observer import TrialReport, WindowReport
from thalia_dask.recording.layout import Values
from thalia_dask.regions.base import MEMBRANE_POTENTIAL_MEAN
from thalia_dask.spikes import Int32Array
from thalia_dask.topology.plan import BrainPlan

Columns = dict[str, Values]
Reports = Sequence[WindowReport]


@dataclass(frozen=True, slots=True, eq=False)
class Census:
    """What must be known of a region to count its spikes.

    Attributes
    ----------
    fan_out : int32, shape (neurons,). Number of axonal projections that carry a spike of the neuron.
    """

    region: str
    fan_out: Int32Array

    @property
    def n_neurons(self) -> int:
        return len(self.fan_out)


def take_census(plan: BrainPlan) -> tuple[Census, ...]:
    """Count neurons and projections, in the order of ``plan.regions``."""
    sizes = {region: sum(size for _, size in populations) for region, populations in plan.populations}
    fan_out = {region: np.zeros(sizes[region], np.int32) for region in plan.region_names}
    for projection in plan.projections:
        fan_out[projection.source][projection.first : projection.last] += 1
    return tuple(Census(region, fan_out[region]) for region in plan.region_names)


def step_times(steps: NDArray[np.int64], dt_ms: float) -> NDArray[np.float64]:
    """Time at the start of each step, in ms, free of the binary dust of ``steps * dt_ms``."""
    return np.round(steps * dt_ms, 9)


def activity(reports: Reports, census: Sequence[Census], dt_ms: float) -> Columns:
    """Counts and rates by region and step; all arrays have shape (regions, steps)."""
    first, n_steps = _span(reports)
    shape = (len(census), n_steps)
    counts, sent, received = (np.zeros(shape, np.int32) for _ in range(3))
    for row, one in enumerate(census):
        steps, neurons = spikes(reports, one.region)
        counts[row] = np.bincount(steps - first, minlength=n_steps)
        sent[row] = np.bincount(steps - first, weights=one.fan_out[neurons], minlength=n_steps)
        arrived = [r.arrivals[one.region].steps for r in reports if one.region in r.arrivals]
        received[row] = np.bincount(_join(arrived) - first, minlength=n_steps)
    neuron_seconds = np.array([[one.n_neurons * dt_ms * 1e-3] for one in census])
    rate = np.divide(counts, neuron_seconds, out=np.zeros(shape), where=neuron_seconds > 0)
    return {
        "spike_count": counts,
        "rate": rate.astype(np.float32),
        "events_sent": sent,
        "events_received": received,
    }


def spikes(reports: Reports, region: str) -> tuple[Int32Array, Int32Array]:
    """Steps and neurons of the spikes that a region emitted, ordered by (step, neuron)."""
    packets = [r.emissions[region].spikes for r in reports]
    return _join([p.steps for p in packets]), _join([p.neurons for p in packets])


def membrane_potential(reports: Reports, census: Sequence[Census]) -> NDArray[np.float32]:
    """Mean membrane potential, shape (regions, steps); NaN where a region does not report it."""
    rows = []
    for one in census:
        observed = (r.emissions[one.region].observed.get(MEMBRANE_POTENTIAL_MEAN) for r in reports)
        rows.append(
            np.concatenate(
                [
                    np.full(r.window.n_steps, np.nan, np.float32) if values is None else values
                    for r, values in zip(reports, observed, strict=True)
                ]
            )
        )
    return np.stack(rows).astype(np.float32, copy=False)


def timings(reports: Reports, census: Sequence[Census], first_window: int) -> Columns:
    """Wall-clock and computing time of each window."""
    return {
        "window": np.arange(first_window, first_window + len(reports), dtype=np.int64),
        "window_start": np.array([r.window.start for r in reports], np.int64),
        "window_steps": np.array([r.window.n_steps for r in reports], np.int64),
        "wall_seconds": np.array([r.wall_seconds for r in reports], np.float64),
        "compute_seconds": np.array(
            [[r.emissions[one.region].compute_seconds for r in reports] for one in census], np.float64
        ).reshape(len(census), len(reports)),
    }


def trials(reports: Sequence[TrialReport], first_trial: int, dt_ms: float) -> Columns:
    """One row per reward delivered."""
    steps = np.array([r.step for r in reports], np.int64)
    return {
        "trial": np.arange(first_trial, first_trial + len(reports), dtype=np.int64),
        "trial_step": steps,
        "trial_time": step_times(steps, dt_ms),
        "action": np.array([r.action for r in reports], np.int32),
        "reward": np.array([r.reward for r in reports], np.float64),
        "reward_prediction_error": np.array([r.reward_prediction_error for r in reports], np.float64),
    }


def _span(reports: Reports) -> tuple[int, int]:
    if not reports:
        return 0, 0
    first = reports[0].window.start
    return first, reports[-1].window.stop - first


def _join(parts: Sequence[Int32Array]) -> Int32Array:
    return np.concatenate(parts) if parts else np.empty(0, np.int32)
