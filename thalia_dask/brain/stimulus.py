"""From what ``forward`` is given to spikes on stimulus axons."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thalia_dask.arguments import as_count
from thalia_dask.brain.arrays import as_array
from thalia_dask.brain.poisson import LOTS, poisson_spikes
from thalia_dask.brain.stimuli import TimedStimulus
from thalia_dask.errors import InputError
from thalia_dask.seeds import derive_seed
from thalia_dask.spikes import Int32Array
from thalia_dask.topology.plan import BrainPlan, StimulusPort

Stimulus = Any
"""A tensor or array (size,), held; (n_timesteps, size) or a sequence of (size,), one row a step; or one of
:mod:`thalia_dask.brain.stimuli`."""


class StimulusEncoder:
    """Turns intensities into Poisson spikes, and takes explicit spikes as they are.

    At intensity 1 an axon fires in each step in which a Poisson process of ``max_rate_hz`` has an event, with
    probability 1 - exp(-rate dt); an intensity x in [0, 1] makes that x times as likely. A boolean array of shape
    (n_timesteps, size) is explicit spikes. The randomness of a step depends on (seed, region, step) alone, so it does
    not matter how a presentation is cut into calls.
    """

    def __init__(self, plan: BrainPlan, max_rate_hz: float) -> None:
        self._dt_ms = plan.dt_ms
        self._ports = {port.region: port for port in plan.stimuli}
        self._seeds = {name: np.uint64(derive_seed(plan.seed, name, "stimulus")) for name in self._ports}
        self._spike_probability = 1.0 - math.exp(-max_rate_hz * plan.dt_ms / 1000.0)
        poisson_spikes(np.uint64(0), 0, 0, np.zeros((1, 0), np.uint32))  # compiled or loaded here, not in a step

    def rows(self, given: Stimulus | Mapping[str, Stimulus] | None) -> dict[str, NDArray[Any]]:
        """Check what was given; region -> array (size,), held, or (n_timesteps, size).

        Raises
        ------
        InputError : for a region without stimulus axons, a wrong shape, NaN, masked values, or intensities outside
            [0, 1].
        """
        if given is None:
            return {}
        if isinstance(given, Mapping):
            return {name: self._checked(self._port(name), x) for name, x in given.items()}
        if len(self._ports) != 1:
            names = ", ".join(self._ports) or "none"
            raise InputError(
                f"forward was given one stimulus, but the regions with stimulus axons are: {names}; "
                "write forward({'region': stimulus, ...}), or forward(None) for no stimulus"
            )
        (port,) = self._ports.values()
        return {port.region: self._checked(port, given)}

    def spikes(
        self, rows: Mapping[str, NDArray[Any]], start: int, n_steps: int
    ) -> Iterator[tuple[StimulusPort, Int32Array, Int32Array]]:
        """The spikes of each stimulated port in steps ``start … start + n_steps - 1``, ordered by (step, axon)."""
        for region, values in rows.items():
            port = self._ports[region]
            if values.ndim == 2 and values.dtype == bool:
                offsets, axons = np.nonzero(values)
                yield port, (offsets + start).astype(np.int32), axons.astype(np.int32)
            else:
                below = np.ceil(np.atleast_2d(values) * self._spike_probability * LOTS).astype(np.uint32, order="C")
                yield port, *poisson_spikes(self._seeds[region], start, n_steps, below)

    def _port(self, region: str) -> StimulusPort:
        if region not in self._ports:
            raise InputError(
                f"region '{region}' takes no stimulus; the regions that do are: {', '.join(self._ports) or 'none'}. "
                f"Give one of them, or give '{region}' an input_size in the config"
            )
        return self._ports[region]

    def _checked(self, port: StimulusPort, given: Stimulus) -> NDArray[Any]:
        where = f"the stimulus of region '{port.region}'"
        values = given.rows(self._dt_ms) if isinstance(given, TimedStimulus) else as_array(given, where)
        if values.ndim not in (1, 2) or values.shape[-1] != port.size:
            raise InputError(
                f"{where} has shape {values.shape}; write ({port.size},) for one that is held, "
                f"or (n_timesteps, {port.size}) for one row a step"
            )
        if values.dtype != bool:
            values = values.astype(np.float32)
            if np.isnan(values).any():
                raise InputError(f"{where} holds {int(np.isnan(values).sum())} NaN; write intensities from 0 to 1")
            if values.size and not (values.min() >= 0.0 and values.max() <= 1.0):
                raise InputError(
                    f"{where} ranges from {values.min():.9g} to {values.max():.9g}; intensities are from 0 to 1: "
                    "scale it, e.g. (x - x.min()) / (x.max() - x.min())"
                )
        return values


def count_steps(rows: Mapping[str, NDArray[Any]], asked: int | None, default: int) -> int:
    """How many steps to advance: what was asked, else the rows that were given, else the default.

    Raises
    ------
    InputError : if that is no whole number of at least 1, or not the number of rows that were given.
    """
    given = {region: len(values) for region, values in rows.items() if values.ndim == 2}
    n_steps = asked if asked is not None else next(iter(given.values()), default)
    n_steps = as_count(n_steps, "forward: n_timesteps")
    for region, length in given.items():
        if length != n_steps:
            raise InputError(
                f"forward: the stimulus of region '{region}' has {length} rows, but {n_steps} steps are to be "
                f"computed; give {n_steps} rows, or leave n_timesteps out"
            )
    return n_steps


def rows_between(rows: Mapping[str, NDArray[Any]], first: int, last: int) -> dict[str, NDArray[Any]]:
    """The part ``first … last - 1`` of a presentation; what is held is in every part."""
    return {region: values[first:last] if values.ndim == 2 else values for region, values in rows.items()}
