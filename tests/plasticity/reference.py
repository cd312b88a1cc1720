"""The learning rules a second time, straight from their formulas: plain Python over lists of spikes, no traces."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from thalia_dask.plasticity.bcm import BCM
from thalia_dask.plasticity.dopamine_stdp import DopamineSTDP
from thalia_dask.plasticity.hebbian import Hebbian
from thalia_dask.plasticity.inhibitory_stdp import InhibitorySTDP
from thalia_dask.plasticity.oja import Oja
from thalia_dask.plasticity.stdp import STDP
from thalia_dask.plasticity.synaptic_scaling import SynapticScaling
from thalia_dask.plasticity.three_factor import ThreeFactor

Weights = list[list[float]]
Spikes = Sequence[tuple[int, int]]


def clip(weight: float, largest: float) -> float:
    return min(max(weight, 0.0), largest)


def trace(spikes: Spikes, index: int, upto: int, now: int, tau: float) -> float:
    """Sum over the spikes of one axon or cell in steps <= ``upto`` of what is left of them ``now``."""
    return sum(math.exp(-(now - step) / tau) for step, i in spikes if i == index and step <= upto)


def stdp(rule: STDP, w: Weights, mean: float, pre: Spikes, post: Spikes, n_steps: int) -> Weights:
    """An axon's spike that arrives in a step comes before the cells' spikes of that step, and after those that come
    back along the dendrite."""
    w = [row[:] for row in w]
    largest, total, lag = rule.largest * mean, mean * len(w[0]), int(rule.dendritic_delay_ms)
    back = [(step + lag, cell) for step, cell in post]
    for t in range(n_steps):
        fired = sorted(i for s, i in back if s == t)
        for side in ("post", "pre") if lag else ("pre", "post"):
            if side == "pre":
                for axon in sorted(i for s, i in pre if s == t):
                    for cell in range(len(w)):
                        y = trace(back, cell, t - 1, t, rule.tau_post_ms)
                        reach = largest * (w[cell][axon] / largest) ** rule.mu_minus
                        w[cell][axon] = clip(w[cell][axon] - rule.depression * reach * y, largest)
                continue
            for cell in fired:
                for axon in range(len(w[cell])):
                    x = trace(pre, axon, t - (lag > 0), t, rule.tau_pre_ms)
                    reach = largest * max(0.0, 1 - w[cell][axon] / largest) ** rule.mu_plus
                    w[cell][axon] = clip(w[cell][axon] + rule.potentiation * reach * x, largest)
                factor = 1 + rule.scaling * (total / sum(w[cell]) - 1)
                w[cell] = [clip(weight * factor, largest) for weight in w[cell]]
    return w


def hebbian(
    rule: Hebbian,
    w: Weights,
    mean: float,
    pre: Spikes,
    post: Spikes,
    n_steps: int,
    gate: Callable[[int], float] = lambda _step: 1.0,
) -> Weights:
    w = [row[:] for row in w]
    largest = rule.largest * mean
    for t in range(n_steps):
        for cell in sorted(i for s, i in post if s == t):
            for axon in range(len(w[cell])):
                last = max((s for s, i in pre if i == axon and s <= t), default=None)
                x = 0.0 if last is None else math.exp(-(t - last) / rule.tau_pre_ms)
                w[cell][axon] = clip(w[cell][axon] + rule.rate * gate(t) * (largest * x - w[cell][axon]), largest)
    return w


def three_factor(
    rule: ThreeFactor,
    w: Weights,
    mean: float,
    pre: Spikes,
    post: Spikes,
    dopamine: Sequence[tuple[int, float]],
    actions: Sequence[tuple[int, int]] = (),
    n_actions: int = 1,
) -> Weights:
    """Every release finds the eligibility that all spikes and actions before it have left.

    Eligibility in another channel than that of an action is lost at that action.
    """
    w = [row[:] for row in w]
    per_action = max(1, len(w) // n_actions)

    def above_mean(axon: int, step: int) -> float:
        traces = [trace(pre, i, step, step, rule.tau_pre_ms) for i in range(len(w[0]))]
        return traces[axon] - sum(traces) / len(traces)

    for release, amount in dopamine:
        for cell in range(len(w)):
            channel = cell // per_action
            lost = max((s for s, a in actions if s <= release and a != channel), default=-1)
            fired = [t for t, c in post if c == cell and lost <= t < release]
            chosen = [s for s, a in actions if a == channel and lost <= s <= release]
            for axon in range(len(w[cell])):
                marks = [(t, above_mean(axon, t)) for t in fired]
                marks += [(s, rule.efference * above_mean(axon, s - 1)) for s in chosen]
                e = sum(mark * math.exp(-(release - t) / rule.tau_eligibility_ms) for t, mark in marks)
                w[cell][axon] = clip(w[cell][axon] + rule.learning_rate * mean * amount * e, rule.largest * mean)
    return w


def oja(rule: Oja, w: Weights, mean: float, pre: Spikes, post: Spikes, n_steps: int) -> Weights:
    w = [row[:] for row in w]
    for t in range(n_steps):
        for cell in sorted(i for s, i in post if s == t):
            y = trace(post, cell, t - 1, t, rule.tau_post_ms) / (rule.tau_post_ms * rule.reference_hz / 1000)
            for axon in range(len(w[cell])):
                x = trace(pre, axon, t, t, rule.tau_pre_ms) / (rule.tau_pre_ms * rule.reference_hz / 1000)
                w[cell][axon] = clip(w[cell][axon] + rule.rate * (mean * x - y * w[cell][axon]), rule.largest * mean)
    return w


def bcm(rule: BCM, w: Weights, mean: float, pre: Spikes, post: Spikes, n_steps: int) -> Weights:
    """The threshold is what is left of its first value, 1, and of what every post spike has added."""
    w = [row[:] for row in w]

    def activity(cell: int, step: int) -> float:
        return trace(post, cell, step - 1, step, rule.tau_post_ms) / (rule.tau_post_ms * rule.reference_hz / 1000)

    for t in range(n_steps):
        for cell in sorted(i for s, i in post if s == t):
            added = [(0, 1.0)] + [
                (s, activity(cell, s) / (rule.tau_threshold_ms * rule.reference_hz / 1000))
                for s, i in post
                if i == cell and s < t
            ]
            theta = sum(amount * math.exp(-(t - s) / rule.tau_threshold_ms) for s, amount in added)
            for axon in range(len(w[cell])):
                x = trace(pre, axon, t, t, rule.tau_pre_ms) / (rule.tau_pre_ms * rule.reference_hz / 1000)
                change = rule.rate * mean * x * (activity(cell, t) - theta)
                w[cell][axon] = clip(w[cell][axon] + change, rule.largest * mean)
    return w


def inhibitory_stdp(
    rule: InhibitorySTDP, w: Weights, mean: float, pre: Spikes, post: Spikes, n_steps: int
) -> Weights:
    """An axon's spike that arrives in a step comes before the cells' spikes of that step."""
    w = [row[:] for row in w]
    alpha = 2 * rule.target_hz / 1000 * rule.tau_ms
    for t in range(n_steps):
        for axon in sorted(i for s, i in pre if s == t):
            for cell in range(len(w)):
                y = trace(post, cell, t - 1, t, rule.tau_ms)
                w[cell][axon] = clip(w[cell][axon] + rule.rate * mean * (y - alpha), rule.largest * mean)
        for cell in sorted(i for s, i in post if s == t):
            for axon in range(len(w[cell])):
                x = trace(pre, axon, t, t, rule.tau_ms)
                w[cell][axon] = clip(w[cell][axon] + rule.rate * mean * x, rule.largest * mean)
    return w


def synaptic_scaling(
    rule: SynapticScaling, w: Weights, mean: float, pre: Spikes, post: Spikes, n_steps: int, fine: int = 1000
) -> Weights:
    """The differential equation by many small steps; a synapse shows what it was at the last spike of its axon."""
    log, shown = [0.0] * len(w), [row[:] for row in w]
    a = [1.0] * len(w)
    for t in range(n_steps):
        for cell in range(len(w)):
            for axon in range(len(w[cell])):
                if (t, axon) in pre:
                    shown[cell][axon] = clip(w[cell][axon] * math.exp(log[cell]), rule.largest * mean)
            if (t, cell) in post:
                a[cell] += 1000 / (rule.tau_activity_ms * rule.target_hz)
            for _ in range(fine):
                log[cell] += (1 - a[cell]) / rule.tau_scaling_ms / fine
                a[cell] -= a[cell] / rule.tau_activity_ms / fine
    return shown


def dopamine_stdp(
    rule: DopamineSTDP, w: Weights, mean: float, pre: Spikes, post: Spikes, levels: Sequence[float]
) -> Weights:
    """Credit and efficacy step by step, within their bounds at each."""
    w, credit = [row[:] for row in w], [[0.0] * len(row) for row in w]
    held = rule.tau_credit_ms * (1 - math.exp(-1 / rule.tau_credit_ms))
    for t, level in enumerate(levels):
        for cell in range(len(w)):
            for axon in range(len(w[cell])):
                if (t, axon) in pre:
                    y = trace(post, cell, t - 1, t, rule.tau_post_ms)
                    credit[cell][axon] -= rule.depression * mean * y
                if (t, cell) in post:
                    credit[cell][axon] += rule.potentiation * mean * trace(pre, axon, t, t, rule.tau_pre_ms)
                gained = credit[cell][axon] * held * (level - rule.baseline)
                w[cell][axon] = clip(w[cell][axon] + gained, rule.largest * mean)
                credit[cell][axon] *= math.exp(-1 / rule.tau_credit_ms)
    return w
