"""Regions as the seed's creators make them."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch

from thalia_dask.errors import ConfigError, InputError
from thalia_dask.events import Event, EventType, SpikePayload
from thalia_dask.events.adapters import EventDrivenCortex, EventRegionConfig
from thalia_dask.events.parallel import create_region_creator, get_axonal_delay
from thalia_dask.regions.cortex import LayeredCortex, LayeredCortexConfig

CONFIG = EventRegionConfig(name="cortex", output_targets=["hippocampus", "striatum"])


def cortex() -> EventDrivenCortex:
    layered = LayeredCortex(LayeredCortexConfig(n_layers=3, layer_sizes=[30, 30, 20], n_input=16))
    return EventDrivenCortex(config=CONFIG, cortex=layered)


def input_at(time: float) -> Event:
    return Event(time, EventType.SENSORY, "sensory", "cortex", SpikePayload(torch.ones(16)))


def test_layers_have_the_sizes_asked_for() -> None:
    sizes = cortex().populations
    assert [sizes[layer] for layer in ("l4", "l23", "l5", "l6")] == [30, 30, 20, 12]
    assert cortex().impl.n_neurons == sum(sizes.values())


@pytest.mark.parametrize(("n_layers", "sizes"), [(3, [1, 2]), (4, [1, 2, 3]), (2, [1, 2])])
def test_layers_that_do_not_fit_are_refused(n_layers: int, sizes: list[int]) -> None:
    with pytest.raises(ConfigError, match=r"layer_sizes is .*; write three sizes, of L4, L2/3 and L5, or four"):
        LayeredCortex(LayeredCortexConfig(n_layers=n_layers, layer_sizes=sizes))


def test_events_in_events_out() -> None:
    region = cortex()
    sent = [out for time in range(20) for out in region.process_event(input_at(float(time)))]
    assert {out.target for out in sent} == {"hippocampus", "striatum"}
    for out in sent:
        fired_at = out.time - get_axonal_delay("cortex", out.target)
        assert fired_at == int(fired_at) >= 0
        layer, size = {"hippocampus": ("l23", 30), "striatum": ("l5", 20)}[out.target]
        assert out.payload.spikes.shape == (size,)
        assert out.payload.source_layer == layer
        assert out.payload.spikes.sum() > 0


def test_events_of_the_past_are_refused() -> None:
    region = cortex()
    region.process_event(input_at(3.0))
    with pytest.raises(
        InputError, match=r"at 3 ms came to region 'cortex', which has already computed .* until 4 ms"
    ):
        region.process_event(input_at(3.0))


@pytest.mark.parametrize(
    ("spikes", "message"),
    [
        (torch.ones(5000), r"has shape \(5000,\); it has 16 sensory axons: write \(16,\)"),
        (torch.ones(4, 4), r"has shape \(4, 4\)"),
        (torch.full((16,), torch.nan), "holds 16 NaN; write 1 for an axon that fires and 0 for one that does not"),
    ],
)
def test_spikes_that_do_not_fit_are_refused(spikes: torch.Tensor, message: str) -> None:
    event = Event(1.0, EventType.SENSORY, "sensory", "cortex", SpikePayload(spikes))
    with pytest.raises(InputError, match="^the pattern for region 'cortex' " + message):
        cortex().process_event(event)


def test_events_of_other_regions_and_between_steps_are_refused() -> None:
    with pytest.raises(InputError, match="an event for 'pfc' came to region 'cortex'; give it to the region that it"):
        cortex().process_event(Event(1.0, EventType.SPIKE, "cortex", "pfc", SpikePayload(torch.ones(16))))
    with pytest.raises(ConfigError, match=r"the time of an event for region 'cortex' is 1.4 ms, .*; write 1 or 2"):
        cortex().process_event(input_at(1.4))


@pytest.mark.parametrize(
    ("kind", "description", "message"),
    [
        (
            "cortex",
            {"n_inputs": 3},
            "type 'cortex' has the key 'n_inputs', which means nothing there; write some of na",
        ),
        ("cortex", {"n_input": 0}, "n_input of a region of type 'cortex' is 0; write a whole number of at least 1"),
        ("cortex", {"layer_sizes": [9, -1, 9]}, r"layer_sizes is \[9, -1, 9\]; write whole numbers of at least 1"),
        ("hippocampus", {"ca3_size": 0}, "ca3_size of a region of type 'hippocampus' is 0; write a whole number"),
        ("pfc", {"n_neurons": 12.5}, "n_neurons of a region of type 'pfc' is 12.5; write a whole number"),
        ("striatum", {"n_actions": True}, "n_actions of a region of type 'striatum' is True; write a whole number"),
        ("pfc", {"output_targets": "motor"}, r"region 'pfc' is the text 'motor'; write a list of names: \['motor'\]"),
    ],
)
def test_descriptions_that_make_no_region_are_refused(kind: str, description: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        create_region_creator(kind, description)()


def test_state_can_be_taken_and_restored() -> None:
    region = cortex()
    region.process_event(input_at(3.0))
    state = region.snapshot()

    def sent() -> list[tuple[float, list[float]]]:
        events = [out for at in (4.0, 9.0) for out in region.process_event(input_at(at))]
        return [(out.time, out.payload.spikes.tolist()) for out in events]

    first = sent()
    assert any(not np.array_equal(state[name], np.asarray(value)) for name, value in region.snapshot().items())
    region.restore(state)
    assert sent() == first
    assert first


def test_describing_a_region_does_not_import_torch() -> None:
    code = (
        "import sys; from thalia_dask.events.creators import create_region_creator as c;"
        "c('cortex', {'n_layers': 3, 'layer_sizes': [9, 9, 9]})(); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
