"""Every learning rule against its formula, on spike trains that are dictated."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.plasticity import reference
from tests.plasticity.forced import MEAN_WEIGHT, Forced
from thalia_dask.errors import ConfigError
from thalia_dask.plasticity.base import Rule
from thalia_dask.plasticity.bcm import BCM
from thalia_dask.plasticity.dopamine_stdp import DopamineSTDP
from thalia_dask.plasticity.hebbian import Hebbian
from thalia_dask.plasticity.inhibitory_stdp import InhibitorySTDP
from thalia_dask.plasticity.oja import Oja
from thalia_dask.plasticity.stdp import STDP
from thalia_dask.plasticity.synaptic_scaling import SynapticScaling
from thalia_dask.plasticity.three_factor import ThreeFactor, action_of
from thalia_dask.regions.layout_region import LayoutRegion
from thalia_dask.regions.spiking import SpikingRegion
from thalia_dask.regions.torch_spiking import TorchSpikingRegion
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
        STDP(potentiation=0.02, depression=0.01, scaling=0.0, mu_plus=0.0, mu_minus=0.0),
        STDP(potentiation=0.1, depression=0.2, scaling=0.0, mu_plus=0.4, mu_minus=0.3, largest=1.6),
        STDP(potentiation=0.2, depression=0.3, scaling=0.1, dendritic_delay_ms=3.0),
    ],
)
def test_stdp(rule: STDP) -> None:
    forced = Forced(rule)
    before = forced.weights[0].tolist()
    forced.run(N_STEPS, PRE, POST)
    expected = reference.stdp(rule, before, MEAN_WEIGHT, PRE, POST, N_STEPS)
    np.testing.assert_allclose(forced.weights[0], expected, rtol=2e-5)
    assert not np.allclose(before, expected, rtol=1e-3)


@pytest.mark.parametrize(
    "rule",
    [
        Oja(rate=0.02),
        Oja(rate=0.1, tau_pre_ms=5.0, tau_post_ms=40.0, largest=1.3),
        BCM(rate=0.01),
        BCM(rate=0.05, tau_post_ms=20.0, tau_threshold_ms=30.0, largest=1.4),
        InhibitorySTDP(rate=0.05),
        InhibitorySTDP(rate=0.3, tau_ms=5.0, target_hz=40.0, largest=1.4),
        SynapticScaling(tau_activity_ms=50.0, tau_scaling_ms=500.0),
        SynapticScaling(tau_activity_ms=10.0, tau_scaling_ms=50.0, target_hz=50.0, largest=1.6),
    ],
    ids=repr,
)
@pytest.mark.parametrize("sign", [1, -1])
def test_rules_follow_their_equations(rule: Rule, sign: int) -> None:
    """Whether the synapses excite or inhibit."""
    forced = Forced(rule, sign=sign)
    before = sign * forced.weights[0]
    forced.run(N_STEPS, PRE, POST)
    formula = getattr(reference, type(rule).__module__.rpartition(".")[2])
    expected = np.array(formula(rule, before.tolist(), MEAN_WEIGHT, PRE, POST, N_STEPS))
    np.testing.assert_allclose(sign * forced.weights[0], expected, rtol=1e-4)
    assert not np.allclose(before, expected, rtol=1e-2)


@pytest.mark.parametrize(
    "rule",
    [
        DopamineSTDP(potentiation=0.05, depression=0.06),
        DopamineSTDP(potentiation=0.05, depression=0.01, tau_credit_ms=20.0, baseline=0.1),
        DopamineSTDP(potentiation=0.1, depression=0.1, tau_credit_ms=0.6),
    ],
    ids=["", "baseline", "credit that becomes faint again and again"],
)
def test_dopamine_stdp(rule: DopamineSTDP) -> None:
    """Dopamine falls and rises again; the last rule settles its sums every few steps, all do so at the reset."""
    releases = [(10, 0.8), (20, -1.5), (33, 1.0)]
    forced = Forced(rule, gates=("dopamine",))
    before = forced.weights[0]
    forced.run(10, PRE, POST)
    for (step, amount), stop in zip(releases, (20, 33, N_STEPS), strict=True):
        forced.run(stop - step, PRE, POST, [Signal(step, "dopamine", amount)])
    forced.run(1, signals=[Signal(N_STEPS, "reset", 0.0)])
    levels = [sum(a * math.exp(-(t - s) / 200) for s, a in releases if s <= t) for t in range(N_STEPS)]
    expected = reference.dopamine_stdp(rule, before.tolist(), MEAN_WEIGHT, PRE, POST, levels)
    np.testing.assert_allclose(forced.weights[0], expected, rtol=5e-5, atol=1e-7)
    assert not np.allclose(before, expected, rtol=1e-2)


@pytest.mark.parametrize("kind", [SpikingRegion, TorchSpikingRegion])
@pytest.mark.parametrize("begin", [0, 3900])
def test_an_efficacy_at_its_bound_leaves_it_when_dopamine_turns(kind: type[LayoutRegion], begin: int) -> None:
    """A burst takes it to 0, a dip lets it rise again; whenever that begins, and though nothing spikes meanwhile."""
    rule = DopamineSTDP(potentiation=0.0, depression=0.02)
    forced = Forced(rule, gates=("dopamine",), n_axons=1, n_cells=1, region=kind)
    before = forced.weights.item()
    pre, post = [(11, 0)], [(7, 0)]
    forced.run(begin + 12, [(begin + step, i) for step, i in pre], [(begin + step, i) for step, i in post])
    forced.run(800, signals=[Signal(begin + 12, "dopamine", 1.0)])
    forced.run(800, signals=[Signal(begin + 812, "dopamine", -1.5)])
    forced.run(1, signals=[Signal(begin + 1612, "reset", 0.0)])
    releases = [(12, 1.0), (812, -1.5)]
    levels = [sum(a * math.exp(-(t - s) / 200) for s, a in releases if s <= t) for t in range(1612)]
    ((expected,),) = reference.dopamine_stdp(rule, [[before]], MEAN_WEIGHT, pre, post, levels)
    assert forced.weights.item() == pytest.approx(expected, rel=1e-3)
    assert expected > MEAN_WEIGHT


def test_scaling_grows_a_silent_cell_by_no_more_than_e_at_once() -> None:
    forced = Forced(SynapticScaling(tau_scaling_ms=100.0, target_hz=1e-3, tau_activity_ms=1.0), n_axons=1, n_cells=1)
    before = forced.weights.item()
    forced.run(1000, [(500, 0)])
    assert forced.weights.item() == pytest.approx(before * math.e, rel=1e-6)


def test_credit_that_a_reset_finds_is_paid_before_it_is_cleared() -> None:
    forced = Forced(DopamineSTDP(potentiation=0.05, depression=0.0), gates=("dopamine",), n_axons=1, n_cells=1)
    before = forced.weights.item()
    forced.run(10, [(3, 0)], [(5, 0)])
    forced.run(20, signals=[Signal(10, "dopamine", 0.5)])
    assert forced.weights.item() == before, "nothing has spiked since"
    forced.run(1, signals=[Signal(30, "reset", 0.0)])
    rate = 1 / 1000 + 1 / 200
    credit = 0.05 * MEAN_WEIGHT * math.exp(-2 / 20) * math.exp(-5 / 1000)
    gained = credit * 0.5 * (1 - math.exp(-20 * rate)) / rate
    assert forced.weights.item() - before == pytest.approx(gained, rel=5e-3), "dopamine is held during a step of 1 ms"
    forced.run(20, [(35, 0)], [(40, 0)])
    paid = forced.weights.item()
    forced.run(20, [(60, 0)], [(65, 0)])
    assert forced.weights.item() > paid, "and what follows earns anew"


def test_a_dendritic_delay_off_the_grid_is_an_error() -> None:
    with pytest.raises(ConfigError, match=r"the dendritic delay of an STDP rule is 0\.7 ms.*write 1"):
        Forced(STDP(dendritic_delay_ms=0.7))


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


@pytest.mark.parametrize("region", [SpikingRegion, TorchSpikingRegion])
@pytest.mark.parametrize(("action", "cells"), [(0, [0, 1, 2, 3]), (1, [4, 5, 6]), (2, [7, 8, 9])])
def test_an_action_has_the_cells_that_vote_for_it(action: int, cells: list[int], region: type[LayoutRegion]) -> None:
    """Ten cells and three actions: equal parts, as far as that is possible."""
    forced = Forced(ThreeFactor(learning_rate=0.5), n_cells=10, n_actions=3, region=region)
    before = forced.weights[0]
    forced.run(20, PRE, [(5, cell) for cell in range(10)])
    forced.run(5, PRE, (), [Signal(20, "action", action)])
    forced.run(1, signals=[Signal(25, "dopamine", 1.0)])
    assert np.flatnonzero((forced.weights[0] != before).any(axis=1)).tolist() == cells
    assert [i for i in range(10) if action_of(i, 10, 3) == action] == cells


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


EVERY_RULE = [
    STDP(),
    STDP(dendritic_delay_ms=2.0, scaling=0.0),
    Hebbian(),
    ThreeFactor(),
    Oja(),
    BCM(),
    InhibitorySTDP(),
    SynapticScaling(),
    DopamineSTDP(),
]
every_rule = pytest.mark.parametrize("rule", EVERY_RULE, ids=repr)


@every_rule
def test_without_spikes_only_traces_change_and_they_decay(rule) -> None:
    forced = Forced(rule)
    forced.run(N_STEPS, PRE, POST)
    before, traces = forced.weights, forced.region.snapshot()
    forced.run(30)
    after = forced.region.snapshot()
    np.testing.assert_array_equal(forced.weights, before)
    for side, (name, tau) in enumerate((("trace_pre", tau_pre(rule)), ("trace_post", tau_post(rule)))):
        then, now = (snapshot[name] * snapshot["trace_fade"][0, side] for snapshot in (traces, after))
        np.testing.assert_allclose(now, then * math.exp(-30 / tau), rtol=1e-4)
        assert then.any()


@pytest.mark.parametrize("rule", [rule for rule in EVERY_RULE if type(rule) is not ThreeFactor], ids=repr)
def test_a_closed_gate_keeps_efficacies(rule: Rule) -> None:
    """No acetylcholine: the level is lowered to zero, from where it hardly rises in 45 ms."""
    closed, opened = (Forced(rule, gates=("acetylcholine",)) for _ in range(2))
    before = closed.weights
    closed.run(N_STEPS, PRE, POST, [Signal(0, "acetylcholine", -0.5)])
    opened.run(N_STEPS, PRE, POST)
    change = np.abs(opened.weights - before).max()
    assert np.abs(closed.weights - before).max() < 0.2 * change
    assert change > 1e-6


def test_a_closed_gate_leaves_nothing_for_dopamine() -> None:
    """What makes synapses eligible is gated, the copy of the selected action as well."""
    closed, opened = (Forced(ThreeFactor(), gates=("acetylcholine",), n_actions=2) for _ in range(2))
    before = closed.weights
    for forced, level in ((closed, -0.5), (opened, 0.5)):
        forced.run(N_STEPS, [*PRE, (N_STEPS - 1, 0)], POST, [Signal(0, "acetylcholine", level)])
        forced.run(1, signals=[Signal(N_STEPS, "action", 0), Signal(N_STEPS, "dopamine", 1.0)])
    change = np.abs(opened.weights - before).max()
    assert np.abs(closed.weights - before).max() < 0.1 * change
    assert change > 1e-4


@pytest.mark.parametrize("rule", [STDP(), Hebbian(), ThreeFactor(), Oja(), InhibitorySTDP()])
def test_traces_of_long_ago_are_gone_and_new_ones_count_as_ever(rule) -> None:
    """The common factor of traces is put into them now and then; nothing is to be seen of that."""
    forced = Forced(rule)
    forced.run(2000, [(3, 0), (3, 1), (1500, 0), (1998, 0)], [(10, 0), (1999, 1)])
    snapshot = forced.region.snapshot()
    pre = snapshot["trace_pre"] * snapshot["trace_fade"][0, 0]
    post = snapshot["trace_post"] * snapshot["trace_fade"][0, 1]
    np.testing.assert_allclose(pre, [math.exp(-1 / tau_pre(rule)), 0.0, 0.0], rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(post, [0.0, 1.0], rtol=1e-5, atol=1e-9)


def tau_pre(rule: Rule) -> float:
    """Time constant of the trace of pre spikes, ms; scaling has none."""
    return getattr(rule, "tau_pre_ms", getattr(rule, "tau_ms", math.inf))


def tau_post(rule: Rule) -> float:
    return getattr(rule, "tau_post_ms", tau_pre(rule))
