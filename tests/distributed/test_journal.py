"""When the states of all regions are worth what they cost."""

from __future__ import annotations

from thalia_dask.distributed.journal import Journal
from thalia_dask.ticks import Window


def test_states_of_large_regions_are_taken_less_often() -> None:
    small, large = Journal(), Journal()
    for journal, seconds in ((small, 0.001), (large, 3.0)):
        assert not journal.due()
        journal.note(Window(0, 10), {}, 1.5)
        assert journal.due()
        assert not journal.knows_costs
        journal.expect(seconds)
        assert journal.knows_costs
    assert small.due()
    assert not large.due()
    large.note(Window(10, 20), {}, 100.0)
    assert large.due()
    large.keep({}, 6.0)
    large.note(Window(20, 30), {}, 150.0)
    assert (large.due(), large.n_steps) == (False, 10)
