"""Implementation Details: Batch Processing; Best Practices: 2. Use Appropriate Batch Tolerance."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from distributed import Client

from thalia_dask.events import Event, EventScheduler, EventType, SpikePayload
from thalia_dask.events.parallel import ParallelExecutor, create_region_creator, get_axonal_delay

region_creators = {
    "cortex": create_region_creator(
        "cortex", {"n_input": 24, "n_layers": 3, "layer_sizes": [24, 24, 20], "output_targets": ["striatum"]}
    ),
    "striatum": create_region_creator("striatum", {"n_input": 20, "n_actions": 4, "neurons_per_action": 5}),
}


def run(executor: ParallelExecutor, client: Client) -> dict:
    executor._client = client
    with executor:
        for time in range(10):
            executor.inject_sensory_input(torch.ones(24), target="cortex", time=float(time))
        return executor.run_until(30.0)


@pytest.mark.cluster
def test_tolerances(three_workers: Client) -> None:
    """No trade of precision for speed: time is a step, and no result depends on the tolerance."""
    # Default: 0.1ms (good for most cases)
    executor = ParallelExecutor(region_creators, batch_tolerance_ms=0.1)
    default = run(executor, three_workers)

    # Smaller tolerance: More precise timing, less batching
    executor = ParallelExecutor(region_creators, batch_tolerance_ms=0.01)
    smaller = run(executor, three_workers)

    # Larger tolerance: More batching, faster but less precise
    executor = ParallelExecutor(region_creators, batch_tolerance_ms=1.0)
    larger = run(executor, three_workers)

    assert default == smaller == larger
    assert default["final_time"] == 30.0
    assert default["spike_counts"]["striatum"] > 0


class HandMadeExecutor:
    """The document's loop, in one process, over this package's regions, events and scheduler."""

    def __init__(self, region_creators, batch_tolerance_ms=0.1):
        self.regions = {name: create() for name, create in region_creators.items()}
        self.scheduler = EventScheduler()
        self.batches: list[list[float]] = []
        self.batch_tolerance = batch_tolerance_ms  # 0.1ms default

    def run_until(self, end_time):
        while self.scheduler.peek_time() is not None and self.scheduler.peek_time() <= end_time:
            # Get all events within 0.1ms
            batch = self.scheduler.pop_simultaneous(self.batch_tolerance)

            # Process in parallel
            output_events = self._process_batch(batch)

            # Schedule outputs
            for event in output_events:
                self.scheduler.schedule(event)

    def _process_batch(self, batch: Sequence[Event]) -> list[Event]:
        self.batches.append([event.time for event in batch])
        return [out for event in batch for out in self.regions[event.target].process_event(event)]


def test_loop_of_the_document() -> None:
    executor = HandMadeExecutor({"cortex": region_creators["cortex"], "striatum": region_creators["striatum"]})
    for time in range(20):
        shown = SpikePayload(torch.ones(24))
        executor.scheduler.schedule(Event(float(time), EventType.SENSORY, "sensory", "cortex", shown))
    executor.run_until(40.0)
    starts = [batch[0] for batch in executor.batches]
    assert starts == sorted(starts)
    assert all(max(batch) - min(batch) <= 0.1 for batch in executor.batches)
    assert any(len(batch) == 2 for batch in executor.batches), "cortex and striatum in one batch"
    assert min(starts) + get_axonal_delay("cortex", "striatum") < max(starts), "what cortex sent has arrived"
