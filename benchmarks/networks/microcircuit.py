"""The cortical microcircuit of Potjans & Diesmann (2014), Cereb. Cortex 24:785, at any scale.

Scaling takes the same share of neurons and of synapses per neuron; efficacies grow by the root of it, and a tonic
drive keeps the mean input: van Albada, Helias & Diesmann (2015), PLoS Comput. Biol. 11:e1004490. Initial potentials
are those that avoid the first volley: Rhodes et al. (2019), Phil. Trans. R. Soc. A 378:20190160.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.network import DT_MS, Cells, Network, Population
from benchmarks.ours import population
from thalia_dask.neurons.base import EXCITATORY, INHIBITORY
from thalia_dask.regions.layout import FixedTotalNumber, Layout
from thalia_dask.regions.spec import RegionSpec
from thalia_dask.regions.spiking import SpikingRegion
from thalia_dask.seeds import generator
from thalia_dask.synapses.connectivity import EdgeList
from thalia_dask.synapses.distributions import Normal

CELLS = Cells(
    tau_membrane_ms=10.0,
    resting_mv=-65.0,
    threshold_mv=-50.0,
    reset_mv=-65.0,
    refractory_ms=2.0,
    tau_excitatory_ms=0.5,
    tau_inhibitory_ms=0.5,
)
NAMES = ("L23E", "L23I", "L4E", "L4I", "L5E", "L5I", "L6E", "L6I")
SIZES = np.array([20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948])
EXTERNAL_DEGREE = np.array([1600, 1500, 2100, 1900, 2000, 1900, 2900, 2100])
RATES_HZ = np.array([0.903, 2.965, 4.414, 5.876, 7.569, 8.633, 1.105, 7.829])
INITIAL_MEAN_MV = np.array([-68.28, -63.16, -63.33, -63.45, -63.11, -61.66, -66.72, -61.43])
INITIAL_SD_MV = np.array([5.36, 4.57, 4.74, 4.94, 4.94, 4.55, 5.46, 4.48])
PROBABILITIES = np.array(  # rows are targets
    [
        [0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0.0, 0.0076, 0.0],
        [0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0.0, 0.0042, 0.0],
        [0.0077, 0.0059, 0.0497, 0.135, 0.0067, 0.0003, 0.0453, 0.0],
        [0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0.0, 0.1057, 0.0],
        [0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0.0],
        [0.0548, 0.0269, 0.0257, 0.0022, 0.06, 0.3158, 0.0086, 0.0],
        [0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252],
        [0.0364, 0.001, 0.0034, 0.0005, 0.0277, 0.008, 0.0658, 0.1443],
    ]
)
EXCITATORY_PSP_MV, INHIBITION, WEIGHT_CV = 0.15, -4.0, 0.1
EXCITATORY_DELAY_MS, INHIBITORY_DELAY_MS, DELAY_CV = 1.5, 0.75, 0.5
BACKGROUND_HZ = 8.0


def microcircuit(scale: float, seed: int = 1) -> Network:
    """The network with ``scale`` of its neurons and of each neuron's synapses, as a list of edges."""
    sizes = sizes_at(scale)
    firsts = np.cumsum(sizes) - sizes
    counts, weights_mv = synapse_counts(scale), mean_weights_mv(scale)
    bundles = []
    for target, source in np.argwhere(counts).tolist():
        rng = generator(seed, "microcircuit", NAMES[source], NAMES[target])
        bundle = draw(counts[target, source], sizes[source], sizes[target], weights_mv[target, source], rng)
        bundles.append(
            bundle._replace(sources=bundle.sources + firsts[source], targets=bundle.targets + firsts[target])
        )
    sources, targets, weights, delays = (np.concatenate(column) for column in zip(*bundles, strict=True))
    return Network(
        name=f"microcircuit-{scale:g}",
        synapse="current",
        cells=CELLS,
        populations=populations(scale),
        sources=sources.astype(np.int32),
        targets=targets.astype(np.int32),
        weights=weights,
        delays=delays,
        membrane=initial_membrane(scale, seed),
    )


def microcircuit_region(scale: float, seed: int = 1) -> SpikingRegion:
    """The same as a region that draws its synapses itself, which takes less memory than a list of edges."""
    counts, weights_mv = synapse_counts(scale), mean_weights_mv(scale)
    connections = []
    for target, source in np.argwhere(counts).tolist():
        weight_mv = float(weights_mv[target, source])
        delay_ms = EXCITATORY_DELAY_MS if weight_mv > 0 else INHIBITORY_DELAY_MS
        connections.append(
            FixedTotalNumber(
                source=NAMES[source],
                target=NAMES[target],
                n_synapses=int(counts[target, source]),
                weight=Normal(weight_mv, WEIGHT_CV * abs(weight_mv)),
                delay=Normal(delay_ms, DELAY_CV * delay_ms),
                channel=EXCITATORY if weight_mv > 0 else INHIBITORY,
            )
        )
    layout = Layout(tuple(population("current", CELLS, given) for given in populations(scale)), tuple(connections))
    spec = RegionSpec("microcircuit", "explicit", int(sizes_at(scale).sum()), DT_MS, seed)
    region = SpikingRegion(spec, layout)
    region.tensors["membrane"].copy_(torch.from_numpy(initial_membrane(scale, seed)))
    return region


def sizes_at(scale: float) -> NDArray[np.int64]:
    """Neurons of each population."""
    return np.round(SIZES * scale).astype(np.int64)


def initial_membrane(scale: float, seed: int) -> NDArray[np.float32]:
    """Initial potentials, mV."""
    mean_mv, sd_mv = (np.repeat(values, sizes_at(scale)) for values in (INITIAL_MEAN_MV, INITIAL_SD_MV))
    return generator(seed, "microcircuit", "membrane").normal(mean_mv, sd_mv).astype(np.float32)


def populations(scale: float) -> tuple[Population, ...]:
    """Their sizes, background, and the drive that stands for the synapses that are left out."""
    weight_mv = peak_to_current() * EXCITATORY_PSP_MV
    recurrent = (mean_weights_mv() * synapse_counts() / SIZES[:, None] * RATES_HZ).sum(axis=1)
    external = weight_mv * EXTERNAL_DEGREE * BACKGROUND_HZ
    missing_mv = CELLS.tau_excitatory_ms * 1e-3 * (1 - sqrt(scale)) * (recurrent + external)
    columns = (NAMES, sizes_at(scale).tolist(), missing_mv.tolist(), EXTERNAL_DEGREE.tolist())
    return tuple(
        Population(name, size, drive_mv, degree * scale * BACKGROUND_HZ, weight_mv / sqrt(scale))
        for name, size, drive_mv, degree in zip(*columns, strict=True)
    )


def synapse_counts(scale: float = 1.0) -> NDArray[np.int64]:
    """Synapses, shape (targets, sources), so that at full scale the given share of all pairs is connected."""
    pairs = np.outer(SIZES, SIZES).astype(float)
    return np.round(np.log1p(-PROBABILITIES) / np.log1p(-1 / pairs) * scale**2).astype(np.int64)


def mean_weights_mv(scale: float = 1.0) -> NDArray[np.float64]:
    """Mean efficacies, shape (targets, sources); L4E onto L23E is twice as strong."""
    psp_mv = np.tile(np.where([name.endswith("E") for name in NAMES], 1.0, INHIBITION) * EXCITATORY_PSP_MV, (8, 1))
    psp_mv[NAMES.index("L23E"), NAMES.index("L4E")] *= 2
    return psp_mv * peak_to_current() / sqrt(scale)


def peak_to_current() -> float:
    """Efficacy in mV of a current whose postsynaptic potential peaks at 1 mV."""
    tau_s, tau_m = CELLS.tau_excitatory_ms, CELLS.tau_membrane_ms
    ratio = tau_s / tau_m
    peak = ratio ** (tau_s / (tau_m - tau_s)) - ratio ** (tau_m / (tau_m - tau_s))
    return (tau_m - tau_s) / (tau_s * peak)


def draw(count: int, n_sources: int, n_targets: int, weight_mv: float, rng: np.random.Generator) -> EdgeList:
    """A fixed number of synapses between random neurons, each anew; strengths keep their sign."""
    delay_ms = EXCITATORY_DELAY_MS if weight_mv > 0 else INHIBITORY_DELAY_MS
    weights = rng.normal(weight_mv, WEIGHT_CV * abs(weight_mv), count)
    delays = rng.normal(delay_ms, DELAY_CV * delay_ms, count)
    while (early := delays < DT_MS).any():
        delays[early] = rng.normal(delay_ms, DELAY_CV * delay_ms, np.count_nonzero(early))
    return EdgeList(
        sources=rng.integers(0, n_sources, count, dtype=np.int32),
        targets=rng.integers(0, n_targets, count, dtype=np.int32),
        weights=np.where(np.sign(weights) == np.sign(weight_mv), weights, weight_mv).astype(np.float32),
        delays=np.maximum(1, np.round(delays / DT_MS)).astype(np.int32),
    )
