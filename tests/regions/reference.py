"""A spiking region a second time: plain Python loops over single neurons and synapses, in double precision.

Slow, and written from the equations: exact solutions of the membrane equation, spike times instead of traces, a dict
of what arrives when instead of a ring. Only the anatomy (who is connected to whom) is taken from the region itself.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from thalia_dask.regions.layout import Layout
from thalia_dask.regions.spec import RegionSpec
from thalia_dask.regions.wiring import wire
from thalia_dask.seeds import derive_seed

MASK = 0xFFFFFFFF
Spike = tuple[int, int]


def philox(counter: list[int], key: list[int]) -> list[int]:
    """Philox4x32-10 in unbounded integers."""
    c, k = list(counter), list(key)
    for _ in range(10):
        first, second = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(second >> 32) ^ c[1] ^ k[0], second & MASK, (first >> 32) ^ c[3] ^ k[1], first & MASK]
        k = [(k[0] + 0x9E3779B9) & MASK, (k[1] + 0xBB67AE85) & MASK]
    return c


def poisson(mean: float, word: int) -> int:
    """The count whose cumulative probability first exceeds ``word`` / 2^32."""
    count, term = 0, math.exp(-mean)
    cumulative = term
    while word >= round(cumulative * 2**32) and count < 100:
        count += 1
        term *= mean / count
        cumulative += term
    return count


def simulate(  # noqa: C901 - one loop a reader can follow is the point
    spec: RegionSpec, layout: Layout, arrivals: Iterable[tuple[int, int, int]], n_steps: int
) -> list[Spike]:
    """Spikes (step, neuron) of a region with static synapses; arrivals are (step, projection, neuron)."""
    dt = spec.dt_ms
    neurons = [population for population in layout.populations for _ in range(population.size)]
    n = len(neurons)
    table = wire(spec, layout).synapses
    axons = defaultdict(list)
    for row in range(len(table.row_start) - 1):
        for k in range(table.row_start[row], table.row_start[row + 1]):
            channel, target = divmod(int(table.slot[k]), n)
            axons[row].append((target, channel, float(table.weight[k]), int(table.delay[k])))
    first_row = np.cumsum([n, *(incoming.source_size for incoming in spec.incoming)]).tolist()
    seed = derive_seed(spec.seed, spec.name, "noise")
    key = [seed & MASK, seed >> 32]

    due: dict[int, list[tuple[int, int, float]]] = defaultdict(list)
    arriving = defaultdict(list)
    for step, projection, neuron in arrivals:
        arriving[step].append(first_row[projection] + neuron)

    v = [p.neuron.resting_mv for p in neurons]
    current = [[0.0, 0.0, 0.0] for _ in neurons]
    last_spike: list[int | None] = [None] * n
    past: list[list[int]] = [[] for _ in neurons]
    spikes = []
    for step in range(n_steps):
        for row in arriving[step]:
            for target, channel, weight, delay in axons[row]:
                due[step + delay].append((target, channel, weight))
        fired = []
        for i, population in enumerate(neurons):
            p = population.neuron
            taus = (p.tau_excitatory_ms, p.tau_inhibitory_ms, p.tau_slow_ms)
            moved = p.resting_mv + (v[i] - p.resting_mv) * math.exp(-dt / p.tau_membrane_ms)
            for channel, tau in enumerate(taus):
                rise = tau / (tau - p.tau_membrane_ms)
                moved += current[i][channel] * rise * (math.exp(-dt / tau) - math.exp(-dt / p.tau_membrane_ms))
                current[i][channel] *= math.exp(-dt / tau)
            if population.background:
                word = philox([step & MASK, step >> 32, 64 * (i // 256) + i % 64, 0], key)[i % 256 // 64]
                count = poisson(population.background.rate_hz * dt / 1000, word)
                current[i][0] += count * population.background.weight_mv
            held = last_spike[i] is not None and step - last_spike[i] <= round(p.refractory_ms / dt)
            threshold = p.threshold_mv + sum(
                p.adaptation_mv * math.exp(-(step - s) * dt / p.tau_adaptation_ms) for s in past[i]
            )
            v[i] = p.reset_mv if held else moved
            if not held and moved >= threshold:
                fired.append(i)
                v[i] = p.reset_mv
                last_spike[i] = step
                past[i].append(step)
        for target, channel, weight in due.pop(step, ()):
            current[target][channel] += weight
        for i in fired:
            spikes.append((step, i))
            for target, channel, weight, delay in axons[i]:
                due[step + delay].append((target, channel, weight))
    return spikes
