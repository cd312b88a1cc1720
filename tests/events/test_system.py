"""Events by hand: their order is made from their content."""

from __future__ import annotations

import pickle

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from thalia_dask.errors import InputError
from thalia_dask.events import Event, EventScheduler, EventType, SpikePayload


def event(time: float, target: str = "cortex", source: str = "sensory", spikes=(1.0, 0.0)) -> Event:
    return Event(time, EventType.SPIKE, source, target, SpikePayload(torch.tensor(spikes)))


def content(event: Event) -> tuple:
    return event.time, event.target, event.source, tuple(event.payload.spikes.tolist())


events = st.builds(
    event,
    st.integers(0, 4).map(float),
    st.sampled_from("ab"),
    st.sampled_from("xy"),
    st.tuples(st.sampled_from([0.0, 1.0]), st.sampled_from([0.0, 1.0])),
)


@given(batch=st.lists(events, max_size=12), tolerance=st.integers(0, 5), data=st.data())
def test_order_of_scheduling_is_invisible(batch, tolerance, data) -> None:
    taken = []
    for given_order in (batch, data.draw(st.permutations(batch))):
        scheduler = EventScheduler()
        for each in given_order:
            scheduler.schedule(each)
        taken.append([])
        while len(scheduler):
            earliest = scheduler.peek_time()
            popped = scheduler.pop_simultaneous(tolerance)
            assert scheduler.current_time == earliest
            assert all(earliest <= e.time <= earliest + tolerance for e in popped)
            taken[-1] += [content(e) for e in popped]
    assert taken[0] == taken[1] == sorted(map(content, batch))


def test_tolerance() -> None:
    scheduler = EventScheduler()
    for time in (5.0, 1.0, 1.1, 1.3):
        scheduler.schedule(event(time))
    assert [e.time for e in scheduler.pop_simultaneous(tolerance_ms=0.2)] == [1.0, 1.1]
    assert scheduler.peek_time() == 1.3


def test_equal_events() -> None:
    """A copy may come when another has gone: nothing is left to compare but the events, which have no order."""
    scheduler = EventScheduler()
    for time in (1.0, 2.0):
        scheduler.schedule(event(time))
    scheduler.pop_simultaneous()
    scheduler.schedule(event(2.0))
    assert [content(e) for e in scheduler.pop_simultaneous()] == [content(event(2.0))] * 2


@pytest.mark.parametrize("tolerance", [-0.1, float("nan")])
def test_tolerance_within_which_nothing_is_refused(tolerance: float) -> None:
    with pytest.raises(InputError, match=r"^tolerance_ms is .*; write a number of at least 0$"):
        EventScheduler().pop_simultaneous(tolerance)


def test_empty() -> None:
    scheduler = EventScheduler()
    assert scheduler.peek_time() is None
    assert scheduler.pop_simultaneous(1.0) == []


@pytest.mark.parametrize("time", [0.5, float("nan"), float("inf")])
def test_events_of_the_past_or_no_time_are_refused(time: float) -> None:
    scheduler = EventScheduler()
    scheduler.schedule(event(1.0))
    scheduler.pop_simultaneous()
    with pytest.raises(InputError, match=r"from 'sensory' to 'cortex' at .* write a finite time of at least 1 ms"):
        scheduler.schedule(event(time))


def test_events_pickle() -> None:
    copy = pickle.loads(pickle.dumps(event(2.0)))  # noqa: S301
    assert content(copy) == content(event(2.0))
