"""Who projects onto whom: counts, exclusions and distributions of what is drawn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thalia_dask.synapses.connectivity import (
    aligned_sources,
    any_sources,
    distinct_sources,
    in_degree,
    multinomial_in_degree,
    same_in_degree,
)

KEY = np.array([5, 77], np.uint64)


def drawn(n_sources: int, n_targets: int, probability: float, n_groups: int, key: np.ndarray = KEY) -> np.ndarray:
    """Distinct sources of every target, shape (targets, in-degree)."""
    largest_group = -(-n_sources // n_groups) if n_groups else 0
    degree = in_degree(n_sources - largest_group, probability)
    start = same_in_degree(n_targets, degree)
    return distinct_sources(start, 0, n_targets, n_sources, n_groups, key).reshape(n_targets, degree)


@given(
    n_sources=st.integers(1, 60),
    n_targets=st.integers(1, 60),
    probability=st.floats(0, 1),
    n_groups=st.integers(0, 60),
    seed=st.integers(0, 1000),
)
def test_sources_are_distinct_as_many_as_promised_and_of_other_groups(
    n_sources: int, n_targets: int, probability: float, n_groups: int, seed: int
) -> None:
    n_groups = min(n_groups, n_sources)
    sources = drawn(n_sources, n_targets, probability, n_groups, np.array([seed, 1], np.uint64))
    assert sources.dtype == np.int32
    assert ((sources >= 0) & (sources < n_sources)).all()
    assert all(len(set(row)) == len(row) for row in sources.tolist()), "distinct"
    if n_groups:
        group_of_target = np.arange(n_targets) * n_groups // n_targets
        assert (sources * n_groups // n_sources != group_of_target[:, None]).all()


@pytest.mark.parametrize(
    ("n_possible", "probability", "degree"),
    [(100, 0.1, 10), (100, 0.0, 1), (7, 1.0, 7), (0, 1.0, 0), (0, 0.0, 0), (3, 0.01, 1), (10, 0.26, 3)],
)
def test_in_degree(n_possible: int, probability: float, degree: int) -> None:
    assert in_degree(n_possible, probability) == degree


def test_no_neuron_onto_itself_where_every_neuron_is_a_group() -> None:
    for target, row in enumerate(drawn(40, 40, 1.0, 40)):
        assert sorted(row) == [i for i in range(40) if i != target]


def test_a_lonely_neuron_has_no_recurrent_synapse() -> None:
    assert drawn(1, 1, 1.0, 1).shape == (1, 0)


@pytest.mark.parametrize("n_groups", [0, 50])
def test_every_source_is_equally_likely(n_groups: int) -> None:
    seen = np.bincount(drawn(50, 4000, 0.2, n_groups).ravel(), minlength=50)
    expected = seen.sum() / 50
    chi2 = ((seen - expected) ** 2 / (expected * 0.8)).sum()
    assert 20 < chi2 < 95  # 49 degrees of freedom, both tails beyond 0.01 %


def test_targets_draw_independently() -> None:
    sources = drawn(40, 400, 0.25, 0)
    chosen = np.zeros((400, 40))
    np.put_along_axis(chosen, sources, 1.0, axis=1)
    shared = (chosen @ chosen.T)[np.triu_indices(400, 1)]
    assert shared.mean() == pytest.approx(10 * 10 / 40, abs=0.05)


def test_keys_draw_independently() -> None:
    assert (drawn(100, 50, 0.2, 0) != drawn(100, 50, 0.2, 0, KEY + np.uint64(1))).mean() > 0.9


@given(cuts=st.lists(st.integers(0, 25), max_size=4).map(sorted))
def test_blocks_do_not_change_what_is_drawn(cuts: list[int]) -> None:
    start = same_in_degree(25, 7)
    edges = list(zip([0, *cuts], [*cuts, 25], strict=True))
    pieces = [distinct_sources(start, first, last, 30, 5, KEY) for first, last in edges]
    np.testing.assert_array_equal(np.concatenate(pieces), distinct_sources(start, 0, 25, 30, 5, KEY))
    pieces = [any_sources(start, first, last, 30, KEY) for first, last in edges]
    np.testing.assert_array_equal(np.concatenate(pieces), any_sources(start, 0, 25, 30, KEY))


def test_any_sources_are_uniform_and_may_repeat() -> None:
    sources = any_sources(same_in_degree(1000, 50), 0, 1000, 50, KEY)
    seen = np.bincount(sources, minlength=50)
    assert 20 < ((seen - 1000) ** 2 / 1000).sum() < 95  # 49 degrees of freedom
    repeats = [50 - len(set(row)) for row in sources.reshape(1000, 50).tolist()]
    assert np.mean(repeats) == pytest.approx(50 * (1 - 1 / 50) ** 50, abs=0.5)


def test_a_fixed_total_spreads_over_targets_at_random() -> None:
    start = multinomial_in_degree(200, 100_000, KEY)
    degrees = np.diff(start)
    assert start[0] == 0
    assert degrees.sum() == 100_000
    chi2 = ((degrees - 500) ** 2 / 500).sum()
    assert 130 < chi2 < 285  # 199 degrees of freedom


@pytest.mark.parametrize(
    ("n_sources", "n_targets", "expected"),
    [(4, 4, [0, 1, 2, 3]), (2, 6, [0, 0, 0, 1, 1, 1]), (6, 3, [0, 2, 4]), (3, 5, [0, 0, 1, 1, 2])],
)
def test_aligned_sources_keep_the_relative_place(n_sources: int, n_targets: int, expected: list[int]) -> None:
    assert aligned_sources(n_sources, n_targets, 0, n_targets).tolist() == expected
    assert aligned_sources(n_sources, n_targets, 2, 3).tolist() == expected[2:3]
