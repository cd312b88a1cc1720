"""Implementation Details: Tensor Serialization."""

from __future__ import annotations

import pickle

import pytest
import torch

from thalia_dask.events import parallel
from thalia_dask.events.parallel import Event, EventType, SpikePayload

needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no CUDA device")


# events/parallel.py
def serialize_event(event: Event) -> Event:
    """Move GPU tensors to CPU for pickling."""
    if isinstance(event.payload, SpikePayload):  # noqa: SIM102
        if event.payload.spikes.is_cuda:
            event = Event(
                time=event.time,
                event_type=event.event_type,
                source=event.source,
                target=event.target,
                payload=SpikePayload(
                    spikes=event.payload.spikes.cpu(),
                    source_layer=event.payload.source_layer,
                ),
            )
    return event


def deserialize_event(event: Event, device: str) -> Event:
    """Move tensors back to target device."""
    if isinstance(event.payload, SpikePayload):  # noqa: SIM102
        if device != "cpu":
            event = Event(
                time=event.time,
                event_type=event.event_type,
                source=event.source,
                target=event.target,
                payload=SpikePayload(
                    spikes=event.payload.spikes.to(device),
                    source_layer=event.payload.source_layer,
                ),
            )
    return event


def event_on(device: str) -> Event:
    spikes = torch.tensor([0.0, 1.0, 1.0], device=device)
    return Event(3.5, EventType.SPIKE, "cortex", "hippocampus", SpikePayload(spikes=spikes, source_layer="l23"))


def content(event: Event) -> tuple:
    spikes = event.payload.spikes
    values = None if spikes.is_meta else spikes.tolist()
    return event.time, event.event_type, event.source, event.target, event.payload.source_layer, spikes.device, values


@pytest.mark.parametrize("device", ["cpu", "meta", pytest.param("cuda", marks=needs_cuda)])
def test_as_the_document_writes_it(device: str) -> None:
    event = event_on("cpu")
    there = parallel.deserialize_event(parallel.serialize_event(event), device)
    assert content(there) == content(deserialize_event(serialize_event(event), device))


@needs_cuda
def test_there_and_back() -> None:
    event = event_on("cuda")
    host = parallel.serialize_event(event)
    assert content(host) == content(serialize_event(event))
    copy = pickle.loads(pickle.dumps(host))  # noqa: S301
    assert content(parallel.deserialize_event(copy, "cuda")) == content(event)


def test_pickled_for_another_process() -> None:
    event = event_on("cpu")
    assert content(pickle.loads(pickle.dumps(parallel.serialize_event(event)))) == content(event)  # noqa: S301
