"""Limitations: 4. Debugging Challenges."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from distributed import Client

from tests.toy_regions import failing
from thalia_dask.config import BrainConfig, RegionConfig, ThaliaConfig
from thalia_dask.core.dynamic_brain import DynamicBrain
from thalia_dask.errors import RegionError
from thalia_dask.regions import REGIONS, Anatomy, RegionKind


class Bursting(RegionKind):
    """A region of the user's own, with a mistake that shows in the window of step 6."""

    def anatomy(self, spec):
        return Anatomy((("all", 1),), ("in",), "in", "in", "all", 1)

    def create(self, spec):
        return failing("value", at_step=6)


@pytest.fixture
def bursting_on_workers(three_workers: Client, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setitem(REGIONS, "bursting", Bursting())
    three_workers.run(register)
    yield three_workers
    three_workers.run(unregister)


def register() -> None:
    REGIONS["bursting"] = Bursting()


def unregister() -> None:
    del REGIONS["bursting"]


def failure(config: ThaliaConfig, client: Client | None) -> RegionError:
    with DynamicBrain.from_thalia_config(config, client=client) as brain, pytest.raises(RegionError) as caught:
        brain.forward(None, n_timesteps=15)
    return caught.value


@pytest.mark.cluster
def test_exceptions_are_the_same_in_both_modes(bursting_on_workers: Client) -> None:
    own_region = {"amygdala": RegionConfig(kind="bursting", size=1, spontaneous=True)}

    # Development/debugging
    config = ThaliaConfig(
        brain=BrainConfig(parallel=False, regions=own_region),  # Sequential mode
    )
    sequential = failure(config, None)

    # Production (after debugging)
    config = ThaliaConfig(
        brain=BrainConfig(parallel=True, regions=own_region),  # Parallel mode
    )
    parallel = failure(config, bursting_on_workers)

    for error in (sequential, parallel):
        assert (error.region, error.step) == ("amygdala", sequential.step)
        assert "ValueError: the membrane burst" in str(error)
        assert 'in misbehave\n    raise ValueError("the membrane burst")' in error.remote_traceback


def test_sequential_mode_can_be_stepped_through() -> None:
    """The default: one process, in which a debugger stops where the mistake is."""
    config = ThaliaConfig()
    assert config.brain.parallel is False
    brain = DynamicBrain.from_thalia_config(config)
    assert brain._parallel_executor is None
    brain.close()
