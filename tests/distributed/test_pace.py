"""Windows of direct exchange are as long as look-ahead allows, and shorter where that hides what a message takes."""

from __future__ import annotations

from tests.toy_brains import plan
from thalia_dask.distributed.pace import Pace
from thalia_dask.ticks import Window

BRAIN = plan(dict.fromkeys("abc", 1), [("a", "b", 6), ("b", "c", 9), ("c", "c", 7)])
TOGETHER, APART = dict.fromkeys("abc", "w1"), {"a": "w1", "b": "w2", "c": "w1"}
STEPS = Window(0, 100)


def steps(placement: dict[str, str], compute_seconds: list[float], wanted: int | None = None) -> int:
    pace = Pace(BRAIN.projections, placement, wanted)
    pace.learn(STEPS, compute_seconds)
    return pace.window_steps(STEPS)


def test_window_is_the_look_ahead_or_half_of_what_lies_between_workers() -> None:
    assert steps(APART, [0.001, 0.002]) == 6
    assert steps(APART, [0.1, 1.0]) == 6 // 2
    assert steps(TOGETHER, [1.0]) == 6
    assert steps({"a": "w1", "b": "w1", "c": "w2"}, [1.0, 1.0]) == 9 // 2


def test_window_that_was_asked_for_is_taken() -> None:
    assert steps(APART, [0.1, 1.0], wanted=5) == 5


def test_regions_that_are_not_joined_compute_a_span_at_once() -> None:
    assert Pace((), TOGETHER, None).window_steps(STEPS) == 100
