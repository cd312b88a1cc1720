"""Configs built in Python: the usage of the seed document, and what the models refuse."""

import pickle

import pytest

from thalia_dask.config import (
    BrainConfig,
    GlobalConfig,
    NeuromodulationConfig,
    ProjectionConfig,
    RegionConfig,
    RegionSizes,
    ThaliaConfig,
)
from thalia_dask.errors import ConfigError


def test_the_usage_of_the_seed_document():
    config = ThaliaConfig(
        global_=GlobalConfig(device="cpu", dt_ms=1.0),
        brain=BrainConfig(
            sizes=RegionSizes(input_size=784, cortex_size=256, hippocampus_size=200, pfc_size=128, n_actions=10),
            parallel=True,
            encoding_timesteps=15,
        ),
    )
    assert config.global_.dt_ms == 1.0
    assert config.brain.parallel is True
    assert config.brain.sizes.cortex_size == 256
    assert config.brain.regions is None


def test_everything_has_a_default():
    assert ThaliaConfig() == ThaliaConfig(global_=GlobalConfig(), brain=BrainConfig())


def test_a_dump_says_global_and_is_read_back():
    config = ThaliaConfig(
        global_=GlobalConfig(seed=7),
        brain=BrainConfig(regions={"v1": RegionConfig(kind="cortex", size=10, params={"gain": 0.5, "on": True})}),
    )
    dump = config.model_dump(by_alias=True)
    assert dump["global"]["seed"] == 7
    assert ThaliaConfig.model_validate(dump) == config
    assert ThaliaConfig.model_validate_json(config.model_dump_json(by_alias=True)) == config


def test_parameter_values_keep_their_types():
    params = RegionConfig(kind="x", size=1, params={"a": True, "b": 1, "c": 1.0, "d": "1"}).params
    assert [type(value) for value in params.values()] == [bool, int, float, str]


def test_configs_are_frozen_and_picklable():
    config = ThaliaConfig()
    with pytest.raises(ConfigError, match="a config stays as it is"):
        config.global_ = GlobalConfig()
    assert pickle.loads(pickle.dumps(config)) == config  # noqa: S301


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (GlobalConfig, {"dt_ms": 0.0}),
        (GlobalConfig, {"dt_ms": -1.0}),
        (GlobalConfig, {"dt_ms": float("nan")}),
        (GlobalConfig, {"dt_ms": float("inf")}),
        (GlobalConfig, {"seed": -1}),
        (GlobalConfig, {"seed": True}),
        (GlobalConfig, {"device": "tpu"}),
        (GlobalConfig, {"device": "cuda:x"}),
        (GlobalConfig, {"sed": 3}),
        (RegionSizes, {"cortex_size": 0}),
        (RegionSizes, {"cortex_size": "256"}),
        (RegionConfig, {"kind": "cortex", "size": -5}),
        (RegionConfig, {"kind": "cortex", "size": 5, "params": {"x": [1]}}),
        (RegionConfig, {"kind": "cortex", "size": 5, "params": {"x": float("nan")}}),
        (ProjectionConfig, {"source": "a", "target": "b", "delay_ms": float("nan")}),
        (ProjectionConfig, {"source": "a", "target": "b", "weight_scale": -1.0}),
        (ProjectionConfig, {"source": "a", "target": "b", "weight_scale": 1e39}),
        (BrainConfig, {"regions": {}}),
        (BrainConfig, {"regions": {"a.b": {"kind": "cortex", "size": 1}}}),
        (BrainConfig, {"regions": {"engine": {"kind": "cortex", "size": 1}}}),
        (BrainConfig, {"parallel": "maybe"}),
        (NeuromodulationConfig, {"uncertainty": 1e40}),
    ],
)
def test_bad_values_are_refused(model, values):
    with pytest.raises(ConfigError, match=f"^{model.__name__}: "):
        model(**values)


def test_every_bad_value_is_told_with_its_mend():
    with pytest.raises(ConfigError) as caught:
        RegionSizes(input_size=-1, cortx_size=3)
    assert str(caught.value) == (
        "2 values are wrong:\n"
        "  RegionSizes: unknown key cortx_size (given 3); did you mean 'cortex_size'?\n"
        "  RegionSizes: input_size is -1, which should be greater than 0; write the number of sensory axons that "
        "enter the thalamus (default 784)"
    )


def test_a_part_is_told_with_the_whole():
    with pytest.raises(ConfigError, match=r"^BrainConfig: sizes.input_size is -1, which should be greater than 0; "):
        BrainConfig(sizes={"input_size": -1})


@pytest.mark.parametrize("device", ["cpu", "cuda", "cuda:1"])
def test_devices(device):
    assert GlobalConfig(device=device).device == device


@pytest.mark.parametrize("parallel", [True, False, "auto"])
def test_parallel(parallel):
    assert BrainConfig(parallel=parallel).parallel == parallel
