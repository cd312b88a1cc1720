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
from thalia_dask.events.parallel import get_axonal_delay
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
        assert out.payload.spikes.shape == (20,)
        assert out.payload.source_layer == "l5"
        assert out.payload.spikes.sum() > 0


def test_events_of_the_past_are_refused() -> None:
    region = cortex()
    region.process_event(input_at(3.0))
    with pytest.raises(
        InputError, match=r"at 3 ms came to region 'cortex', which has already computed .* until 4 ms"
    ):
        region.process_event(input_at(3.0))


def test_state_can_be_taken_and_restored() -> None:
    region = cortex()
    region.process_event(input_at(3.0))
    state = {name: np.asarray(value).copy() for name, value in region.snapshot().items()}
    region.process_event(input_at(9.0))
    assert any(not np.array_equal(state[name], np.asarray(value)) for name, value in region.snapshot().items())


def test_describing_a_region_does_not_import_torch() -> None:
    code = (
        "import sys; from thalia_dask.events.creators import create_region_creator as c;"
        "c('cortex', {'n_layers': 3, 'layer_sizes': [9, 9, 9]})(); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
