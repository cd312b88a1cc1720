"""The test categories that the seed document names, runnable by the commands that it gives."""

from __future__ import annotations

import pickle
from collections.abc import Iterator

import pytest
import torch

from thalia_dask.config import BrainConfig, GlobalConfig, RegionSizes, ThaliaConfig
from thalia_dask.core.dynamic_brain import DynamicBrain
from thalia_dask.errors import StateError
from thalia_dask.events import Event, EventType, SpikePayload
from thalia_dask.events.parallel import create_region_creator, deserialize_event, serialize_event

needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no CUDA device")


def sensory_event(device: str = "cpu") -> Event:
    spikes = torch.tensor([1.0, 0.0, 1.0], device=device)
    return Event(
        time=42.0,
        event_type=EventType.SENSORY,
        source="sensory",
        target="cortex",
        payload=SpikePayload(spikes=spikes, source_layer="L4"),
    )


class TestTensorSerialization:
    def test_host_tensors_pass_unchanged(self) -> None:
        event = sensory_event()
        assert torch.equal(serialize_event(event).payload.spikes, event.payload.spikes)
        assert deserialize_event(event, "cpu").payload.spikes.device.type == "cpu"

    def test_everything_else_is_kept(self) -> None:
        event = serialize_event(sensory_event())
        assert (event.time, event.event_type, event.source, event.target) == (
            42.0, EventType.SENSORY, "sensory", "cortex",
        )  # fmt: skip
        assert event.payload.source_layer == "L4"

    def test_tensors_go_to_the_device(self) -> None:
        assert deserialize_event(sensory_event(), "meta").payload.spikes.device.type == "meta"

    @needs_cuda
    def test_gpu_tensors_come_to_the_host_and_go_back(self) -> None:
        event = serialize_event(sensory_event("cuda"))
        assert not event.payload.spikes.is_cuda
        pickle.dumps(event)
        assert deserialize_event(event, "cuda").payload.spikes.is_cuda


class TestRegionCreators:
    @pytest.mark.parametrize(
        ("kind", "description", "n_principal"),
        [
            ("thalamus", {"n_input": 64, "n_output": 50}, 50),
            ("cortex", {"n_input": 784, "n_layers": 3, "layer_sizes": [256, 256, 256]}, 922),
            ("hippocampus", {"n_input": 256, "dg_size": 400, "ca3_size": 300, "ca1_size": 200}, 900),
            ("pfc", {"n_neurons": 128, "n_input": 256}, 128),
            ("striatum", {"n_actions": 10, "n_input": 512, "n_context": 200}, 400),
            ("cerebellum", {"n_granule": 100, "n_input": 256}, 100),
        ],
    )
    def test_creates_the_region_described(self, kind: str, description: dict, n_principal: int) -> None:
        creator = create_region_creator(kind, description | {"output_targets": ["motor"]}, "cpu")
        region = pickle.loads(pickle.dumps(creator))()  # noqa: S301
        assert region.name == kind
        assert region.output_targets == ("motor",)
        assert hasattr(region, "process_event")
        assert n_principal <= region.impl.n_neurons < 1.6 * n_principal

    def test_own_name(self) -> None:
        assert create_region_creator("pfc", {"name": "ofc", "n_neurons": 8})().name == "ofc"

    def test_unknown_kind(self) -> None:
        with pytest.raises(ValueError, match="Unknown region type 'invalid_region'; write one of cerebellum, cortex"):
            create_region_creator("invalid_region", {}, "cpu")


def config(*, parallel: bool) -> ThaliaConfig:
    return ThaliaConfig(
        global_=GlobalConfig(device="cpu", dt_ms=1.0),
        brain=BrainConfig(
            sizes=RegionSizes(
                input_size=784, thalamus_size=784, cortex_size=128, hippocampus_size=100, pfc_size=64, n_actions=4
            ),
            parallel=parallel,
            encoding_timesteps=10,
        ),
    )


@pytest.fixture(scope="module")
def brains() -> Iterator[tuple[DynamicBrain, DynamicBrain]]:
    """One in parallel mode on workers of its own, one sequential."""
    with (
        DynamicBrain.from_thalia_config(config(parallel=True)) as parallel,
        DynamicBrain.from_thalia_config(config(parallel=False)) as sequential,
    ):
        yield parallel, sequential


@pytest.mark.cluster
class TestParallelExecution:
    def test_same_results_in_both_modes(self, brains) -> None:
        pattern = (torch.rand(784, generator=torch.Generator().manual_seed(42)) > 0.5).float()
        for given in (pattern, pattern.flip(0), None):
            parallel, sequential = (brain.forward(given, n_timesteps=20) for brain in brains)
            for key in ("spike_counts", "events_processed", "n_timesteps"):
                assert parallel[key] == sequential[key]
            assert parallel["spike_counts"]["cortex"] > 0
        assert brains[0].select_action(explore=True) == brains[1].select_action(explore=True)

    def test_action_selection(self, brains) -> None:
        brains[0].forward(torch.ones(784), n_timesteps=5)
        action, confidence = brains[0].select_action(explore=True)
        assert isinstance(action, int)
        assert 0 <= action < 4
        assert 0.0 <= confidence <= 1.0

    def test_stop(self, three_workers) -> None:
        brain = DynamicBrain.from_thalia_config(config(parallel=True), client=three_workers)
        brain._parallel_executor.stop()
        with pytest.raises(StateError, match="the executor is not running"):
            brain.forward(None, n_timesteps=1)
        brain.__del__()
        brain.close()
