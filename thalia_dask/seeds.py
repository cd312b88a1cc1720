"""Seeds derived from names, so that no random number depends on construction order, worker or process."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np


def derive_seed(root: int, *names: str | int) -> int:
    """A 64-bit seed that is a function of the root seed and a path of names alone.

    >>> derive_seed(42, "cortex", "weights") == derive_seed(42, "cortex", "weights")
    True
    """
    path = "\x1f".join([str(root), *map(str, names)])
    return int.from_bytes(blake2b(path.encode(), digest_size=8).digest(), "little")


def generator(root: int, *names: str | int) -> np.random.Generator:
    """A counter-based NumPy generator for one named purpose."""
    return np.random.Generator(np.random.Philox(key=derive_seed(root, *names)))
