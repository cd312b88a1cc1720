"""Troubleshooting."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest
import torch
from distributed import Client

from tests.mortals import mortal_cluster
from tests.seed.conftest import config_of, states
from thalia_dask.config import BrainConfig, RecoveryConfig, RegionSizes, ThaliaConfig
from thalia_dask.core.dynamic_brain import DynamicBrain
from thalia_dask.errors import ConfigError, StateError
from thalia_dask.events.parallel import ParallelExecutor, create_region_creator


@pytest.fixture
def mortal() -> Iterator[Client]:
    """Workers that the test may kill."""
    with mortal_cluster(2) as client:
        yield client


@pytest.mark.cluster
def test_broken_pipe(mortal: Client, input_pattern: torch.Tensor, capsys: pytest.CaptureFixture[str]) -> None:
    """Issue: "BrokenPipeError" or "Queue is closed". Without recovery the error is the document's."""
    config = config_of(parallel=True).model_copy(update={"recovery": RecoveryConfig(max_failures=0)})
    brain = DynamicBrain.from_thalia_config(config, client=mortal)
    brain.forward(input_pattern, n_timesteps=10)
    home = brain._parallel_executor.placement["cortex"]
    os.kill(mortal.run(os.getpid, workers=[home])[home], signal.SIGKILL)
    began = time.monotonic()

    # Add explicit cleanup
    try:
        brain.forward(input_pattern, n_timesteps=10)
    except BrokenPipeError as error:
        print("Worker crashed - check stderr for exception")
        brain._parallel_executor.stop()
        message = str(error)

    assert time.monotonic() - began < 10
    assert capsys.readouterr().out == "Worker crashed - check stderr for exception\n"
    assert home in message
    assert "'cortex'" in message
    with pytest.raises(StateError):
        brain.forward(input_pattern, n_timesteps=10)
    assert brain.recording["spike_count"].sizes["time"] == 10, "what was recorded is still there"
    brain.close()


@pytest.mark.cluster
def test_a_crash_goes_unnoticed(mortal: Client, brain_seq: DynamicBrain, input_pattern: torch.Tensor) -> None:
    """Beyond the document: the regions are built again, go back and catch up."""
    with DynamicBrain.from_thalia_config(config_of(parallel=True), client=mortal) as brain:
        brain.forward(input_pattern, n_timesteps=10)
        home = brain._parallel_executor.placement["cortex"]
        os.kill(mortal.run(os.getpid, workers=[home])[home], signal.SIGKILL)
        assert brain.forward(input_pattern, n_timesteps=10)["n_timesteps"] == 10
        brain_seq.forward(input_pattern, n_timesteps=10)
        brain_seq.forward(input_pattern, n_timesteps=10)
        assert states(brain) == states(brain_seq)


@pytest.mark.parametrize(("cortex_size", "small"), [(16, True), (2000, False)])
def test_model_too_small(cortex_size: int, small: bool, capsys: pytest.CaptureFixture[str]) -> None:
    """Issue: Slow performance (worse than sequential)."""
    sizes = RegionSizes(
        input_size=16, cortex_size=cortex_size, hippocampus_size=60, pfc_size=16, n_actions=2, cerebellum_size=20
    )
    brain = DynamicBrain.from_thalia_config(ThaliaConfig(brain=BrainConfig(sizes=sizes)))

    # 1. Check model size
    if sum(region.impl.n_neurons for region in brain.adapters.values()) < 1000:
        print("Model too small for parallel mode")
        # Use sequential mode instead

    assert (capsys.readouterr().out == "Model too small for parallel mode\n") is small
    membranes = sum(brain.state(region)["membrane"].size for region in brain.adapters)
    assert membranes == sum(region.impl.n_neurons for region in brain.adapters.values())
    brain.close()


@pytest.mark.cluster
def test_what_cannot_be_pickled_is_told(three_workers: Client) -> None:
    """Issue: "pickle.PicklingError". Found before anything is sent; in Dask it would be a wait without an end."""
    lock = threading.Lock()

    def creator():
        with lock:
            return create_region_creator("cortex", {"name": "cortex"})()

    executor = ParallelExecutor({"cortex": creator}, client=three_workers)
    with pytest.raises(ConfigError) as caught:
        executor.start()
    assert str(caught.value) == (
        "the creator of region 'cortex' cannot be sent to a worker: cannot pickle '_thread.lock' object; use a "
        "function at module level, and give it plain values instead of open files, locks, generators or live regions"
    )
    executor.stop()


def test_complex_objects_do_not_enter_a_config() -> None:
    with pytest.raises(ValueError, match="should be true or false, a number or a text"):
        BrainConfig(region_params={"cortex": {"l4_fraction": threading.Lock()}})
