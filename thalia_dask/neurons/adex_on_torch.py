"""The step of :mod:`thalia_dask.neurons.adex` in torch operations, with fine steps throughout."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from thalia_dask.neurons.adex import (
    AT_THRESHOLD,
    COUPLING,
    DECAY_EXC,
    DECAY_INH,
    LEAK,
    PER_PF,
    PER_TAU_ADAPTATION,
    REVERSAL_EXC,
    REVERSAL_INH,
    RHEOBASE,
    RUNAWAY,
    SLOPE,
)
from thalia_dask.neurons.base import ADAPTATION, DECAY_ADAPTATION, RESET, RESTING, THRESHOLD


class Moved(NamedTuple):
    """Membrane, mV, and adaptation current, pA, after a step; float32, shape (neurons,)."""

    membrane: Tensor
    adaptation: Tensor


def moved(
    constants: Tensor,
    n_substeps: int,
    drive: Tensor,
    free: Tensor,
    membrane: Tensor,
    adaptation: Tensor,
    excitatory: Tensor,
    inhibitory: Tensor,
) -> Moved:
    """Advance by a step; ``constants`` (N_CONSTANTS, neurons), or (N_CONSTANTS, 1) where all neurons are alike."""
    c = constants.to(torch.float64)
    v, w, exc, inh = (state.to(torch.float64) for state in (membrane, adaptation, excitatory, inhibitory))
    half_exc, half_inh = c[DECAY_EXC] ** (0.5 / n_substeps), c[DECAY_INH] ** (0.5 / n_substeps)
    at_reset = c[COUPLING] * (c[RESET] - c[RESTING])
    held = at_reset + (w - at_reset) * c[DECAY_ADAPTATION]
    unspent, fired = torch.zeros_like(v), torch.zeros_like(free)
    for substep in range(n_substeps):
        mid_exc, mid_inh = exc * half_exc, inh * half_inh
        runs = v > c[RUNAWAY]
        y = torch.where(runs, torch.exp((c[RHEOBASE] - v) / c[SLOPE]), v)
        y1, w1 = _slopes(runs, y, w, exc, inh, drive, c)
        y2, w2 = _slopes(runs, y + 0.5 * y1, w + 0.5 * w1, mid_exc, mid_inh, drive, c)
        y3, w3 = _slopes(runs, y + 0.5 * y2, w + 0.5 * w2, mid_exc, mid_inh, drive, c)
        exc, inh = mid_exc * half_exc, mid_inh * half_inh
        y4, w4 = _slopes(runs, y + y3, w + w3, exc, inh, drive, c)
        dy, dw = (y1 + 2.0 * (y2 + y3) + y4) / 6.0, (w1 + 2.0 * (w2 + w3) + w4) / 6.0
        after = _potential(runs, y + dy, c)
        fires = ~fired & (after >= c[THRESHOLD])
        passed = (torch.where(runs, c[AT_THRESHOLD], c[THRESHOLD]) - y) / dy
        mean = v + c[SLOPE]
        at_spike = passed * (c[COUPLING] * (mean - c[RESTING]) - w) * c[PER_TAU_ADAPTATION]
        unspent = torch.where(fires, n_substeps - substep - passed, unspent)
        w = torch.where(fired, w, w + torch.where(fires, at_spike, dw))
        v = torch.where(fired, v, after)
        fired = fired | fires
    spiked = at_reset + (w + c[ADAPTATION] - at_reset) * torch.exp(-unspent * c[PER_TAU_ADAPTATION])
    w = torch.where(fired, spiked - c[ADAPTATION], w)
    return Moved(v.to(torch.float32), torch.where(free, w, held).to(torch.float32))


def _potential(runs: Tensor, y: Tensor, c: Tensor) -> Tensor:
    """V, at most V_th, from u where V ``runs`` away, else from V itself."""
    over = runs & (y <= c[AT_THRESHOLD])
    running = c[RHEOBASE] - c[SLOPE] * torch.log(torch.where(over, 1.0, y))
    return torch.minimum(torch.where(runs, torch.where(over, c[THRESHOLD], running), y), c[THRESHOLD])


def _slopes(
    runs: Tensor, y: Tensor, w: Tensor, exc: Tensor, inh: Tensor, drive: Tensor, c: Tensor
) -> tuple[Tensor, Tensor]:
    """What u or V, and w, change by in a fine step."""
    v = _potential(runs, y, c)
    current = c[LEAK] * (c[RESTING] + drive - v) + exc * (c[REVERSAL_EXC] - v) + inh * (c[REVERSAL_INH] - v) - w
    dw = (c[COUPLING] * (v - c[RESTING]) - w) * c[PER_TAU_ADAPTATION]
    running = -c[PER_PF] * (c[LEAK] + y * current / c[SLOPE])
    resting = c[PER_PF] * (c[LEAK] * c[SLOPE] * torch.exp((v - c[RHEOBASE]) / c[SLOPE]) + current)
    return torch.where(runs, running, resting), dw
