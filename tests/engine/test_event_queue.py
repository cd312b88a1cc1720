"""The order of events is made from their content, never from who was scheduled first."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from thalia_dask.engine.event_queue import EventQueue, Inbox
from thalia_dask.spikes import Arrivals, SpikePacket
from thalia_dask.topology.plan import AxonalProjection

spikes_of_a_packet = st.sets(st.tuples(st.integers(0, 20), st.integers(0, 5)), max_size=6)
packets = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 3), spikes_of_a_packet), max_size=8)


def columns(spikes) -> np.ndarray:
    return np.array(sorted(spikes), np.int32).reshape(-1, 2).T


def rows(arrivals: Arrivals) -> list[tuple[int, int, int]]:
    columns = (arrivals.steps.tolist(), arrivals.projections.tolist(), arrivals.neurons.tolist())
    return list(zip(*columns, strict=True))


def filled(packets) -> EventQueue:
    queue = EventQueue()
    for region, projection, spikes in packets:
        queue.inboxes[region].schedule(projection, *columns(spikes))
    return queue


def emptied(queue: EventQueue, stops) -> dict[str, list[tuple[int, int, int]]]:
    out: dict[str, list[tuple[int, int, int]]] = {"a": [], "b": []}
    for stop in [*stops, 100]:
        for region, arrivals in queue.pop_until(stop).items():
            assert all(step < stop for step, _, _ in rows(arrivals))
            out[region] += rows(arrivals)
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
def test_length(packets) -> None:
    queue = filled(packets)
    assert len(queue) == sum(len(spikes) for _, _, spikes in packets)
    queue.clear()
    assert len(queue) == 0


@given(packets=packets, stop=st.integers(0, 25))
def test_flights_are_enough_to_schedule_again(packets, stop) -> None:
    queue, copy = filled(packets), EventQueue()
    queue.pop_until(stop)
    flights = queue.flights()
    for region, *flight in flights:
        copy.inboxes[region].schedule(*flight)
    assert len({flight[:2] for flight in flights}) == len(flights)
    assert emptied(copy, []) == emptied(queue, [])


@given(spikes=spikes_of_a_packet, axons=st.tuples(st.integers(0, 6), st.integers(0, 6)), delay=st.integers(1, 9))
def test_a_projection_carries_its_own_neurons_only(spikes, axons, delay) -> None:
    inbox, (first, last) = Inbox(), axons
    inbox.carry(SpikePacket(*columns(spikes)), AxonalProjection("s", "all", "t", "in", first, last, delay, index=3))
    assert rows(inbox.pop_until(100)) == [(t + delay, 3, n - first) for t, n in sorted(spikes) if first <= n < last]


@given(
    few_or_many=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9), st.sampled_from([3, 600])), max_size=5),
    stops=st.lists(st.integers(0, 25)).map(sorted),
)
def test_many_spikes_of_a_region_arrive_like_few(few_or_many, stops) -> None:
    """A packet is of neurons 0 … n - 1, each firing in one of ten steps from ``start`` on."""
    inbox, expected, seen = Inbox(), [], []
    for projection, start, n in few_or_many:
        neurons = np.arange(n, dtype=np.int32)
        steps = (start + neurons * 10 // n).astype(np.int32)
        inbox.carry(SpikePacket(steps, neurons), AxonalProjection("s", "all", "t", "in", 1, n, 2, projection))
        expected += [(t + 2, projection, i - 1) for t, i in zip(steps.tolist(), range(n), strict=True) if i]
    assert len(inbox) == len(expected)
    for stop in [*stops, 100]:
        seen += rows(inbox.pop_until(stop))
    assert seen == sorted(expected)


def test_there_is_room_for_any_number_of_spikes() -> None:
    inbox = Inbox()
    projection = AxonalProjection("s", "all", "t", "in", 0, 10_000, delay_steps=1, index=1)
    neurons = np.arange(10_000, dtype=np.int32)
    inbox.carry(SpikePacket(np.full(10_000, 4, np.int32), neurons), projection)
    inbox.schedule(0, np.full(10_000, 5, np.int32), neurons[::-1])
    assert rows(inbox.pop_until(6)) == [(5, p, n) for p in (0, 1) for n in range(10_000)]
    assert len(inbox) == 0
