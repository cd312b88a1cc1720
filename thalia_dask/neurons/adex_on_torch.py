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
    FALLING,
    FLOODED,
    LEAK,
    NO_MOVE_MV,
    PER_PF,
    PER_TAU_ADAPTATION,
    REVERSAL_EXC,
    REVERSAL_INH,
    RHEOBASE,
    RUNAWAY,
    SLOPE,
    course,
    current,
    slope_of_adaptation,
)
from thalia_dask.neurons.base import ADAPTATION, DECAY_ADAPTATION, RESET, RESTING, THRESHOLD
from thalia_dask.neurons.conductance import flow, moved_by_flood, response


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
    fired = v >= c[THRESHOLD]  # where a population began: what is computed of those is dropped, number or not
    unspent = torch.where(fired, float(n_substeps), 0.0)
    for substep in range(n_substeps):
        load = c[PER_PF] * (c[LEAK] + exc + inh)
        away = v > c[RUNAWAY]
        loss = torch.where(away, c[PER_PF] * current(v, w, exc, inh, drive, c) / c[SLOPE], 0.0)
        floods, falls = (load > FLOODED) | (loss < -FALLING), loss > FALLING
        runs = away & (falls | ~floods)
        y = torch.where(runs, torch.exp((c[RHEOBASE] - v) / c[SLOPE]), v)
        fallen = (y * loss + c[PER_PF] * c[LEAK]) * torch.expm1(-loss) / loss, slope_of_adaptation(v, w, c)
        flooded = _flooded(v, w, exc, inh, drive, half_exc, half_inh, c)
        stepped = _stepped(runs, y, w, exc, inh, drive, half_exc, half_inh, c)
        dy, dw = (
            torch.where(falls, *by)
            for by in zip(
                fallen, (torch.where(floods, *by) for by in zip(flooded, stepped, strict=True)), strict=True
            )
        )
        exc, inh = exc * half_exc * half_exc, inh * half_inh * half_inh
        after = _potential(runs, y + dy, c)
        fires = ~fired & (after >= c[THRESHOLD])
        passed = (torch.where(runs, c[AT_THRESHOLD], c[THRESHOLD]) - y) / dy
        mean = v + c[SLOPE]
        at_spike = passed * slope_of_adaptation(mean, w, c)
        unspent = torch.where(fires, n_substeps - substep - passed, unspent)
        w = torch.where(fired, w, w + torch.where(fires, at_spike, dw))
        v = torch.where(fired, v, after)
        fired = fired | fires
    spiked = at_reset + (w + c[ADAPTATION] - at_reset) * torch.exp(-unspent * c[PER_TAU_ADAPTATION])
    w = torch.where(fired, spiked - c[ADAPTATION], w)
    return Moved(v.to(torch.float32), torch.where(free, w, held).to(torch.float32))


def _stepped(
    runs: Tensor, y: Tensor, w: Tensor, exc: Tensor, inh: Tensor, drive: Tensor,
    half_exc: Tensor, half_inh: Tensor, c: Tensor,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """What u or V, and w, change by in a Runge-Kutta step."""
    mid_exc, mid_inh = exc * half_exc, inh * half_inh
    y1, w1 = _slopes(runs, y, w, exc, inh, drive, c)
    y2, w2 = _slopes(runs, y + 0.5 * y1, w + 0.5 * w1, mid_exc, mid_inh, drive, c)
    y3, w3 = _slopes(runs, y + 0.5 * y2, w + 0.5 * w2, mid_exc, mid_inh, drive, c)
    y4, w4 = _slopes(runs, y + y3, w + w3, mid_exc * half_exc, mid_inh * half_inh, drive, c)
    return (y1 + 2.0 * (y2 + y3) + y4) / 6.0, (w1 + 2.0 * (w2 + w3) + w4) / 6.0


def _flooded(
    v: Tensor, w: Tensor, exc: Tensor, inh: Tensor, drive: Tensor, half_exc: Tensor, half_inh: Tensor, c: Tensor
) -> tuple[Tensor, Tensor]:
    """What V and w change by in a step that is too long for Runge-Kutta."""
    leak, slope = c[PER_PF] * c[LEAK], c[SLOPE]
    (mean_exc, slope_exc), (mean_inh, slope_inh) = course(half_exc), course(half_inh)
    x, f, commutator = flow(
        leak, leak * (c[RESTING] + drive) - c[PER_PF] * w,
        exc, c[PER_PF] * mean_exc, c[REVERSAL_EXC], slope_exc,
        inh, c[PER_PF] * mean_inh, c[REVERSAL_INH], slope_inh,
    )  # fmt: skip
    responses = response(x)
    before = leak * slope * torch.exp((v - c[RHEOBASE]) / slope)
    guess = moved_by_flood(v, x, f + before, commutator, responses)
    after = leak * slope * torch.exp((torch.minimum(guess, c[THRESHOLD]) - c[RHEOBASE]) / slope)
    mean = torch.where((guess - v).abs() > NO_MOVE_MV, slope * (after - before) / (guess - v), before)
    dv = moved_by_flood(v, x, f + mean, commutator, responses) - v
    return dv, -torch.expm1(-c[PER_TAU_ADAPTATION]) * (c[COUPLING] * (v + 0.5 * dv - c[RESTING]) - w)


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
    other, dw = current(v, w, exc, inh, drive, c), slope_of_adaptation(v, w, c)
    running = -c[PER_PF] * (c[LEAK] + y * other / c[SLOPE])
    resting = c[PER_PF] * (c[LEAK] * c[SLOPE] * torch.exp((v - c[RHEOBASE]) / c[SLOPE]) + other)
    return torch.where(runs, running, resting), dw
