"""Turn pending windows into one block of arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thalia_dask.engine.observer import TrialReport
from thalia_dask.recording.layout import Values
from thalia_dask.recording.pending import Pending, Track
from thalia_dask.regions.base import MEMBRANE_POTENTIAL_MEAN
from thalia_dask.spikes import Int32Array
from thalia_dask.topology.plan import BrainPlan

Columns = dict[str, Values]


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


def activity(pending: Pending, census: Sequence[Census], dt_ms: float) -> Columns:
    """Counts and rates by region and step; all arrays have shape (regions, steps)."""
    first, n_steps = pending.starts[0], pending.stop - pending.starts[0]
    shape = (len(census), n_steps)
    counts, sent, received = (np.zeros(shape, np.int32) for _ in range(3))
    for row, one in enumerate(census):
        track = pending.tracks[one.region]
        steps, neurons = spikes(track)
        counts[row] = np.bincount(steps - first, minlength=n_steps)
        sent[row] = np.bincount(steps - first, weights=one.fan_out[neurons], minlength=n_steps)
        received[row] = np.concatenate(track.received)
    neuron_seconds = np.array([[one.n_neurons * dt_ms * 1e-3] for one in census])
    rate = np.divide(counts, neuron_seconds, out=np.zeros(shape), where=neuron_seconds > 0)
    return {
        "spike_count": counts,
        "rate": rate.astype(np.float32),
        "events_sent": sent,
        "events_received": received,
    }


def spikes(track: Track) -> tuple[Int32Array, Int32Array]:
    """Steps and neurons of the spikes that a region emitted, ordered by (step, neuron)."""
    return np.concatenate(track.spike_steps), np.concatenate(track.spike_neurons)


def membrane_potential(pending: Pending, census: Sequence[Census]) -> NDArray[np.float32]:
    """Mean membrane potential, shape (regions, steps); NaN where a region does not report it."""
    rows = [np.concatenate(pending.tracks[one.region].observed[MEMBRANE_POTENTIAL_MEAN]) for one in census]
    return np.stack(rows).astype(np.float32, copy=False)


def observed(track: Track, name: str) -> NDArray[np.float32]:
    """What a region let be seen, shape (steps,) or (probes, steps)."""
    return np.concatenate(track.observed[name]).T


def timings(pending: Pending, census: Sequence[Census], first_window: int) -> Columns:
    """Wall-clock and computing time of each window."""
    starts = np.array(pending.window_starts, np.int64)
    return {
        "window": np.arange(first_window, first_window + pending.n_windows, dtype=np.int64),
        "window_start": starts,
        "window_steps": np.diff(starts, append=pending.stop),
        "wall_seconds": np.array(pending.wall_seconds, np.float64),
        "compute_seconds": np.array([pending.compute_seconds[one.region] for one in census], np.float64),
    }


def trials(reports: Sequence[TrialReport], first_trial: int, dt_ms: float) -> Columns:
    """One row per reward delivered."""
    steps = np.array([r.step for r in reports], np.int64)
    return {
        "trial": np.arange(first_trial, first_trial + len(reports), dtype=np.int64),
        "trial_step": steps,
        "trial_time": step_times(steps, dt_ms),
        "action": np.array([-1 if r.action is None else r.action for r in reports], np.int32),
        "reward": np.array([r.reward for r in reports], np.float64),
        "reward_prediction_error": np.array([r.reward_prediction_error for r in reports], np.float64),
    }
