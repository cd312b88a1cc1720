"""Where the regions of a brain compute: on the device asked for, or on the CPU, which is told."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.brain.conftest import ACTING
from thalia_dask import DynamicBrain
from thalia_dask.brain import dynamic_brain, opening
from thalia_dask.config import GlobalConfig, ThaliaConfig
from thalia_dask.errors import DeviceWarning
from thalia_dask.topology.build import build_plan

FULL = np.ones(10, np.float32)


def asking_for(device: str, parallel: bool | str = False) -> ThaliaConfig:
    brain = ACTING.brain.model_copy(update={"parallel": parallel})
    return ACTING.model_copy(update={"global_": GlobalConfig(device=device), "brain": brain})


@pytest.fixture
def one_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)


@pytest.mark.parametrize("device", ["cuda", "cuda:1"])
def test_without_a_gpu_it_is_a_warning_and_the_cpu(device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.warns(
        DeviceWarning, match=f"^device '{device}' was asked for, but .*: using 'cpu'. Write device: cpu"
    ) as w:
        brain = DynamicBrain.from_thalia_config(asking_for(device))
    assert w[0].filename == __file__
    assert {spec.device for spec in brain.plan.regions} == {"cpu"}
    with brain, DynamicBrain.from_thalia_config(ACTING) as on_cpu:
        assert brain.forward(FULL, 20)["spike_counts"] == on_cpu.forward(FULL, 20)["spike_counts"]


def test_the_cpu_is_no_warning() -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        DynamicBrain.from_thalia_config(ACTING).close()
    assert not told


@pytest.mark.usefixtures("one_gpu")
@pytest.mark.parametrize("parallel", [False, "auto"])
@pytest.mark.parametrize("device", ["cuda", "cuda:0"])
def test_a_gpu_that_is_there_is_used(device: str, parallel: bool | str) -> None:
    config = asking_for(device, parallel)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert opening.usable_device(config) == device
    plan = build_plan(config).on(device)
    assert plan.device == device
    executor = opening.open_executor(config, plan, None)
    assert executor.name == "sequential"
    if parallel:
        assert executor.reason == f"sequential: regions on '{device}' exchange spikes in this process"


@pytest.mark.usefixtures("one_gpu")
@pytest.mark.parametrize(
    ("device", "parallel", "reason"),
    [
        ("cuda", True, "regions in other processes exchange spikes through host memory"),
        ("cuda:1", False, "the last CUDA device that torch finds on this machine is 'cuda:0'"),
    ],
)
def test_a_gpu_that_cannot_be_used_is_told(device: str, parallel: bool, reason: str) -> None:
    with pytest.warns(DeviceWarning) as told:
        assert opening.usable_device(asking_for(device, parallel)) == "cpu"
    assert str(told[0].message) == (
        f"device '{device}' was asked for, but {reason}: using 'cpu'. Write device: cpu to silence this"
    )


def test_a_brain_in_torch_operations(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Stimulus, action, reward, checkpoint: the same as with the kernels, from which it can go on."""
    results = []
    for device in ("cpu", "cpu:0"):
        monkeypatch.setattr(dynamic_brain, "usable_device", lambda _, device=device: device)
        path = tmp_path / device
        with DynamicBrain.from_thalia_config(ACTING) as brain:
            counts = [brain.forward(FULL, 30)["spike_counts"]]
            action = brain.select_action()
            brain.deliver_reward(1.0)
            brain.save(path)
        monkeypatch.setattr(dynamic_brain, "usable_device", lambda _: "cpu")
        with DynamicBrain.load(path) as brain:
            counts.append(brain.forward(FULL, 30)["spike_counts"])
        results.append((counts, action))
    (counts, action), (other_counts, other_action) = results
    assert counts == other_counts
    assert action[0] == other_action[0]
