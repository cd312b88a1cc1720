"""The learning rules a second time, straight from their formulas: plain Python over lists of spikes, no traces."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from thalia_dask.plasticity.hebbian import Hebbian
from thalia_dask.plasticity.stdp import STDP
from thalia_dask.plasticity.three_factor import ThreeFactor

Weights = list[list[float]]
Spikes = Sequence[tuple[int, int]]


def clip(weight: float, largest: float) -> float:
    return min(max(weight, 0.0), largest)


def trace(spikes: Spikes, index: int, upto: int, now: int, tau: float) -> float:
    """Sum over the spikes of one axon or cell in steps <= ``upto`` of what is left of them ``now``."""
    return sum(math.exp(-(now - step) / tau) for step, i in spikes if i == index and step <= upto)


def stdp(rule: STDP, w: Weights, mean: float, pre: Spikes, post: Spikes, n_steps: int) -> Weights:
    """An axon's spike that arrives in a step comes before the cells' spikes of that step."""
    w = [row[:] for row in w]
    largest, total = rule.largest * mean, mean * len(w[0])
    for t in range(n_steps):
        for axon in sorted(i for s, i in pre if s == t):
            for cell in range(len(w)):
                y = trace(post, cell, t - 1, t, rule.tau_post_ms)
                w[cell][axon] = clip(w[cell][axon] * (1 - rule.depression * y), largest)
        for cell in sorted(i for s, i in post if s == t):
            for axon in range(len(w[cell])):
                x = trace(pre, axon, t, t, rule.tau_pre_ms)
                w[cell][axon] = clip(w[cell][axon] + rule.potentiation * (largest - w[cell][axon]) * x, largest)
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
