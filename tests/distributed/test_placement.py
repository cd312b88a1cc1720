from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.toy_brains import plan
from thalia_dask.distributed.placement import assign, local_shape


@pytest.mark.parametrize(
    ("asked", "n_cores", "shape"),
    [
        ((None, None), 1, (1, 1)),
        ((None, None), 2, (1, 2)),
        ((None, None), 3, (1, 3)),
        ((None, None), 4, (1, 4)),
        ((None, None), 5, (2, 3)),
        ((None, None), 6, (2, 3)),
        ((None, None), 7, (2, 4)),
        ((None, None), 10, (3, 4)),
        ((None, None), 11, (3, 4)),
        ((None, None), 14, (4, 4)),
        ((None, None), 64, (16, 4)),
        ((2, None), 2, (2, 1)),
        ((1, None), 8, (1, 8)),
        ((3, None), 2, (3, 1)),
        ((None, 2), 8, (4, 2)),
        ((3, None), 8, (3, 3)),
        ((None, 2), 5, (3, 2)),
        ((None, 8), 2, (1, 8)),
        ((5, 3), 2, (5, 3)),
    ],
)
def test_local_workers_and_threads_fit_the_cores(
    asked: tuple[int | None, int | None], n_cores: int, shape: tuple[int, int]
) -> None:
    assert local_shape(*asked, n_cores=n_cores) == shape


@pytest.mark.parametrize("n_cores", range(1, 130))
def test_no_core_is_left_over_and_hardly_a_thread(n_cores: int) -> None:
    n_workers, n_threads = local_shape(None, None, n_cores=n_cores)
    assert n_cores <= n_workers * n_threads < n_cores + n_workers
    assert n_threads <= 4


@pytest.mark.parametrize(
    ("asked", "n_regions", "shape"),
    [
        ((None, None), 1, (1, 1)),
        ((None, None), 6, (2, 3)),
        ((None, None), 100, (16, 4)),
        ((4, None), 6, (4, 2)),
        ((None, 1), 6, (6, 1)),
        ((8, 2), 6, (8, 2)),
    ],
)
def test_a_large_machine_starts_no_more_than_regions_need(asked, n_regions: int, shape: tuple[int, int]) -> None:
    assert local_shape(*asked, n_regions, n_cores=64) == shape


costs = st.dictionaries(st.text(max_size=3), st.floats(0, 1e6), min_size=1)


def test_costliest_first_to_the_least_loaded() -> None:
    assert assign({"a": 1, "b": 5, "c": 3, "d": 3}, ["x", "y"]) == {"a": "x", "b": "x", "c": "y", "d": "y"}


def test_equal_costs_alternate_by_name() -> None:
    assert assign(dict.fromkeys("dcba", 1.0), ["x", "y"]) == {"d": "y", "c": "x", "b": "y", "a": "x"}


def test_what_is_joined_by_short_delays_comes_together() -> None:
    """Two rings of four, joined by long axons: a ring to each worker, whatever the names suggest."""
    names = "abcdefgh"
    rings = [names[i::2] for i in range(2)]
    axons = [(ring[i], ring[(i + 1) % 4], 2) for ring in rings for i in range(4)] + [("a", "b", 50), ("h", "g", 50)]
    homes = assign(dict.fromkeys(names, 1.0), ["x", "y"], plan(dict.fromkeys(names, 1), axons).projections)
    assert {frozenset(name for name in names if homes[name] == worker) for worker in "xy"} == set(
        map(frozenset, rings)
    )


@given(
    costs=st.lists(st.integers(1, 9), min_size=2, max_size=8),
    pairs=st.sets(st.tuples(st.integers(0, 7), st.integers(0, 7))),
    data=st.data(),
)
def test_drawing_together_leaves_loads_as_even_as_they_were(costs, pairs, data) -> None:
    names = [f"r{i}" for i in range(len(costs))]
    by_name = dict(zip(names, map(float, costs), strict=True))
    axons = [(names[a], names[b], 1 + a + b) for a, b in sorted(pairs) if a < len(names) and b < len(names)]
    projections = plan(dict.fromkeys(names, 1), axons).projections
    workers = ["x", "y", "z"]
    homes = assign(by_name, workers, projections)
    assert heaviest(homes, by_name) <= heaviest(assign(by_name, workers), by_name) + 1e-6
    assert assign(by_name, workers, data.draw(st.permutations(projections))) == homes


def heaviest(homes: dict[str, str], costs: dict[str, float]) -> float:
    return max(sum(costs[name] for name in homes if homes[name] == worker) for worker in set(homes.values()))


@given(costs=costs, n_workers=st.integers(1, 5), data=st.data())
def test_a_function_of_content_that_uses_every_worker(costs, n_workers, data) -> None:
    workers = [f"w{i}" for i in range(n_workers)]
    placement = assign(costs, workers)
    shuffled = {name: costs[name] for name in data.draw(st.permutations(list(costs)))}
    assert assign(shuffled, workers) == placement
    assert list(placement) == list(costs)
    costly = [name for name in costs if costs[name] > 0]
    assert len({placement[name] for name in costly}) == min(n_workers, len(costly))
