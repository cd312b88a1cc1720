"""Windows of direct exchange: the look-ahead, or half of what lies between workers, whichever is faster."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.toy_brains import plan
from thalia_dask.distributed.pace import Pace
from thalia_dask.ticks import Window

BRAIN = plan(dict.fromkeys("abc", 1), [("a", "b", 6), ("b", "c", 9), ("c", "c", 7)])
TOGETHER, APART = dict.fromkeys("abc", "w1"), {"a": "w1", "b": "w2", "c": "w1"}
STEPS = Window(0, 100)


def lengths(pace: Pace, seconds: Callable[[int, int], float], n_spans: int) -> list[int]:
    """The length that each span was computed with, if it takes what ``seconds`` says of its number and length."""
    taken = []
    for number in range(n_spans):
        taken.append(pace.window_steps(STEPS))
        pace.learn(STEPS, seconds(number, taken[-1]))
    return taken


TRIAL = 12
"""Spans until a length is chosen."""


def chosen(placement: dict[str, str], seconds: dict[int, float], wanted: int | None = None) -> tuple[set[int], int]:
    """Lengths that were tried, and the one that was chosen, where a span takes so long with each."""
    taken = lengths(Pace(BRAIN.projections, placement, wanted), lambda _, length: seconds[length], TRIAL + 20)
    assert len(set(taken[TRIAL:])) == 1
    return set(taken), taken[-1]


def test_the_faster_of_two_lengths_is_kept() -> None:
    assert chosen(APART, {6: 1.0, 3: 0.9}) == ({6, 3}, 3)
    assert chosen(APART, {6: 0.9, 3: 1.0}) == ({6, 3}, 6)


def test_one_slow_span_decides_nothing() -> None:
    """The first one opens connections."""
    pace = Pace(BRAIN.projections, APART, None)
    taken = lengths(pace, lambda number, length: 50.0 if number == 0 else {6: 0.9, 3: 1.0}[length], TRIAL + 20)
    assert set(taken[TRIAL:]) == {6}


@pytest.mark.parametrize("growth", [-0.05, 0.05])
@pytest.mark.parametrize("faster", [6, 3])
def test_activity_that_changes_favours_neither(growth, faster) -> None:
    pace = Pace(BRAIN.projections, APART, None)
    taken = lengths(
        pace, lambda number, length: (1.0 + growth * number) * (0.96 if length == faster else 1.0), TRIAL + 8
    )
    assert set(taken[TRIAL:]) == {faster}


@pytest.mark.parametrize(("period", "gain"), [(2, 0.04), (3, 0.04), (4, 0.15)])
@pytest.mark.parametrize("phase", range(4))
@pytest.mark.parametrize("faster", [6, 3])
def test_spans_that_differ_in_turn_favour_neither(period, gain, phase, faster) -> None:
    """As in a task that shows something in one call of ``forward`` and nothing in the next ones."""
    pace = Pace(BRAIN.projections, APART, None)

    def seconds(number: int, length: int) -> float:
        return (1.5 if (number + phase) % period == 0 else 1.0) * (1.0 - gain if length == faster else 1.0)

    assert lengths(pace, seconds, 1000).count(faster) > 900


@pytest.mark.parametrize("cycle", [(1.5, 1.5, 1.0, 1.0), (1.5, 1.0, 1.0, 1.5), (3.0, 1.0, 1.0, 1.0, 1.0)])
@pytest.mark.parametrize("faster", [6, 3])
def test_no_cycle_of_spans_keeps_the_slower_length_for_good(cycle, faster) -> None:
    """Each trial begins with another span of the cycle."""
    pace = Pace(BRAIN.projections, APART, None)

    def seconds(number: int, length: int) -> float:
        return cycle[number % len(cycle)] * (0.9 if length == faster else 1.0)

    assert lengths(pace, seconds, 4000).count(faster) > (3000 if len(cycle) == 4 else 1000)


def test_what_was_right_while_the_brain_was_silent_is_tried_again() -> None:
    pace = Pace(BRAIN.projections, APART, None)
    assert set(lengths(pace, lambda _, length: {6: 0.9, 3: 1.0}[length], 200)[-6:]) == {6}
    taken = lengths(pace, lambda _, length: {6: 2.0, 3: 1.5}[length], 600)
    assert taken.count(3) > 300


def test_trials_become_rare_where_the_same_length_stays_the_faster_and_frequent_again_where_not() -> None:
    pace = Pace(BRAIN.projections, APART, None)
    early, late = (lengths(pace, lambda _, length: {6: 0.9, 3: 1.0}[length], n).count(3) / n for n in (37, 8000))
    assert early == 6 / 37
    assert 0.005 < late < 0.02
    lengths(pace, lambda _, length: {6: 1.0, 3: 0.9}[length], 800)
    assert 0.01 < lengths(pace, lambda _, length: {6: 1.0, 3: 0.9}[length], 400).count(6) / 400 < 0.1


def test_half_is_of_the_shortest_delay_between_workers() -> None:
    assert chosen({"a": "w1", "b": "w1", "c": "w2"}, {6: 1.0, 4: 0.5}) == ({6, 9 // 2}, 4)
    assert chosen(TOGETHER, {6: 1.0}) == ({6}, 6)


def test_window_that_was_asked_for_is_taken() -> None:
    assert chosen(APART, {5: 1.0}, wanted=5) == ({5}, 5)


def test_regions_that_are_not_joined_compute_a_span_at_once() -> None:
    assert Pace((), TOGETHER, None).window_steps(STEPS) == 100
