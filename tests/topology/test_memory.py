"""A brain that does not fit is refused before it is built."""

import pytest

from thalia_dask import DynamicBrain, load_config
from thalia_dask.errors import ConfigError
from thalia_dask.topology import memory

NOVEL = "brain.neuromodulation.novelty_source=a.relay"
SMALL = {"brain": {"regions": {"a": {"kind": "cortex", "size": 100, "input_size": 10, "spontaneous": True}}}}


@pytest.mark.parametrize(
    ("overrides", "what"),
    [
        (["brain.regions.a.size=2000000000"], "region 'a'"),
        (["brain.encoding_timesteps=1000000000000"], "the stimulus of brain.encoding_timesteps"),
        (["execution.n_workers=1000000", "brain.parallel=true"], "the processes of execution.n_workers"),
        (["brain.regions.a.size=200000", "recording.efficacies=[a]"], "recording.efficacies"),
        (
            ["brain.regions.a.kind=thalamus", "brain.regions.a.size=400000", NOVEL],
            "brain.neuromodulation.novelty_source",
        ),
    ],
)
def test_absurd_values(overrides, what):
    config = load_config(SMALL, overrides)
    with pytest.raises(ConfigError) as caught:
        DynamicBrain.from_thalia_config(config)
    assert str(caught.value).startswith("the brain would take about ")
    assert f"GiB, is for {what}: make that smaller, or write execution.memory_gib: " in str(caught.value)


def test_the_limit_can_be_set(monkeypatch):
    monkeypatch.setattr(memory, "machine_bytes", lambda: 1000)
    with pytest.raises(ConfigError, match=r"and this machine has 9\.3e-07 GiB"):
        DynamicBrain.from_thalia_config(load_config(SMALL))
    DynamicBrain.from_thalia_config(load_config(SMALL, ["execution.memory_gib=1"])).close()
    with pytest.raises(ConfigError) as caught:
        DynamicBrain.from_thalia_config(load_config(SMALL, ["execution.memory_gib=1e-6"]))
    assert "GiB, and execution.memory_gib allows 1e-06 GiB; most of it, " in str(caught.value)
    assert str(caught.value).endswith("write execution.memory_gib: 1 if you know that it fits")
