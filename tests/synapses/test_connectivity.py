"""Who projects onto whom: counts, exclusions and distributions of what is drawn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thalia_dask.seeds import generator
from thalia_dask.synapses import connectivity
from thalia_dask.synapses.connectivity import aligned_sources, edge_list, in_degree, random_sources


def rng(*names: str | int) -> np.random.Generator:
    return generator(3, "connectivity", *names)


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
    sources = random_sources(n_sources, n_targets, probability, n_groups, rng(seed))
    largest_group = -(-n_sources // n_groups) if n_groups else 0
    degree = in_degree(n_sources - largest_group, probability)
    assert sources.shape == (n_targets, degree)
    assert sources.dtype == np.int32
    assert ((sources >= 0) & (sources < n_sources)).all()
    assert (np.diff(sources, axis=1) > 0).all(), "distinct and in order"
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
    sources = random_sources(40, 40, 1.0, 40, rng())
    for target, row in enumerate(sources):
        assert row.tolist() == [i for i in range(40) if i != target]


def test_a_lonely_neuron_has_no_recurrent_synapse() -> None:
    assert random_sources(1, 1, 1.0, 1, rng()).shape == (1, 0)


def test_every_source_is_equally_likely() -> None:
    n_sources, n_targets = 50, 4000
    seen = np.bincount(random_sources(n_sources, n_targets, 0.2, 0, rng()).ravel(), minlength=n_sources)
    expected = n_targets * 0.2
    chi2 = ((seen - expected) ** 2 / (expected * 0.8)).sum()
    assert 20 < chi2 < 95  # 49 degrees of freedom, both tails beyond 0.01 %


def test_targets_draw_independently() -> None:
    sources = random_sources(40, 400, 0.25, 0, rng())
    drawn = np.zeros((400, 40))
    np.put_along_axis(drawn, sources, 1.0, axis=1)
    shared = (drawn @ drawn.T)[np.triu_indices(400, 1)]
    assert shared.mean() == pytest.approx(10 * 10 / 40, abs=0.05)


def test_blocks_do_not_change_what_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large connections are drawn in pieces, from the same stream."""
    whole = random_sources(30, 25, 0.3, 5, rng())
    monkeypatch.setattr(connectivity, "_PAIRS_AT_ONCE", 70)
    np.testing.assert_array_equal(random_sources(30, 25, 0.3, 5, rng()), whole)


@pytest.mark.parametrize(
    ("n_sources", "n_targets", "expected"),
    [(4, 4, [0, 1, 2, 3]), (2, 6, [0, 0, 0, 1, 1, 1]), (6, 3, [0, 2, 4]), (3, 5, [0, 0, 1, 1, 2])],
)
def test_aligned_sources_keep_the_relative_place(n_sources: int, n_targets: int, expected: list[int]) -> None:
    assert aligned_sources(n_sources, n_targets).tolist() == [[source] for source in expected]


@pytest.mark.parametrize("total", [60.0, -25.0])
def test_efficacies_are_uniform_around_their_mean_and_delays_over_their_range(total: float) -> None:
    sources = random_sources(100, 200, 0.4, 0, rng())
    edges = edge_list(sources, total, (2, 6), rng("edges"))
    assert len(edges.sources) == len(edges.targets) == len(edges.weights) == len(edges.delays) == 200 * 40
    np.testing.assert_array_equal(edges.targets, np.repeat(np.arange(200), 40))
    np.testing.assert_array_equal(edges.sources, sources.ravel())

    relative = np.sort(edges.weights / (total / 40))
    assert 0.5 <= relative[0] < 0.502
    assert 1.498 < relative[-1] <= 1.5 + 1e-6
    uniform = (np.arange(8000) + 0.5) / 8000
    assert abs((relative - 0.5) - uniform).max() < 1.95 / np.sqrt(8000)  # Kolmogorov-Smirnov, 0.1 %

    seen = np.bincount(edges.delays, minlength=7)
    assert seen[:2].sum() == 0
    assert ((seen[2:] - 1600) ** 2 / 1600).sum() < 20  # 4 degrees of freedom, 0.05 %


def test_fixed_delay() -> None:
    edges = edge_list(random_sources(10, 10, 0.5, 0, rng()), 1.0, (3, 3), rng("edges"))
    assert set(edges.delays.tolist()) == {3}


def test_no_edge_at_all() -> None:
    edges = edge_list(random_sources(1, 1, 1.0, 1, rng()), 10.0, (1, 1), rng("edges"))
    assert len(edges.sources) == len(edges.weights) == 0
