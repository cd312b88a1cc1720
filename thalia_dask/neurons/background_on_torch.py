"""Background input of :mod:`thalia_dask.neurons.background` in torch operations: the same counts, many steps at once.

Philox takes about a hundred operations, whatever their size, so it is asked for the noise of several steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from thalia_dask.jit import Floats, Words
from thalia_dask.neurons.background import BLOCK, LANES
from thalia_dask.philox_on_torch import philox


class _Bombarded(NamedTuple):
    """A population with background input; ``thresholds`` is int64, shape (counts,), ``weight`` the efficacy."""

    first: int
    last: int
    thresholds: Tensor
    weight: float


class Bombardment:
    """Background input of all neurons of a region.

    Parameters
    ----------
    slices : first and last index (exclusive) of each population's neurons.
    thresholds : uint64, shape (populations, counts), see ``neurons.background.poisson_thresholds``.
    weights : float32, shape (populations,), mV; 0 for no input.
    key : two uint64 words that name the region's noise.
    """

    def __init__(
        self,
        slices: Sequence[tuple[int, int]],
        thresholds: Words,
        weights: Floats,
        key: Words,
        device: torch.device,
    ) -> None:
        self._key = int(key[0]), int(key[1])
        self._n_neurons = max((last for _, last in slices), default=0)
        self._bombarded = [
            _Bombarded(first, last, torch.from_numpy(row.astype("int64")).to(device), float(weight))
            for (first, last), row, weight in zip(slices, thresholds, weights, strict=True)
            if weight != 0.0
        ]
        n_blocks = -(-self._n_neurons // BLOCK)
        self._lanes = torch.arange(n_blocks * LANES, device=device)
        self._nothing = torch.zeros((), dtype=torch.int64, device=device)

    def __bool__(self) -> bool:
        return bool(self._bombarded)

    def inputs(self, first_step: int, n_steps: int) -> Tensor:
        """What is added to the excitatory current, float32, shape (steps, neurons)."""
        words = self._words(first_step, n_steps)
        result = torch.zeros((n_steps, self._n_neurons), device=words.device)
        for first, last, thresholds, weight in self._bombarded:
            counts = torch.searchsorted(thresholds, words[:, first:last].contiguous(), right=True)
            torch.mul(counts.to(torch.float32), weight, out=result[:, first:last])
        return result

    def _words(self, first_step: int, n_steps: int) -> Tensor:
        """A uniform 32-bit word for every step and neuron, int64, shape (steps, at least neurons)."""
        steps = torch.arange(first_step, first_step + n_steps, device=self._lanes.device)[:, None]
        counters = (steps & 0xFFFFFFFF, steps >> 32, self._lanes, self._nothing)
        words = torch.stack([word.reshape(n_steps, -1, LANES) for word in philox(counters, self._key)], dim=2)
        return words.reshape(n_steps, -1)
