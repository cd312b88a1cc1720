"""One verb for plain simulation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import xarray as xr

from thalia_dask.arguments import as_count
from thalia_dask.brain.checkpoints import Checkpoints
from thalia_dask.brain.dynamic_brain import DynamicBrain
from thalia_dask.brain.stimulus import Stimulus
from thalia_dask.config import ThaliaConfig, load_config
from thalia_dask.engine.observer import Observer
from thalia_dask.errors import InputError
from thalia_dask.ticks import to_steps

if TYPE_CHECKING:
    from distributed import Client
    from distributed.deploy.cluster import Cluster

FULL = 1.0
"""The intensity shown where no stimulus is given."""

STRETCH_STEPS = 1000
"""A stimulus that is held is shown in stretches, so that memory does not grow with the duration."""

_FIRST_STRETCH_STEPS = 10
_STRETCH_SECONDS = 1.0
"""How long a stop may have to wait."""


def simulate(
    config: ThaliaConfig | str | Path | Mapping[str, Any],
    duration_ms: float,
    stimulus: Stimulus | Mapping[str, Stimulus] | None = None,
    *,
    client: Client | Cluster | None = None,
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
    client : the Dask client or cluster to use in parallel mode, which stays as it is; None starts a LocalCluster.
    out, overwrite : where to record to, and whether a recording there may be replaced.

    Raises
    ------
    ConfigError, InputError, OutputError : as :class:`DynamicBrain`.
    """
    resolved = config if isinstance(config, ThaliaConfig) else load_config(config)
    dt_ms = resolved.global_.dt_ms
    n_steps = to_steps(duration_ms, dt_ms, "duration_ms", at_least=1, error=InputError)
    with DynamicBrain.from_thalia_config(
        resolved,
        client=client,
        observers=observers,
        out=out,
        overwrite=overwrite,
        steps_per_call=n_steps if stimulus is not None else min(STRETCH_STEPS, n_steps),
    ) as brain:
        brain.tell_progress("simulating", 0, n_steps, "steps")
        if stimulus is not None:
            return brain.forward(stimulus, n_steps).dataset
        return drive(brain, n_steps)


def drive(brain: DynamicBrain, n_steps: int, checkpoints: Checkpoints | None = None) -> xr.Dataset:
    """Show full intensity to every region with stimulus axons up to step ``n_steps``; returns all steps.

    That is one presentation, however it is cut into calls.

    Raises
    ------
    InputError : if the brain is beyond that step, or an argument is something else.
    RunStoppedError : if ``checkpoints`` were told to stop.
    """
    n_steps = as_count(n_steps, "drive: n_steps")
    if n_steps < brain.now:
        raise InputError(f"drive: n_steps is {n_steps}, but the brain is at step {brain.now}; write a later step")
    if not (checkpoints is None or isinstance(checkpoints, Checkpoints)):
        raise InputError(f"drive: checkpoints is {checkpoints!r}; write Checkpoints(...), or None to write none")
    everywhere = {port.region: [FULL] * port.size for port in brain.plan.stimuli}
    run = {"command": "run", "n_steps": n_steps}
    stretch = STRETCH_STEPS
    if checkpoints is not None:
        checkpoints.begin(brain)
        stretch = _FIRST_STRETCH_STEPS
    while brain.now < n_steps:
        length = min(stretch, n_steps - brain.now)
        if checkpoints is not None:
            length = checkpoints.steps_left(brain, length)
        began = perf_counter()
        brain.forward(everywhere, length, goes_on=brain.now + length < n_steps)
        if checkpoints is None:
            continue
        seconds = perf_counter() - began
        stretch = max(1, min(STRETCH_STEPS, int(length * _STRETCH_SECONDS / seconds)))
        checkpoints.visit(brain, lambda: run)
    if checkpoints is not None:
        checkpoints.write(brain, run)
    return brain.recorder.dataset(0, n_steps)
