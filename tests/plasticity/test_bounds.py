"""Whatever happens, an efficacy stays within its bounds and keeps its sign."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.plasticity.forced import MEAN_WEIGHT, Forced
from thalia_dask.plasticity.hebbian import Hebbian
from thalia_dask.plasticity.stdp import STDP
from thalia_dask.plasticity.three_factor import ThreeFactor
from thalia_dask.spikes import Signal

rates = st.floats(0, 1)
rules = st.one_of(
    st.builds(
        STDP,
        potentiation=rates,
        depression=rates,
        largest=st.floats(1.5, 5),
        scaling=rates,
        tau_pre_ms=st.floats(1, 50),
    ),
    st.builds(Hebbian, rate=rates, largest=st.floats(1.5, 5), tau_pre_ms=st.floats(1, 50)),
    st.builds(ThreeFactor, learning_rate=st.floats(-2, 2), largest=st.floats(1.5, 5)),
)


def spikes(n: int) -> st.SearchStrategy:
    return st.lists(st.tuples(st.integers(1, 19), st.integers(0, n - 1)), unique=True, max_size=40)


@given(rule=rules, pre=spikes(3), post=spikes(2), amount=st.floats(-1e3, 1e3))
def test_efficacies_stay_within_bounds(rule, pre, post, amount: float) -> None:
    forced = Forced(rule)
    forced.run(20, pre, post)
    forced.run(1, signals=[Signal(20, "dopamine", amount)])
    weights = forced.weights
    assert np.isfinite(weights).all()
    assert (weights >= 0).all()
    assert (weights <= rule.largest * MEAN_WEIGHT * (1 + 1e-6)).all()
