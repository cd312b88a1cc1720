"""One region through one window: the same call, the same checks, whatever executor makes it."""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter

import numpy as np
from numpy.typing import ArrayLike

from thalia_dask.engine.executor import Emission
from thalia_dask.engine.packets import FAULTLESS, WRONG_NEURONS, WRONG_STEPS, find_fault
from thalia_dask.names import check_named
from thalia_dask.regions.base import PROBE, Region
from thalia_dask.spikes import SILENCE, Arrivals, SpikePacket
from thalia_dask.ticks import Window


def advance_region(region: Region, window: Window, arrivals: Arrivals) -> Emission:
    """Advance a region, and take the time.

    Raises
    ------
    ValueError : if it returns spikes that cannot be, which would be lost on their way, or observes what does not fit
        the window, or is not among its observables, which could not be recorded.
    """
    own = not region.shares_arrays
    began = perf_counter()
    spikes = region.advance(window, arrivals.copy() if own else arrivals)
    observed = region.observe()
    seconds = perf_counter() - began
    if not isinstance(observed, Mapping):
        raise ValueError(
            f"observe() returned {type(observed).__name__}; return a dict of arrays by name, {{}} for nothing"
        )
    observed = {name: np.asarray(values) for name, values in observed.items()}
    for name, series in observed.items():
        check_named("observe()", "entry of the region's observables", name, region.observables)
        shape: tuple[int, ...] = (window.n_steps,)
        of_probes = ""
        if region.observables[name].dims == (PROBE,):
            shape, of_probes = (window.n_steps, len(region.probes)), " and probe"
        if series.shape != shape or series.dtype.kind not in "biuf":
            raise ValueError(
                f"observe() returned '{name}' of shape {series.shape} and dtype {series.dtype} after a window of "
                f"{window.n_steps} steps; return one number for each step{of_probes}, shape {shape}"
            )
    if not isinstance(spikes, SpikePacket):
        raise ValueError(f"advance() returned {type(spikes).__name__}; return a SpikePacket")
    observed = {name: series.astype(np.float32, copy=own) for name, series in observed.items()}
    if not (len(spikes.steps) or len(spikes.neurons)):
        return Emission(SILENCE, observed, seconds)
    _check(spikes, window, sum(region.populations.values()))
    return Emission(spikes.copy() if own else spikes, observed, seconds)


def _check(packet: SpikePacket, window: Window, n_neurons: int) -> None:
    """Refuse spikes outside of their window or order, or of neurons that are not there."""
    steps, neurons = packet.steps, packet.neurons
    if not (_is_row(steps) and _is_row(neurons) and len(steps) == len(neurons)):
        raise ValueError(
            f"advance() returned spikes of steps {_form(steps)} and neurons {_form(neurons)}; "
            "return two int32 arrays of shape (spikes,)"
        )
    fault = find_fault(steps, neurons, window.start, window.stop, n_neurons)
    if fault == FAULTLESS:
        return
    if fault == WRONG_STEPS:
        wrong = f"steps {steps.tolist()} for steps {window.start} to {window.stop - 1}"
    elif fault == WRONG_NEURONS:
        wrong = f"neurons from {neurons.min()} to {neurons.max()}, but it has {n_neurons}"
    else:
        second = 1 + int(np.argmax((np.diff(steps) == 0) & (np.diff(neurons) <= 0)))
        wrong = f"neuron {neurons[second - 1]} and then {neurons[second]} in step {steps[second]}"
    raise ValueError(
        f"advance() returned spikes of {wrong}; return the steps of the window in which neurons fired, in order, and "
        "their indices, those of one step in order, each once"
    )


def _is_row(values: object) -> bool:
    return isinstance(values, np.ndarray) and values.dtype == np.int32 and values.ndim == 1


def _form(values: ArrayLike) -> str:
    return f"{type(values).__name__} {np.asarray(values).dtype} {np.shape(values)}"
