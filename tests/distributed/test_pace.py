"""Windows of direct exchange: the look-ahead, or half of what lies between workers, whichever is faster."""

from __future__ import annotations

from tests.toy_brains import plan
from thalia_dask.distributed.pace import Pace
from thalia_dask.ticks import Window

BRAIN = plan(dict.fromkeys("abc", 1), [("a", "b", 6), ("b", "c", 9), ("c", "c", 7)])
TOGETHER, APART = dict.fromkeys("abc", "w1"), {"a": "w1", "b": "w2", "c": "w1"}
STEPS = Window(0, 100)


def chosen(placement: dict[str, str], seconds: dict[int, float], wanted: int | None = None) -> tuple[set[int], int]:
    """Lengths that were tried, and the one that was chosen, where a span takes so long with each."""
    pace = Pace(BRAIN.projections, placement, wanted)
    tried = []
    for _ in range(20):
        tried.append(pace.window_steps(STEPS))
        pace.learn(STEPS, tried[-1], seconds[tried[-1]])
    assert len(set(tried[10:])) == 1
    return set(tried), tried[-1]


def test_the_faster_of_two_lengths_is_kept() -> None:
    assert chosen(APART, {6: 1.0, 3: 0.9}) == ({6, 3}, 3)
    assert chosen(APART, {6: 0.9, 3: 1.0}) == ({6, 3}, 6)


def test_half_is_of_the_shortest_delay_between_workers() -> None:
    assert chosen({"a": "w1", "b": "w1", "c": "w2"}, {6: 1.0, 4: 0.5}) == ({6, 9 // 2}, 4)
    assert chosen(TOGETHER, {6: 1.0}) == ({6}, 6)


def test_window_that_was_asked_for_is_taken() -> None:
    assert chosen(APART, {5: 1.0}, wanted=5) == ({5}, 5)


def test_regions_that_are_not_joined_compute_a_span_at_once() -> None:
    assert Pace((), TOGETHER, None).window_steps(STEPS) == 100
