"""Every learning rule against its formula, on spike trains that are dictated."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.plasticity import reference
from tests.plasticity.forced import MEAN_WEIGHT, Forced
from thalia_dask.plasticity.hebbian import Hebbian
from thalia_dask.plasticity.stdp import STDP
from thalia_dask.plasticity.three_factor import ThreeFactor
from thalia_dask.spikes import Signal

PRE = [(0, 1), (2, 0), (5, 2), (5, 0), (9, 1), (14, 0), (15, 0), (22, 2), (23, 1), (23, 0), (37, 1)]
POST = [(1, 0), (3, 0), (3, 1), (5, 1), (9, 0), (10, 1), (16, 0), (17, 0), (23, 1), (24, 0), (36, 1), (38, 0)]
N_STEPS = 45


@pytest.mark.parametrize(
    "rule",
    [
        STDP(),
        STDP(potentiation=0.2, depression=0.3, scaling=0.0),
        STDP(potentiation=0.2, depression=0.3, scaling=0.5, tau_pre_ms=5.0, tau_post_ms=40.0),
        STDP(potentiation=0.9, depression=0.9, scaling=0.3, largest=1.2),
    ],
)
def test_stdp(rule: STDP) -> None:
    forced = Forced(rule)
    before = forced.weights[0].tolist()
    forced.run(N_STEPS, PRE, POST)
    expected = reference.stdp(rule, before, MEAN_WEIGHT, PRE, POST, N_STEPS)
    np.testing.assert_allclose(forced.weights[0], expected, rtol=2e-5)
    assert not np.allclose(before, expected, rtol=1e-3)


def test_stdp_sign_depends_on_the_order_of_spikes() -> None:
    rule = STDP(potentiation=0.1, depression=0.1, scaling=0.0)
    causal, acausal = Forced(rule, n_axons=1, n_cells=1), Forced(rule, n_axons=1, n_cells=1)
    before = causal.weights.item()
    causal.run(30, pre=[(10, 0)], post=[(15, 0)])
    acausal.run(30, pre=[(15, 0)], post=[(10, 0)])
    left = math.exp(-5 / 20)
    assert causal.weights.item() == pytest.approx(before + 0.1 * (3 * MEAN_WEIGHT - before) * left, rel=1e-5)
    assert acausal.weights.item() == pytest.approx(before * (1 - 0.1 * left), rel=1e-5)


def test_scaling_brings_the_sum_of_a_cell_back() -> None:
    forced = Forced(STDP(potentiation=0.0, depression=0.0, scaling=0.2), n_axons=5)
    total = 5 * MEAN_WEIGHT
    off = forced.weights[0].sum(axis=1) - total
    forced.run(20, post=[(t, c) for t in range(2, 12) for c in (0, 1)])
    np.testing.assert_allclose(forced.weights[0].sum(axis=1) - total, off * 0.8**10, atol=1e-6)


@pytest.mark.parametrize("rule", [Hebbian(), Hebbian(rate=0.4, tau_pre_ms=6.0), Hebbian(rate=1.0, largest=1.1)])
def test_hebbian(rule: Hebbian) -> None:
    forced = Forced(rule)
    before = forced.weights[0].tolist()
    forced.run(N_STEPS, PRE, POST)
    expected = reference.hebbian(rule, before, MEAN_WEIGHT, PRE, POST, N_STEPS)
    np.testing.assert_allclose(forced.weights[0], expected, rtol=2e-5, atol=1e-9)


def test_gates_scale_a_rule_by_phase_and_level() -> None:
    """Region kinds without a septal delay see the pacemaker's own phase; acetylcholine rises at step 20."""
    rule = Hebbian(rate=0.3)
    forced = Forced(rule, gates=("theta", "acetylcholine"))
    before = forced.weights[0].tolist()
    forced.run(20, PRE, POST)
    forced.run(N_STEPS - 20, PRE, POST, [Signal(20, "acetylcholine", 0.7)])

    def gate(step: int) -> float:
        level = 0.5 + (0.7 * math.exp(-(step - 20) / 500) if step >= 20 else 0.0)
        return (1 + math.cos(2 * math.pi * 8.0 * step / 1000)) / 2 * level

    expected = reference.hebbian(rule, before, MEAN_WEIGHT, PRE, POST, N_STEPS, gate)
    np.testing.assert_allclose(forced.weights[0], expected, rtol=2e-5)


@pytest.mark.parametrize(
    "rule", [ThreeFactor(), ThreeFactor(learning_rate=-0.2, tau_eligibility_ms=20.0), ThreeFactor(tau_pre_ms=5.0)]
)
@pytest.mark.parametrize("dopamine", [[(30, 1.0)], [(12, 0.5), (30, -0.8), (31, 2.0)], [(20, 30.0), (40, -90.0)]])
def test_three_factor(rule: ThreeFactor, dopamine: list[tuple[int, float]]) -> None:
    forced = Forced(rule)
    before = forced.weights[0].tolist()
    for step, amount in dopamine:
        if forced.now < step:
            forced.run(step - forced.now, PRE, POST)
        forced.run(1, PRE, POST, [Signal(step, "dopamine", amount)])
    expected = reference.three_factor(rule, before, MEAN_WEIGHT, PRE, POST, dopamine)
    np.testing.assert_allclose(forced.weights[0], expected, rtol=5e-5, atol=1e-8)


def test_no_dopamine_no_change() -> None:
    forced = Forced(ThreeFactor())
    before = forced.weights
    forced.run(N_STEPS, PRE, POST)
    forced.run(1, signals=[Signal(N_STEPS, "noradrenaline", 1.0), Signal(N_STEPS, "acetylcholine", 1.0)])
    np.testing.assert_array_equal(forced.weights, before)


def test_d1_and_d2_learn_with_opposite_signs() -> None:
    forced = Forced(ThreeFactor(learning_rate=0.3), ThreeFactor(learning_rate=-0.3))
    before = forced.weights
    forced.run(N_STEPS, PRE, POST)
    forced.run(1, signals=[Signal(N_STEPS, "dopamine", 0.05)])
    d1, d2 = forced.weights - before
    assert (abs(d1) > 1e-5).all()
    np.testing.assert_allclose(d2, -d1, rtol=1e-3)


@pytest.mark.parametrize("efference", [0.0, 1.0, 0.5])
def test_only_the_selected_action_stays_eligible(efference: float) -> None:
    """Cells 0, 1 belong to action 0 and cells 2, 3 to action 1."""
    rule = ThreeFactor(learning_rate=0.5, efference=efference)
    forced = Forced(rule, n_cells=4, n_actions=2)
    pre, post = [s for s in PRE if s[0] < 30], [(5, 0), (5, 3), (11, 1), (12, 2), (24, 0), (24, 2), (33, 3), (34, 0)]
    before = forced.weights
    forced.run(30, pre, post)
    forced.run(10, pre, post, [Signal(30, "action", 1)])
    forced.run(1, signals=[Signal(40, "dopamine", 1.0)])
    expected = reference.three_factor(
        rule, before[0].tolist(), MEAN_WEIGHT, pre, post, [(40, 1.0)], [(30, 1)], n_actions=2
    )
    np.testing.assert_allclose(forced.weights[0], expected, rtol=5e-5)
    unselected = forced.weights[0, 1] - before[0, 1]
    assert not unselected.any(), "cell 1 fired only before the action of the other channel"


@pytest.mark.parametrize("delay_steps", [0, 1, 7, 100])
def test_delayed_reward_reaches_every_eligible_synapse_exactly_once(delay_steps: int) -> None:
    rule = ThreeFactor(learning_rate=0.3, tau_eligibility_ms=50.0)
    forced = Forced(rule, n_axons=4, n_cells=3)
    before = forced.weights
    pre, post = [(3, 0), (3, 2)], [(5, c) for c in range(3)]
    forced.run(10 + delay_steps, pre, post)
    forced.run(1, signals=[Signal(10 + delay_steps, "dopamine", 0.5)])
    eligibility = 0.5 * math.exp(-2 / 20) * math.exp(-(5 + delay_steps) / 50) * np.array([1, -1, 1, -1])
    change = np.broadcast_to(0.3 * MEAN_WEIGHT * 0.5 * eligibility, (1, 3, 4))
    np.testing.assert_allclose(forced.weights - before, change, rtol=1e-3)
    after = forced.weights
    forced.run(20)
    np.testing.assert_array_equal(forced.weights, after)


def test_reset_forgets_what_was_eligible_but_not_what_was_learned() -> None:
    forced = Forced(ThreeFactor(learning_rate=0.3))
    forced.run(20, PRE, POST)
    forced.run(1, signals=[Signal(20, "dopamine", 1.0)])
    learned = forced.weights
    forced.run(1, signals=[Signal(21, "reset", 0.0), Signal(21, "action", 0), Signal(21, "dopamine", 1.0)])
    np.testing.assert_array_equal(forced.weights, learned)


@pytest.mark.parametrize("rule", [STDP(), Hebbian(), ThreeFactor()])
def test_without_spikes_only_traces_change_and_they_decay(rule) -> None:
    forced = Forced(rule)
    forced.run(N_STEPS, PRE, POST)
    before, traces = forced.weights, forced.region.snapshot()
    forced.run(30)
    after = forced.region.snapshot()
    np.testing.assert_array_equal(forced.weights, before)
    tau_post = getattr(rule, "tau_post_ms", rule.tau_pre_ms)
    for side, (name, tau) in enumerate((("trace_pre", rule.tau_pre_ms), ("trace_post", tau_post))):
        then, now = (snapshot[name] * snapshot["trace_fade"][0, side] for snapshot in (traces, after))
        np.testing.assert_allclose(now, then * math.exp(-30 / tau), rtol=1e-4)
        assert then.any()


@pytest.mark.parametrize("rule", [STDP(), Hebbian(), ThreeFactor()])
def test_traces_of_long_ago_are_gone_and_new_ones_count_as_ever(rule) -> None:
    """The common factor of traces is put into them now and then; nothing is to be seen of that."""
    forced = Forced(rule)
    forced.run(2000, [(3, 0), (3, 1), (1500, 0), (1998, 0)], [(10, 0), (1999, 1)])
    snapshot = forced.region.snapshot()
    pre = snapshot["trace_pre"] * snapshot["trace_fade"][0, 0]
    post = snapshot["trace_post"] * snapshot["trace_fade"][0, 1]
    np.testing.assert_allclose(pre, [math.exp(-1 / rule.tau_pre_ms), 0.0, 0.0], rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(post, [0.0, 1.0], rtol=1e-5, atol=1e-9)
