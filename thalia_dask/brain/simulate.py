"""One verb for plain simulation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import xarray as xr

from thalia_dask.brain.dynamic_brain import DynamicBrain
from thalia_dask.brain.stimulus import Stimulus
from thalia_dask.config import ThaliaConfig, load_config
from thalia_dask.engine.observer import Observer
from thalia_dask.ticks import to_steps

FULL = 1.0
"""The intensity shown where no stimulus is given."""


def simulate(
    config: ThaliaConfig | str | Path | Mapping[str, Any],
    duration_ms: float,
    stimulus: Stimulus | Mapping[str, Stimulus] | None = None,
    *,
    out: str | Path | None = None,
    overwrite: bool = False,
    observers: Sequence[Observer] = (),
) -> xr.Dataset:
    """Build a brain, run it for a while and return what it did, dims (region, time).

    Parameters
    ----------
    config : a config, or the path of a YAML file.
    duration_ms : a whole number of steps.
    stimulus : as for :meth:`DynamicBrain.forward`; None shows full intensity to every region with stimulus axons.
    out, overwrite : where to record to, and whether a recording there may be replaced.

    Raises
    ------
    ConfigError, InputError, OutputError : as :class:`DynamicBrain`.
    """
    resolved = config if isinstance(config, ThaliaConfig) else load_config(config)
    n_steps = to_steps(duration_ms, resolved.global_.dt_ms, "duration_ms")
    with DynamicBrain.from_thalia_config(resolved, observers=observers, out=out, overwrite=overwrite) as brain:
        shown = stimulus
        if shown is None:
            shown = {port.region: [FULL] * port.size for port in brain.plan.stimuli}
        return brain.forward(shown, n_steps).dataset
