import pytest

from thalia_dask.config import load_config


@pytest.fixture
def tiny_config():
    """A function: overrides -> the config of a six-region brain that is small enough to train in a test."""

    def make(*overrides):
        sizes = {"input_size": 64, "cortex_size": 40, "hippocampus_size": 20, "pfc_size": 16, "cerebellum_size": 20}
        return load_config(
            {"brain": {"sizes": sizes | {"neurons_per_action": 2}, "encoding_timesteps": 5}}, overrides
        )

    return make
