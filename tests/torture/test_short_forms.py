"""Every suite of ``make torture`` in a form that takes seconds."""

import pytest

from tests.torture import fuzz, load, soak


def failing(rows):
    return [row for row in rows if not row.holds]


def test_mutated_files():
    assert failing(fuzz.run(20, 40, 30, 15)) == []


@pytest.mark.cluster
def test_much_of_everything():
    assert failing(load.run(16, 200_000, 50)) == []


@pytest.mark.cluster
def test_steps_leave_nothing_behind():
    growth = {row.name: row.figure for row in soak.run(20_000, 40) if row.unit == "%"}
    assert len(growth) == 4
    assert max(growth.values()) < 10, growth
