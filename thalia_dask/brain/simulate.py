"""One verb for plain simulation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr

from thalia_dask.brain.dynamic_brain import DynamicBrain
from thalia_dask.brain.stimulus import Stimulus
from thalia_dask.config import ThaliaConfig, load_config
from thalia_dask.engine.observer import Observer
from thalia_dask.errors import InputError
from thalia_dask.ticks import to_steps

if TYPE_CHECKING:
    from distributed import Client

FULL = 1.0
"""The intensity shown where no stimulus is given."""

_STRETCH_STEPS = 1000
"""A stimulus that is held is shown in stretches, so that memory does not grow with the duration."""


def simulate(
    config: ThaliaConfig | str | Path | Mapping[str, Any],
    duration_ms: float,
    stimulus: Stimulus | Mapping[str, Stimulus] | None = None,
    *,
    client: Client | None = None,
    out: str | Path | None = None,
    overwrite: bool = False,
    observers: Sequence[Observer] = (),
) -> xr.Dataset:
    """Build a brain, run it for a while and return what it did, dims (region, time).

    Parameters
    ----------
    config : a config, or the path of a YAML file.
    duration_ms : a whole number of steps, at least one.
    stimulus : as for :meth:`DynamicBrain.forward`; None shows full intensity to every region with stimulus axons.
    client : the Dask client to use in parallel mode; None starts a LocalCluster.
    out, overwrite : where to record to, and whether a recording there may be replaced.

    Raises
    ------
    ConfigError, InputError, OutputError : as :class:`DynamicBrain`.
    """
    resolved = config if isinstance(config, ThaliaConfig) else load_config(config)
    dt_ms = resolved.global_.dt_ms
    n_steps = to_steps(duration_ms, dt_ms, "duration_ms")
    if n_steps < 1:
        raise InputError(
            f"duration_ms is {duration_ms:g} ms, which is no step of {dt_ms:g} ms; write at least {dt_ms:g}"
        )
    with DynamicBrain.from_thalia_config(
        resolved,
        client=client,
        observers=observers,
        out=out,
        overwrite=overwrite,
        steps_per_call=n_steps if stimulus is not None else min(_STRETCH_STEPS, n_steps),
    ) as brain:
        brain.tell_progress("simulating", 0, n_steps, "steps")
        if stimulus is not None:
            return brain.forward(stimulus, n_steps).dataset
        everywhere = {port.region: [FULL] * port.size for port in brain.plan.stimuli}
        while brain.now < n_steps:
            brain.forward(everywhere, min(_STRETCH_STEPS, n_steps - brain.now))
        return brain.recorder.dataset(0, n_steps)
