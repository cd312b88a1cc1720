"""Events, and the interface of Thalia's parallel mode on this package's engine."""

from thalia_dask.events.system import Event, EventScheduler, EventType, SpikePayload

__all__ = ["Event", "EventScheduler", "EventType", "SpikePayload"]
