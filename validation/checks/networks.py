"""Networks here and in NEST: populations that are as alike as two runs of NEST with different seeds are.

A seed draws a network (synapses, delays, initial potentials), which both simulators run with noise of their own.
The figure is the mean distance between a run of ours and one of NEST, of whichever seeds; the largest distance
between two runs of NEST is what it must not exceed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import combinations, product
from pathlib import Path
from statistics import fmean

import numpy as np

from benchmarks.network import DT_MS, Network
from benchmarks.networks.brunel import brunel
from benchmarks.networks.coba import coba
from benchmarks.networks.cuba import cuba
from benchmarks.networks.microcircuit import microcircuit
from benchmarks.ours import build
from thalia_dask.spikes import Arrivals
from thalia_dask.ticks import Window, to_steps
from validation.activity import Activity, distance
from validation.nest import Arrays, ask
from validation.row import Check, Row

SEEDS = tuple(range(1, 9))
WARM_UP_MS = 300.0
N_PROCESSES = 2
STATISTICS: dict[str, tuple[str, Callable[[Activity], np.ndarray]]] = {
    "rate": ("rates of neurons", Activity.rates_hz),
    "cv": ("CV of inter-spike intervals", Activity.interval_cvs),
    "correlation": ("pairwise correlation", Activity.correlations),
}


def spikes_of_nest(make: Callable[[int], Network], duration_ms: float, seed: int) -> Arrays:
    """``steps`` and ``neurons`` of the spikes after the warm-up."""
    with tempfile.TemporaryDirectory(prefix="validation-") as folder:
        path = Path(folder) / "network.npz"
        make(seed).save(path)
        head = {"network": str(path), "warm_up_ms": WARM_UP_MS, "duration_ms": duration_ms, "seed": seed}
        return ask("activity", head)


def spikes_of_ours(network: Network, duration_ms: float) -> Arrays:
    """The same of this simulator."""
    region = build(network)
    warm_up, length = (to_steps(ms, DT_MS, "a duration") for ms in (WARM_UP_MS, duration_ms))
    windows = [Window(start, start + 100) for start in range(0, warm_up + length, 100)]
    packets = [region.advance(window, Arrivals()) for window in windows]
    steps = np.concatenate([packet.steps for packet in packets]) - warm_up
    neurons = np.concatenate([packet.neurons for packet in packets])
    return {"steps": steps[steps >= 0], "neurons": neurons[steps >= 0]}


def populations(spikes: Arrays, network: Network, duration_ms: float) -> dict[str, Activity]:
    """The spikes of each population."""
    parts = {}
    for name, (first, last) in network.slices().items():
        here = (spikes["neurons"] >= first) & (spikes["neurons"] < last)
        steps, neurons = spikes["steps"][here], spikes["neurons"][here] - first
        parts[name] = Activity(steps, neurons, last - first, duration_ms, DT_MS)
    return parts


def compare(name: str, make: Callable[[int], Network], duration_ms: float) -> Iterator[Row]:
    """A row for every population and statistic."""
    with ThreadPoolExecutor(N_PROCESSES) as processes:
        replies = list(processes.map(partial(spikes_of_nest, make, duration_ms), SEEDS))
    networks = [make(seed) for seed in SEEDS]
    theirs = [populations(reply, networks[0], duration_ms) for reply in replies]
    ours = [populations(spikes_of_ours(n, duration_ms), n, duration_ms) for n in networks]
    for population in networks[0].slices():
        for key, (what, statistic) in STATISTICS.items():
            mine, samples = ([statistic(run[population]) for run in runs] for runs in (ours, theirs))
            yield Row(
                f"{name}/{population}/{key}",
                f"{name}, {population}: {what}, distance",
                fmean(distance(left, right) for left, right in product(mine, samples)),
                "",
                max(distance(left, right) for left, right in combinations(samples, 2)),
                f"mean {np.concatenate(mine).mean():.3g}, NEST {np.concatenate(samples).mean():.3g}",
            )


def _brunel(inhibition: float, drive: float, delay_steps: tuple[int, int], seed: int) -> Network:
    given = {"inhibition": inhibition, "drive": drive, "delay_steps": delay_steps}
    return brunel(2500, seed, **given, efficacy_mv=0.5, reset_mv=10.0)


SAME, SPREAD = (15, 15), (1, 30)
"""Delays; where they are spread, the synchrony of the regular state breaks down."""
NETWORKS = (
    Check("cuba", partial(compare, "cuba", lambda seed: cuba(4000, seed=seed), 2000.0)),
    Check("coba", partial(compare, "coba", lambda seed: coba(4000, seed=seed), 1000.0)),
    Check("brunel-sr", partial(compare, "brunel-sr", partial(_brunel, 3.0, 2.0, SAME), 500.0)),
    Check("brunel-si", partial(compare, "brunel-si", partial(_brunel, 6.0, 4.0, SAME), 1000.0)),
    Check("brunel-ai", partial(compare, "brunel-ai", partial(_brunel, 5.0, 2.0, SAME), 1000.0)),
    Check("brunel-ar", partial(compare, "brunel-ar", partial(_brunel, 3.0, 2.0, SPREAD), 500.0)),
    Check("microcircuit", partial(compare, "microcircuit", lambda seed: microcircuit(0.1, seed), 2000.0)),
)
"""Brunel (2000), fig. 8: synchronous regular, (fast) synchronous irregular and asynchronous irregular states.

The fourth, asynchronous regular, is that of the first with spread delays. The network has a fifth of his neurons and
synapses per neuron, of five times the efficacy.
"""
