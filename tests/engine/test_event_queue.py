"""The order of events is made from their content, never from who was scheduled first."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from thalia_dask.engine.event_queue import EventQueue, merge

packets = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.integers(0, 3),
        st.sets(st.tuples(st.integers(0, 20), st.integers(0, 5)), max_size=6),
    ),
    max_size=8,
    unique_by=lambda packet: packet[:2],
)


def filled(packets) -> EventQueue:
    queue = EventQueue()
    for region, projection, spikes in packets:
        steps, neurons = np.array(sorted(spikes), np.int32).reshape(-1, 2).T
        queue.schedule(region, projection, steps, neurons)
    return queue


def emptied(queue: EventQueue, stops) -> dict[str, list[tuple[int, int, int]]]:
    out: dict[str, list[tuple[int, int, int]]] = {"a": [], "b": []}
    for stop in [*stops, 100]:
        for region, flights in queue.pop_until(stop).items():
            arrivals = merge(flights)
            rows = list(zip(arrivals.steps, arrivals.projections, arrivals.neurons, strict=True))
            assert all(step < stop for step, _, _ in rows)
            out[region] += [tuple(map(int, row)) for row in rows]
    return out


@given(packets=packets, stops=st.lists(st.integers(0, 25)).map(sorted), data=st.data())
def test_everything_arrives_once_in_canonical_order(packets, stops, data) -> None:
    expected = {
        region: sorted((t, p, n) for target, p, spikes in packets for t, n in spikes if target == region)
        for region in "ab"
    }
    assert emptied(filled(packets), stops) == expected
    assert emptied(filled(data.draw(st.permutations(packets))), []) == expected


@given(packets=packets)
def test_length_and_next_step(packets) -> None:
    queue = filled(packets)
    steps = [step for _, _, spikes in packets for step, _ in spikes]
    assert len(queue) == len(steps)
    assert queue.peek_step() == min(steps, default=None)
    queue.clear()
    assert (len(queue), queue.peek_step()) == (0, None)


@given(packets=packets, stop=st.integers(0, 25))
def test_flights_are_enough_to_schedule_again(packets, stop) -> None:
    queue, copy = filled(packets), EventQueue()
    queue.pop_until(stop)
    for flight in queue.flights():
        copy.schedule(*flight)
    assert emptied(copy, []) == emptied(queue, [])
