"""Dask worker preload: pay for the heavy imports while all workers start at once.

Use it with ``dask worker --preload thalia_dask.preload``; the executor's own workers get it by themselves.
"""

from __future__ import annotations


def dask_setup(_worker: object) -> None:
    """Import what regions are built from; called by Dask when a worker starts."""
    import numba  # noqa: F401
    import torch

    torch.set_num_threads(1)
