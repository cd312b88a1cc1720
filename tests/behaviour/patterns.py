"""Random patterns, and how alike two responses are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from thalia_dask.seeds import generator

Pattern = NDArray[np.bool_]
Response = NDArray[np.float64]


def random_patterns(seed: int, n_patterns: int, n_axons: int, n_active: int) -> NDArray[np.bool_]:
    """Shape (n_patterns, n_axons); ``n_active`` axons of each are active."""
    rng = generator(seed, "patterns")
    return np.stack([rng.permutation(n_axons) < n_active for _ in range(n_patterns)])


def share_of(seed: int, pattern: Pattern, share: float) -> Pattern:
    """A random share of the active axons."""
    active = np.flatnonzero(pattern)
    kept = generator(seed, "share").permutation(active)[: round(share * len(active))]
    return np.isin(np.arange(len(pattern)), kept)


def blend(seed: int, pattern: Pattern, other: Pattern, similarity: float) -> Pattern:
    """A share ``similarity`` of the active axons of a pattern, and of another's the rest.

    Where the two have axons in common fewer are active.
    """
    return share_of(seed, pattern, similarity) | share_of(seed, other, 1.0 - similarity)


def correlation(a: Response, b: Response) -> float:
    """Pearson's correlation; 0 where one of them does not vary, as when nobody fires."""
    a, b = a - a.mean(), b - b.mean()
    norm = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / norm if norm else 0.0
