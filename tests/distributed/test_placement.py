from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thalia_dask.distributed.placement import assign, local_shape


@pytest.mark.parametrize(
    ("asked", "n_cores", "shape"),
    [
        ((None, None), 1, (1, 1)),
        ((None, None), 2, (1, 2)),
        ((None, None), 64, (16, 4)),
        ((2, None), 2, (2, 1)),
        ((1, None), 8, (1, 8)),
        ((3, None), 2, (3, 1)),
        ((None, 2), 8, (4, 2)),
        ((None, 8), 2, (1, 8)),
        ((5, 3), 2, (5, 3)),
    ],
)
def test_local_workers_and_threads_fit_the_cores(
    asked: tuple[int | None, int | None], n_cores: int, shape: tuple[int, int]
) -> None:
    assert local_shape(*asked, n_cores) == shape


costs = st.dictionaries(st.text(max_size=3), st.floats(0, 1e6), min_size=1)


def test_costliest_first_to_the_least_loaded() -> None:
    assert assign({"a": 1, "b": 5, "c": 3, "d": 3}, ["x", "y"]) == {"a": "x", "b": "x", "c": "y", "d": "y"}


def test_equal_costs_alternate_by_name() -> None:
    assert assign(dict.fromkeys("dcba", 1.0), ["x", "y"]) == {"d": "y", "c": "x", "b": "y", "a": "x"}


@given(costs=costs, n_workers=st.integers(1, 5), data=st.data())
def test_a_function_of_content_that_uses_every_worker(costs, n_workers, data) -> None:
    workers = [f"w{i}" for i in range(n_workers)]
    placement = assign(costs, workers)
    shuffled = {name: costs[name] for name in data.draw(st.permutations(list(costs)))}
    assert assign(shuffled, workers) == placement
    assert list(placement) == list(costs)
    costly = [name for name in costs if costs[name] > 0]
    assert len({placement[name] for name in costly}) == min(n_workers, len(costly))
