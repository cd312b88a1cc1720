"""Noise: the counts against Poisson's law, for every neuron and step its own, and nothing else matters."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thalia_dask.neurons.background import bombard, lots, poisson_thresholds

KEY = np.array([0xDEADBEEF, 0x12345678], np.uint64)


def counts(mean: float, n_neurons: int, steps: range, first: int = 0, last: int | None = None) -> np.ndarray:
    """Background spikes, shape (steps, neurons)."""
    (thresholds,) = poisson_thresholds([mean])
    rows = []
    for step in steps:
        rows.append(np.zeros(n_neurons, np.float32))
        end = n_neurons if last is None else last
        bombard(step, first, end, thresholds, np.float32(1.0), KEY, lots(), rows[-1])
    return np.array(rows)


@pytest.mark.parametrize("mean", [0.02, 0.4, 1.5, 6.0])
def test_counts_follow_poissons_law(mean: float) -> None:
    drawn = counts(mean, 200, range(500))
    n = drawn.size
    assert drawn.mean() == pytest.approx(mean, abs=4 * math.sqrt(mean / n))
    assert drawn.var() == pytest.approx(mean, abs=4 * math.sqrt((mean + 2 * mean**2) / n))
    expected = [n * math.exp(-mean) * mean**k / math.factorial(k) for k in range(40)]
    seen = np.bincount(drawn.astype(int).ravel(), minlength=40)
    common = [k for k in range(40) if expected[k] > 10]
    chi2 = sum((seen[k] - expected[k]) ** 2 / expected[k] for k in common)
    assert chi2 < len(common) + 4 * math.sqrt(2 * len(common))


def test_neurons_and_steps_are_independent() -> None:
    """Neurons that share a counter (64 apart) and neurons that do not."""
    drawn = counts(0.5, 300, range(2000))[:, ::4] - 0.5
    across = np.corrcoef(drawn.T)[np.triu_indices(75, 1)]
    along = [np.corrcoef(drawn[:-1, i], drawn[1:, i])[0, 1] for i in range(75)]
    for correlations in (across, np.array(along)):
        assert abs(correlations.mean()) < 4 / math.sqrt(2000 * len(correlations))
        assert abs(correlations).max() < 5 / math.sqrt(2000)


@given(n_neurons=st.integers(1, 600), bounds=st.tuples(st.integers(0, 600), st.integers(0, 600)))
def test_a_neurons_noise_does_not_depend_on_how_many_others_there_are(n_neurons: int, bounds) -> None:
    first, last = sorted(min(b, n_neurons) for b in bounds)
    whole = counts(1.0, 640, range(5, 9))
    part = counts(1.0, n_neurons, range(5, 9), first, last)
    np.testing.assert_array_equal(part[:, first:last], whole[:, first:last])
    assert not part[:, :first].any()
    assert not part[:, last:].any()


def test_noise_depends_on_the_step_and_the_key() -> None:
    assert (counts(1.0, 50, range(10)) != counts(1.0, 50, range(10, 20))).any()
    (thresholds,) = poisson_thresholds([1.0])
    other = np.zeros(50, np.float32)
    bombard(0, 0, 50, thresholds, np.float32(1.0), KEY + np.uint64(1), lots(), other)
    assert (other != counts(1.0, 50, range(1))[0]).any()


def test_steps_beyond_32_bits_have_noise_of_their_own() -> None:
    step = 2**32 + 3
    assert (counts(1.0, 50, range(step, step + 1)) != counts(1.0, 50, range(3, 4))).any()


def test_no_background_is_no_count() -> None:
    assert not counts(0.0, 100, range(20)).any()


@given(st.lists(st.floats(0, 20), min_size=1, max_size=4))
def test_thresholds_are_cumulative_distributions(means: list[float]) -> None:
    thresholds = poisson_thresholds(means)
    assert thresholds.dtype == np.uint64
    assert (np.diff(thresholds.astype(float), axis=1) >= 0).all()
    assert (thresholds[:, -1] == 2**32).all()
    for mean, row in zip(means, thresholds, strict=True):
        assert row[0] == (2**32 if mean == 0 else round(math.exp(-mean) * 2**32))
