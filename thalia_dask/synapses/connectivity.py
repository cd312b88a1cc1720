"""Who projects onto whom: the sources of every target of a connection, drawn as a function of (key, synapse)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from thalia_dask.jit import Int32Array, Int64Array, Words, kernel
from thalia_dask.philox import Uint32Array, random_words

_SOURCES, _TARGETS = 0, 1
"""Streams of a connection's random words; :mod:`thalia_dask.synapses.distributions` has the following ones."""
_HIGH = np.uint64(32)


class EdgeList(NamedTuple):
    """Synapses of one connection; all arrays have shape (synapses,). Delays are in steps."""

    sources: Int32Array
    targets: Int32Array
    weights: NDArray[np.float32]
    delays: Int32Array


def in_degree(n_possible: int, probability: float) -> int:
    """Synapses per target neuron: ``probability`` of the possible ones, at least one where one is possible."""
    return min(n_possible, max(1, round(probability * n_possible)))


def same_in_degree(n_targets: int, degree: int) -> Int64Array:
    """Where the synapses of each target begin, and the end of the last, int64, shape (targets + 1,)."""
    return np.arange(n_targets + 1, dtype=np.int64) * degree


def multinomial_in_degree(n_targets: int, n_synapses: int, key: Words) -> Int64Array:
    """The same if every one of ``n_synapses`` chooses its target at random."""
    counts = np.zeros(n_targets, np.int64)
    for first in range(0, n_synapses, _AT_ONCE):
        words = random_words(key, _TARGETS, first, min(_AT_ONCE, n_synapses - first))
        chosen = (words.astype(np.uint64) * np.uint64(n_targets)) >> _HIGH
        counts += np.bincount(chosen.astype(np.int64), minlength=n_targets)
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


_AT_ONCE = 1 << 16


def distinct_sources(
    start: Int64Array, first: int, last: int, n_sources: int, n_groups: int, key: Words
) -> Int32Array:
    """Distinct random sources for targets ``first … last - 1``, int32, those of one target after those of another.

    ``start`` (targets + 1,) is where the synapses of each target begin. Sources and targets are cut into ``n_groups``
    equal groups; those of the same group are not connected (as many groups as neurons: no neuron onto itself; 0: all
    may be connected).
    """
    words = random_words(key, _SOURCES, int(start[first]), int(start[last] - start[first]))
    sources = np.empty(len(words), np.int32)
    _choose(words, start, first, last, n_sources, n_groups, np.zeros(n_sources, np.bool_), sources)
    return sources


def any_sources(start: Int64Array, first: int, last: int, n_sources: int, key: Words) -> Int32Array:
    """The same with replacement: any source, any number of times."""
    words = random_words(key, _SOURCES, int(start[first]), int(start[last] - start[first]))
    return ((words.astype(np.uint64) * np.uint64(n_sources)) >> _HIGH).astype(np.int32)


def aligned_sources(n_sources: int, n_targets: int, first: int, last: int) -> Int32Array:
    """One source for every target, in the same relative place (a topographic map)."""
    return (np.arange(first, last) * n_sources // n_targets).astype(np.int32)


@kernel
def _choose(
    words: Uint32Array,
    start: Int64Array,
    first: int,
    last: int,
    n_sources: int,
    n_groups: int,
    taken: NDArray[np.bool_],
    sources: Int32Array,
) -> None:
    """Floyd's sampling without replacement: Bentley & Floyd (1987), Commun. ACM 30:754. One word for each source."""
    n_targets = start.shape[0] - 1
    for target in range(first, last):
        own_first = own_last = 0
        if n_groups:
            group = target * n_groups // n_targets
            own_first = (group * n_sources + n_groups - 1) // n_groups
            own_last = ((group + 1) * n_sources + n_groups - 1) // n_groups
        here, end = start[target] - start[first], start[target + 1] - start[first]
        n_others = n_sources - (own_last - own_first)
        for k in range(here, end):
            top = n_others - (end - k)
            pick = np.int64((np.uint64(words[k]) * np.uint64(top + 1)) >> _HIGH)
            if taken[pick]:
                pick = top
            taken[pick] = True
            sources[k] = pick
        for k in range(here, end):
            taken[sources[k]] = False
            if sources[k] >= own_first:
                sources[k] += own_last - own_first
