"""What a row says of a figure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.alone import measure_alone
from benchmarks.contest import Contest, Stretch, alternate
from benchmarks.row import QUICK, Benchmark, Effort, Measurement, failed, measured
from benchmarks.table import line


def three(effort: Effort) -> Measurement:
    return Measurement([3.0, 1.0, 2.0])


def broken(effort: Effort) -> Measurement:
    raise MemoryError("no room\nfor more")


FASTER = Benchmark("pair", "a pair", "x", must=2.0, aim=2.5, measure=three, more_is_better=True)
SLOWER = replace(FASTER, more_is_better=False, must=1.5, aim=None)


def test_a_figure_is_the_median_and_keeps_its_range() -> None:
    row = measured(FASTER, three(QUICK))
    assert (row.figure, row.spread, row.repeats) == (2.0, (1.0, 3.0), 3)


@pytest.mark.parametrize(
    ("benchmark_", "holds", "reaches_aim"),
    [
        (FASTER, True, False),
        (replace(FASTER, must=2.1), False, False),
        (replace(FASTER, aim=1.9), True, True),
        (SLOWER, False, True),
        (replace(SLOWER, must=None), True, True),
    ],
)
def test_a_row_holds_on_the_right_side_of_its_bound(benchmark_: Benchmark, holds: bool, reaches_aim: bool) -> None:
    row = measured(benchmark_, three(QUICK))
    assert (row.holds, row.reaches_aim) == (holds, reaches_aim)


def test_fast_but_different_activity_does_not_hold() -> None:
    row = measured(FASTER, replace(three(QUICK), agrees=False))
    assert (row.figure, row.holds, row.reaches_aim) == (2.0, False, False)
    assert "different activity" in line(row)


def test_a_row_that_cannot_be_measured_says_why() -> None:
    row = failed(FASTER, ValueError("no such peer"))
    assert (row.figure, row.holds) == (None, False)
    assert "not measured: no such peer" in line(row)


def test_a_row_is_measured_in_a_process_of_its_own() -> None:
    assert measure_alone(FASTER, QUICK).figure == 2.0
    assert measure_alone(replace(FASTER, measure=broken), QUICK).note == "not measured: no room"


@pytest.mark.parametrize(("theirs_hz", "agree"), [(5.2, True), (4.7, False), (0.0, False)])
def test_rates_agree_within_a_share_of_theirs(theirs_hz: float, agree: bool) -> None:
    contest = Contest([Stretch(1.0, 5.0)], [Stretch(2.0, theirs_hz)])
    assert contest.agree(0.05) == agree


def test_contestants_take_turns() -> None:
    log: list[str] = []

    class Runner:
        def __init__(self, name: str, seconds: float) -> None:
            self.name, self.seconds = name, seconds

        def run(self) -> Stretch:
            log.append(self.name)
            return Stretch(self.seconds * len(log), 1.0)

    contest = alternate(Runner("ours", 1.0), Runner("theirs", 3.0), 2)
    assert log == ["ours", "theirs", "ours", "theirs"]
    assert contest.ratios == [6.0, 4.0]


def test_quick_runs_are_short_and_whole() -> None:
    assert (QUICK.duration_ms(5000), Effort().duration_ms(5000), QUICK.duration_ms(20)) == (500, 5000, 10)
