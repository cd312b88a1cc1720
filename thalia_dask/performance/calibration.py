"""Measure this machine: the kernels themselves, on regions made for it, in about a second."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from statistics import median
from threading import Barrier, Thread
from time import perf_counter

import numpy as np

from thalia_dask.engine.advance import advance_region
from thalia_dask.performance.costs import RegionCost, predict
from thalia_dask.performance.machine import REFERENCE, Machine
from thalia_dask.plasticity.stdp import STDP
from thalia_dask.regions import create_region, find_kind
from thalia_dask.regions.base import Region
from thalia_dask.regions.kind import SpikingKind
from thalia_dask.regions.layout import Background, Connection, Drive, Layout, Population
from thalia_dask.regions.spec import Incoming, RegionSpec
from thalia_dask.spikes import Arrivals
from thalia_dask.ticks import Window
from thalia_dask.topology.plan import BrainPlan

_N_NEURONS, _N_AXONS, _AXONS_PER_STEP = 1000, 1000, 50
_SHORT, _LONG = 1, 51
_REPEATS = 5
_WINDOWS_AT_ONCE = 40
_MOST_CORES_TRIED = 8
_PROBABILITY = 0.3
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
    return replace(machine, plastic_event_seconds=max(_event_seconds(plastic=True) - events, 0.0))


def calibrated_costs(plan: BrainPlan) -> dict[str, RegionCost]:
    """Region -> what it costs here: predicted from its anatomy, or, where that is not data, tried without input."""
    costs = predict(plan, calibrate())
    for spec in plan.regions:
        if not isinstance(find_kind(spec.kind), SpikingKind):
            costs[spec.name] = _tried(spec)
    return costs


def free_cores(n_threads: int) -> float:
    """How many cores' worth of regions really run at once on this many threads, from 1 to ``n_threads``.

    Less than there are cores where other programs use them, all the more as threads wait for each other after each
    window: who waits on a busy machine must also wait for a core. Measured anew each time, in less than
    a second; of more than eight threads, eight stand for all.
    """
    n = min(n_threads, _MOST_CORES_TRIED)
    if n == 1:
        return 1.0
    regions = [_region(_N_NEURONS, background=Background(200.0, _SILENT_MV)) for _ in range(n)]
    found = median(n * _side_by_side(regions[:1]) / _side_by_side(regions) for _ in range(_REPEATS))
    return min(max(found, 1.0), n) * n_threads / n


def _side_by_side(regions: Sequence[Region]) -> float:
    """Seconds until each of the regions has advanced, on a thread of its own and in step with the others."""
    barrier = Barrier(len(regions))
    threads = [Thread(target=_advance_often, args=(region, barrier)) for region in regions]
    began = perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return perf_counter() - began


def _advance_often(region: Region, barrier: Barrier) -> None:
    for _ in range(_WINDOWS_AT_ONCE):
        barrier.wait()
        region.advance(Window(0, _LONG), Arrivals())


def _tried(spec: RegionSpec) -> RegionCost:
    """All of it is counted as Python: of a region of an unknown kind nothing better can be said."""
    region = create_region(spec)
    short, long = _time(region, _SHORT), _time(region, _LONG)
    step = max(long - short, 0.0) / (_LONG - _SHORT)
    return RegionCost(max(short - step, 0.0), step, 0.0)


def _event_seconds(*, plastic: bool) -> float:
    rule = STDP() if plastic else None
    region = _region(_N_NEURONS, (Connection("in", "cells", _PROBABILITY, _SILENT_MV, rule=rule, delay_ms=(0, 3)),))
    steps = np.repeat(np.arange(_LONG, dtype=np.int32), _AXONS_PER_STEP)
    axons = np.tile(np.arange(0, _N_AXONS, _N_AXONS // _AXONS_PER_STEP, dtype=np.int32), _LONG)
    spikes = Arrivals(steps, np.zeros(len(steps), np.int32), axons)
    return max(_time(region, _LONG, spikes) - _time(region, _LONG), 1e-9) / (len(steps) * _PROBABILITY * _N_NEURONS)


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
    """The shortest of several windows from step 0: what disturbs a measurement only ever adds to it."""
    seconds = []
    for _ in range(_REPEATS):
        began = perf_counter()
        advance_region(region, Window(0, n_steps), arrivals or Arrivals())
        seconds.append(perf_counter() - began)
    return min(seconds)
