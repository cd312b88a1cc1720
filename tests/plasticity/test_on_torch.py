"""The rules in torch operations against the kernels, on spike trains that are dictated.

Seen on the CPU: efficacies within 4 parts in 10^7 (Hebbian: equal to the bit), eligibility and what it makes of
efficacies within 3 parts in 10^6; what differs is the rounding of a few operations.
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.plasticity.forced import Forced
from tests.plasticity.test_rules import N_STEPS, POST, PRE
from thalia_dask.plasticity.base import STATE, Rule
from thalia_dask.plasticity.bcm import BCM
from thalia_dask.plasticity.dopamine_stdp import DopamineSTDP
from thalia_dask.plasticity.hebbian import Hebbian
from thalia_dask.plasticity.inhibitory_stdp import InhibitorySTDP
from thalia_dask.plasticity.oja import Oja
from thalia_dask.plasticity.stdp import STDP
from thalia_dask.plasticity.synaptic_scaling import SynapticScaling
from thalia_dask.plasticity.three_factor import ThreeFactor
from thalia_dask.regions.torch_spiking import TorchSpikingRegion
from thalia_dask.seeds import generator
from thalia_dask.spikes import Signal

RULES = [
    STDP(),
    STDP(potentiation=0.9, depression=0.9, scaling=0.3, largest=1.2),
    STDP(potentiation=0.2, depression=0.3, scaling=0.5, tau_pre_ms=1.0, tau_post_ms=1.5),
    Hebbian(),
    Hebbian(rate=1.0, largest=1.1, tau_pre_ms=2.0),
    ThreeFactor(learning_rate=0.5),
    ThreeFactor(learning_rate=-0.3, tau_eligibility_ms=20.0, tau_pre_ms=5.0),
    STDP(potentiation=0.2, depression=0.3, mu_plus=0.4, mu_minus=0.4, scaling=0.0),
    STDP(potentiation=0.05, depression=0.04, mu_plus=0.0, mu_minus=0.0, dendritic_delay_ms=3.0),
    Oja(rate=0.05),
    BCM(rate=0.05, tau_post_ms=20.0, tau_threshold_ms=30.0),
    InhibitorySTDP(rate=0.1),
    SynapticScaling(tau_activity_ms=20.0, tau_scaling_ms=300.0),
    DopamineSTDP(potentiation=0.05, depression=0.06, dendritic_delay_ms=2.0),
    DopamineSTDP(potentiation=0.05, depression=0.06, tau_credit_ms=0.6, baseline=0.2),
]
SIGNALS = {12: [Signal(12, "dopamine", 0.5)], 30: [Signal(30, "action", 1), Signal(30, "dopamine", -0.8)]}
TRACES = ("weight", *STATE)


def run(pair: list[Forced], pre: list[tuple[int, int]], post: list[tuple[int, int]]) -> None:
    for forced in pair:
        for step in range(0, N_STEPS, 3):
            forced.run(3, pre, post, SIGNALS.get(step, ()))


def assert_alike(kernels: Forced, on_torch: Forced, rtol: float = 2e-6) -> None:
    expected, got = kernels.region.snapshot(), on_torch.region.snapshot()
    for name in TRACES:
        np.testing.assert_allclose(got[name], expected[name], rtol=rtol, atol=1e-7, err_msg=name)
        assert got[name].dtype == expected[name].dtype


def both(*rules: Rule, **options) -> list[Forced]:
    return [Forced(*rules, **options), Forced(*rules, region=TorchSpikingRegion, **options)]


@pytest.mark.parametrize("gates", [(), ("theta", "acetylcholine")])
@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_rules_are_those_of_the_kernels(rule: Rule, gates: tuple[str, ...]) -> None:
    pair = both(rule, n_cells=4, n_actions=2, gates=gates)
    before = pair[0].weights
    run(pair, PRE, [*POST, (12, 2), (27, 3), (28, 2)])
    assert_alike(*pair)
    assert (pair[0].weights != before).any()


@pytest.mark.parametrize("longest_delay_ms", [0.0, 4.0])
def test_rules_beside_each_other(longest_delay_ms: float) -> None:
    pair = both(*RULES[::3], *RULES[8::2], n_cells=4, n_actions=2, delay_ms=(0.0, longest_delay_ms))
    run(pair, PRE, POST)
    assert_alike(*pair)


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_inhibitory_efficacies_learn_alike(rule: Rule) -> None:
    pair = both(rule, n_actions=2, sign=-1)
    run(pair, PRE, POST)
    assert_alike(*pair)
    assert (pair[0].weights <= 0).all()


@pytest.mark.parametrize("rule", [RULES[-3], RULES[-2], RULES[8]], ids=repr)
def test_a_reset_finds_the_same(rule: Rule) -> None:
    pair = both(rule)
    for forced in pair:
        forced.run(20, PRE, POST)
        forced.run(20, PRE, POST, [Signal(20, "reset", 0.0)])
    assert_alike(*pair)


@pytest.mark.parametrize("rule", RULES[::2], ids=repr)
def test_many_spikes_in_every_step(rule: Rule) -> None:
    rng = generator(1, "many")
    pre = [(s, a) for s in range(N_STEPS) for a in range(20) if rng.random() < 0.5]
    post = [(s, c) for s in range(1, N_STEPS) for c in range(10) if rng.random() < 0.3]
    pair = both(rule, n_axons=20, n_cells=10, n_actions=2)
    run(pair, pre, post)
    assert_alike(*pair, rtol=2e-5)


@pytest.mark.parametrize(
    "rule", [RULES[0], RULES[2], Hebbian(), ThreeFactor(), InhibitorySTDP(), SynapticScaling(), RULES[-1]], ids=repr
)
def test_spikes_that_arrive_together_on_one_axon(rule: Rule) -> None:
    pair = both(rule, n_actions=2)
    run(pair, sorted([*PRE, *PRE[::2], *PRE[::4]]), POST)
    assert_alike(*pair)


def test_traces_of_a_long_silence_are_settled() -> None:
    """Their common factor becomes faint, and is put into the traces."""
    pair = both(STDP(tau_pre_ms=1.0, tau_post_ms=2.0))
    for forced in pair:
        forced.run(60, PRE, POST)
        forced.run(3, [(61, 0)], [(62, 1)])
    assert_alike(*pair)
