from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from thalia_dask.distributed.placement import assign

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
