"""Implementation Details: Region Creator Pattern; Key Components: Region Creators."""

from __future__ import annotations

import os
import pickle
from typing import Any

import pytest
import torch
from distributed import Client

from thalia_dask.distributed.cluster import workers_of
from thalia_dask.events import Event, EventType, SpikePayload
from thalia_dask.events.adapters import EventDrivenRegion
from thalia_dask.events.parallel import ParallelExecutor, create_region_creator
from thalia_dask.regions.base import Region as RegionInterface

Dict = dict[str, Any]

CONFIG_DICT: Dict = {
    "name": "cortex",
    "n_layers": 3,
    "layer_sizes": [40, 40, 30],
    "n_input": 16,
    "output_targets": ["hippocampus", "striatum"],
}


# events/parallel.py
def create_cortex_region(config_dict: Dict, device: str) -> RegionInterface:
    """Create cortex region (module-level for pickling)."""
    from thalia_dask.events.adapters import EventDrivenCortex, EventRegionConfig
    from thalia_dask.regions.cortex import LayeredCortex, LayeredCortexConfig

    # Build config from dict
    cortex_config = LayeredCortexConfig(
        n_layers=config_dict["n_layers"],
        layer_sizes=config_dict["layer_sizes"],
        n_input=config_dict["n_input"],
    )

    # Create region
    cortex = LayeredCortex(cortex_config)

    # Wrap in event-driven adapter
    event_config = EventRegionConfig(
        name=config_dict["name"],
        output_targets=config_dict["output_targets"],
        device=device,
    )

    return EventDrivenCortex(config=event_config, cortex=cortex)


def activity(region: EventDrivenRegion) -> list[tuple]:
    """What the region sends while all its sensory axons fire for 20 ms."""
    shown = SpikePayload(torch.ones(16))
    events = [
        event
        for time in range(20)
        for event in region.process_event(Event(float(time), EventType.SENSORY, "sensory", "cortex", shown))
    ]
    return [(event.time, event.source, event.target, tuple(event.payload.spikes.tolist())) for event in events]


def test_creator() -> None:
    config_dict = CONFIG_DICT

    # Create factory that can be pickled
    creator = lambda: create_cortex_region(config_dict, "cpu")  # noqa: E731

    region = creator()
    assert isinstance(region, EventDrivenRegion)
    assert (region.name, region.output_targets, region.device) == ("cortex", ("hippocampus", "striatum"), "cpu")
    layers = region.populations
    assert [layers["l4"], layers["l23"], layers["l5"]] == [40, 40, 30]
    sent = activity(region)
    assert {target for _, _, target, _ in sent} == {"hippocampus", "striatum"}
    packaged = pickle.loads(pickle.dumps(create_region_creator("cortex", config_dict)))  # noqa: S301
    assert activity(packaged()) == sent


@pytest.mark.cluster
def test_creators_build_in_the_worker_process(three_workers: Client) -> None:
    """A lambda, too, is taken there: Dask pickles it by value."""
    config_dict = CONFIG_DICT
    creator = lambda: create_cortex_region(config_dict | {"output_targets": [f"built in {os.getpid()}"]}, "cpu")  # noqa: E731
    counts = []
    for each in (creator, create_region_creator("cortex", config_dict)):
        with ParallelExecutor({"cortex": each}, client=three_workers) as executor:
            executor.inject_sensory_input(torch.ones(16), time=0.0)
            counts.append(executor.run_until(40.0)["spike_counts"])
            assert executor._executor.placement["cortex"] in workers_of(three_workers)
    assert counts[0] == counts[1]
    assert counts[0]["cortex"] > 0
