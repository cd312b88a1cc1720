"""Connectivity of one connection: who projects onto whom, how strongly, how late."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_PAIRS_AT_ONCE = 4_000_000


class EdgeList(NamedTuple):
    """Synapses of one connection, ordered by (target, source); all arrays have shape (synapses,)."""

    sources: NDArray[np.int32]
    targets: NDArray[np.int32]
    weights: NDArray[np.float32]
    delays: NDArray[np.int32]


def in_degree(n_possible: int, probability: float) -> int:
    """Synapses per target neuron: ``probability`` of the possible ones, at least one where one is possible."""
    return min(n_possible, max(1, round(probability * n_possible)))


def random_sources(
    n_sources: int, n_targets: int, probability: float, n_groups: int, rng: np.random.Generator
) -> NDArray[np.int32]:
    """Distinct random sources for every target, int32, shape (targets, in-degree).

    Sources and targets are cut into ``n_groups`` equal groups; those of the same group are not connected
    (as many groups as neurons: no neuron onto itself; 0: all may be connected).
    """
    own_group = -(-n_sources // n_groups) if n_groups else 0
    degree = in_degree(n_sources - own_group, probability)
    chosen = np.empty((n_targets, degree), np.int32)
    if not degree:
        return chosen
    group_of_source = np.arange(n_sources) * n_groups // n_sources
    group_of_target = np.arange(n_targets) * n_groups // n_targets
    block = max(1, _PAIRS_AT_ONCE // n_sources)
    for first in range(0, n_targets, block):
        last = min(first + block, n_targets)
        lots = rng.random((last - first, n_sources), np.float32)
        if n_groups:
            lots[group_of_target[first:last, None] == group_of_source[None, :]] = np.inf
        chosen[first:last] = np.sort(np.argpartition(lots, degree - 1, axis=1)[:, :degree], axis=1)
    return chosen


def aligned_sources(n_sources: int, n_targets: int) -> NDArray[np.int32]:
    """One source for every target, in the same relative place (a topographic map), shape (targets, 1)."""
    return (np.arange(n_targets) * n_sources // n_targets).astype(np.int32)[:, None]


def edge_list(
    sources: NDArray[np.int32], total_weight: float, delay_range: tuple[int, int], rng: np.random.Generator
) -> EdgeList:
    """Synapses from ``sources`` (targets, in-degree).

    The efficacies onto one target sum to ``total_weight`` on average, each uniform on [0.5, 1.5] of their mean;
    delays are uniform over the inclusive ``delay_range`` in steps.
    """
    n_targets, degree = sources.shape
    mean_weight = total_weight / max(1, degree)
    return EdgeList(
        sources=sources.reshape(-1),
        targets=np.repeat(np.arange(n_targets, dtype=np.int32), degree),
        weights=(mean_weight * rng.uniform(0.5, 1.5, sources.size)).astype(np.float32),
        delays=rng.integers(delay_range[0], delay_range[1] + 1, sources.size, dtype=np.int32),
    )
