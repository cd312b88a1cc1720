"""Efficacies and delays are distributed as they say, whatever the pieces in which they are drawn."""

from __future__ import annotations

import math

import numpy as np
import pytest

from thalia_dask.synapses.distributions import WEIGHT, Constant, Normal, Uniform, to_delay_steps

KEY = np.array([9, 4], np.uint64)
N = 20_000


def ks(sample: np.ndarray, cdf: np.ndarray) -> float:
    """Kolmogorov-Smirnov distance times the root of the sample size; above 1.95 once in a thousand."""
    return float(abs(cdf - (np.arange(len(sample)) + 0.5) / len(sample)).max() * math.sqrt(len(sample)))


def test_constant() -> None:
    assert set(Constant(-2.5).sample(KEY, WEIGHT, 3, 10)) == {-2.5}


def test_uniform() -> None:
    sample = np.sort(Uniform(-1.0, 3.0).sample(KEY, WEIGHT, 0, N))
    assert ks(sample, (sample + 1) / 4) < 1.95


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_normal_and_nothing_changes_its_sign(sign: float) -> None:
    sample = np.sort(Normal(sign * 0.15, 0.1).sample(KEY, WEIGHT, 0, N) * sign)
    cdf = np.array([0.5 * (1 + math.erf((x - 0.15) / 0.1 / math.sqrt(2))) for x in sample])
    positive = sample > 0
    assert sample.min() == 0.0
    assert positive.mean() == pytest.approx(cdf[positive].size / N, abs=0.01)
    assert ks(sample, np.where(positive, cdf, (np.arange(N) + 0.5) / N)) < 1.95


@pytest.mark.parametrize("distribution", [Uniform(0, 1), Normal(1, 0.2)])
def test_a_value_is_that_of_its_synapse(distribution) -> None:
    whole = distribution.sample(KEY, WEIGHT, 0, 100)
    for first, last in ((0, 1), (3, 9), (50, 100)):
        np.testing.assert_array_equal(distribution.sample(KEY, WEIGHT, first, last - first), whole[first:last])
    assert (distribution.sample(KEY, WEIGHT + 2, 0, 100) != whole).all()


def test_delays_are_the_nearest_steps_but_not_too_early() -> None:
    delays = to_delay_steps(np.array([0.0, 0.04, 0.14, 0.16, 1.5]), 0.1, 1, "a -> b")
    assert delays.tolist() == [1, 1, 1, 2, 15]
    assert delays.dtype == np.int32
