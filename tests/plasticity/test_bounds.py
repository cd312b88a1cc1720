"""Whatever happens, an efficacy stays within its bounds and keeps its sign."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.plasticity.forced import MEAN_WEIGHT, Forced
from thalia_dask.plasticity.bcm import BCM
from thalia_dask.plasticity.dopamine_stdp import DopamineSTDP
from thalia_dask.plasticity.hebbian import Hebbian
from thalia_dask.plasticity.inhibitory_stdp import InhibitorySTDP
from thalia_dask.plasticity.oja import Oja
from thalia_dask.plasticity.stdp import STDP
from thalia_dask.plasticity.synaptic_scaling import SynapticScaling
from thalia_dask.plasticity.three_factor import ThreeFactor
from thalia_dask.spikes import Signal

rates, sizes, taus = st.floats(0, 1), st.floats(0.6, 5), st.floats(1, 50)
exponents = st.one_of(st.sampled_from([0.0, 1.0]), st.floats(0, 2))
rules = st.one_of(
    st.builds(
        STDP,
        potentiation=rates,
        depression=rates,
        largest=sizes,
        scaling=rates,
        tau_pre_ms=taus,
        mu_plus=exponents,
        mu_minus=exponents,
        dendritic_delay_ms=st.integers(0, 5).map(float),
    ),
    st.builds(Hebbian, rate=rates, largest=sizes, tau_pre_ms=taus),
    st.builds(ThreeFactor, learning_rate=st.floats(-2, 2), largest=sizes),
    st.builds(Oja, rate=rates, largest=sizes, tau_pre_ms=taus, tau_post_ms=taus),
    st.builds(BCM, rate=rates, largest=sizes, tau_pre_ms=taus, tau_post_ms=taus, tau_threshold_ms=taus),
    st.builds(InhibitorySTDP, rate=rates, largest=sizes, tau_ms=taus, target_hz=st.floats(0, 100)),
    st.builds(
        SynapticScaling, largest=sizes, tau_activity_ms=taus, tau_scaling_ms=taus, target_hz=st.floats(0.1, 99)
    ),
    st.builds(
        DopamineSTDP,
        potentiation=rates,
        depression=rates,
        largest=sizes,
        tau_credit_ms=taus,
        baseline=st.floats(-1, 1),
        dendritic_delay_ms=st.integers(0, 5).map(float),
    ),
)


def spikes(n: int) -> st.SearchStrategy:
    return st.lists(st.tuples(st.integers(1, 19), st.integers(0, n - 1)), unique=True, max_size=40)


def test_a_sum_next_to_nothing_is_not_scaled_beyond_all_numbers() -> None:
    """One efficacy is 0, the other so small that what the sum should be is infinitely many times as much."""
    forced = Forced(STDP(potentiation=0.0, depression=0.9, tau_post_ms=5000.0), n_axons=2, n_cells=1)
    weight = forced.region.tensors["weight"]
    weight[:2] = torch.tensor([1e-41, 0.0])
    forced.run(4, post=[(2, 0)])
    assert forced.region.tensors["weight"].isfinite().all()
    assert forced.region.tensors["membrane"].isfinite().all()


@given(rule=rules, sign=st.sampled_from([1, -1]), pre=spikes(3), post=spikes(2), amount=st.floats(-1e3, 1e3))
def test_efficacies_stay_within_bounds_and_keep_their_sign(rule, sign, pre, post, amount: float) -> None:
    forced = Forced(rule, sign=sign, gates=("dopamine",))
    forced.run(5, pre, post)
    forced.run(15, pre, post, [Signal(5, "dopamine", amount)])
    forced.run(1, signals=[Signal(20, "dopamine", amount)])
    forced.run(1, signals=[Signal(21, "reset", 0.0)])
    size = sign * forced.weights
    assert np.isfinite(size).all()
    assert (size >= 0).all()
    assert (size <= rule.largest * MEAN_WEIGHT * (1 + 1e-6)).all()


@given(rule=rules, n_steps=st.integers(1, 50))
def test_without_spikes_nothing_is_learned(rule, n_steps: int) -> None:
    forced = Forced(rule)
    before = forced.weights
    forced.run(n_steps, signals=[Signal(0, "dopamine", 1.0)])
    np.testing.assert_array_equal(forced.weights, before)
