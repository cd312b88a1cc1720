"""Measure this machine: the kernels themselves, on regions made for it, in about a second."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from functools import cache
from statistics import median
from time import perf_counter

import numpy as np

from thalia_dask.engine.advance import advance_region
from thalia_dask.performance.machine import REFERENCE, Machine
from thalia_dask.plasticity.stdp import STDP
from thalia_dask.regions.base import Region
from thalia_dask.regions.layout import Background, Connection, Drive, Layout, Population
from thalia_dask.regions.spec import Incoming, RegionSpec
from thalia_dask.spikes import Arrivals
from thalia_dask.ticks import Window

_N_NEURONS, _N_AXONS, _AXONS_PER_STEP = 1000, 1000, 50
_SHORT, _LONG = 1, 51
_REPEATS, _REPEAT_SECONDS = 5, 2e-3
_TURNS, _WINDOWS, _WINDOW_STEPS = 9, 8, 1000
_MOST_CORES_TRIED = 8
_PROBABILITY = 0.3
_NOISE = Background(8000.0, 0.4)
"""Of which cells fire about 20 times a second."""
_SILENT_MV = 1e-6
"""Efficacy of a synapse that moves nothing: what a spike costs is not to depend on what it causes."""


@cache
def calibrate() -> Machine:
    """Measure this machine, once in a process; what needs workers is scaled by the speed of Python."""
    small, driven = _region(10), _region(10, drives=(Drive("gamma", 0.0),))
    window = _time(small, _SHORT)
    step = (_time(small, _LONG) - window) / (_LONG - _SHORT)
    signal = (_time(driven, _LONG) - _time(small, _LONG)) / _LONG
    bare, noisy = _region(_N_NEURONS), _region(_N_NEURONS, background=Background(200.0, _SILENT_MV))
    neurons = _time(bare, _LONG)
    background = _time(noisy, _LONG) - neurons
    events = _event_seconds(plastic=False)
    machine = replace(
        REFERENCE.with_python_as_fast_as(max(window - step, 1e-9)),
        signal_step_seconds=max(signal, 0.0),
        step_seconds=max(step, 0.0),
        neuron_step_seconds=max(neurons - _time(small, _LONG), 1e-9) / (_N_NEURONS * _LONG),
        background_step_seconds=max(background, 0.0) / (_N_NEURONS * _LONG),
        synaptic_event_seconds=events,
    )
    learning = max(_event_seconds(plastic=True) - events, 0.0) + _seconds_after_spikes()
    return replace(machine, plastic_event_seconds=learning)


def free_cores(n_threads: int) -> float:
    """How many cores' worth of regions really run at once on this many threads, from 1 to ``n_threads``.

    Less than there are cores where other programs use them, or where the system wakes a thread on a core that is
    taken. Measured anew each time, in less than a second, as a worker does it: windows go to a pool, and each begins
    when the one before has ended in all regions. Of more than eight threads, eight stand for all.
    """
    n = min(n_threads, _MOST_CORES_TRIED)
    if n == 1:
        return 1.0
    regions = [_region(_N_NEURONS, background=Background(200.0, _SILENT_MV)) for _ in range(n)]
    with ThreadPoolExecutor(n) as pool:
        found = median(n * _seconds(pool, regions[:1]) / _seconds(pool, regions) for _ in range(_TURNS))
    return min(max(found, 1.0), n) * n_threads / n


def _seconds(pool: ThreadPoolExecutor, regions: Sequence[Region]) -> float:
    """Until all regions have advanced through all windows."""
    began = perf_counter()
    for _ in range(_WINDOWS):
        wait([pool.submit(region.advance, Window(0, _WINDOW_STEPS), Arrivals()) for region in regions])
    return perf_counter() - began


def _event_seconds(*, plastic: bool) -> float:
    rule = STDP() if plastic else None
    region = _region(_N_NEURONS, (Connection("in", "cells", _PROBABILITY, _SILENT_MV, rule=rule, delay_ms=(0, 3)),))
    steps = np.repeat(np.arange(_LONG, dtype=np.int32), _AXONS_PER_STEP)
    axons = np.tile(np.arange(0, _N_AXONS, _N_AXONS // _AXONS_PER_STEP, dtype=np.int32), _LONG)
    spikes = Arrivals(steps, np.zeros(len(steps), np.int32), axons)
    return max(_time(region, _LONG, spikes) - _time(region, _LONG), 1e-9) / (len(steps) * _PROBABILITY * _N_NEURONS)


def _seconds_after_spikes() -> float:
    """What a synapse that learns costs when its cell fires: the way there and back in memory, more than the rule."""
    static, learning = (
        _region(_N_NEURONS, (Connection("in", "cells", _PROBABILITY, _SILENT_MV, rule=rule),), background=_NOISE)
        for rule in (None, STDP())
    )
    found = []
    for start in range(0, 2 * _REPEATS * _LONG, _LONG):
        window = Window(start, start + _LONG)
        began = perf_counter()
        static.advance(window, Arrivals())
        between = perf_counter()
        n_spikes = len(learning.advance(window, Arrivals()))
        more = (perf_counter() - between) - (between - began)
        found.append(more / (max(n_spikes, 1) * _PROBABILITY * _N_NEURONS))
    return max(median(found[_REPEATS:]), 0.0)  # at first they do not fire yet


def _region(
    n_neurons: int,
    connections: tuple[Connection, ...] = (),
    *,
    background: Background | None = None,
    drives: tuple[Drive, ...] = (),
) -> Region:
    from thalia_dask.regions.spiking import SpikingRegion  # torch takes two seconds to import

    spec = RegionSpec("calibration", "cortex", n_neurons, 1.0, 0, incoming=(Incoming("stimulus", _N_AXONS, "in"),))
    cells = Population("cells", n_neurons, background=background, drives=drives)
    return SpikingRegion(spec, Layout((cells,), connections, ("in",), "in", "cells"))


def _time(region: Region, n_steps: int, arrivals: Arrivals | None = None) -> float:
    """The shortest of several windows from step 0: what disturbs a measurement only ever adds to it.

    Of short ones it takes many, before what they need is in the cache.
    """
    seconds: list[float] = []
    while len(seconds) < _REPEATS or sum(seconds) < _REPEAT_SECONDS:
        began = perf_counter()
        advance_region(region, Window(0, n_steps), arrivals or Arrivals())
        seconds.append(perf_counter() - began)
    return min(seconds)
