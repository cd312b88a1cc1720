"""Thalia's document on its parallel mode, a module for each of its sections.

Each module runs the code of its section as the document has it: the package's name is changed, what the document
leaves open (``...``) is filled in, and names that the document supposes are fixtures. Then it asserts what the
section's text promises, and where this package goes beyond it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from distributed import Client

from thalia_dask import DynamicBrain
from thalia_dask.config import BrainConfig, RegionSizes, ThaliaConfig

SIZES = RegionSizes(input_size=784, thalamus_size=64, cortex_size=64, hippocampus_size=60, pfc_size=32, n_actions=4)
"""A standard brain of the size of a test, with the document's input."""


def config_of(*, parallel: bool) -> ThaliaConfig:
    return ThaliaConfig(brain=BrainConfig(sizes=SIZES, parallel=parallel))


@pytest.fixture
def input_pattern() -> torch.Tensor:
    return (torch.rand(784, generator=torch.Generator().manual_seed(1)) > 0.5).float()


@pytest.fixture
def brain_seq() -> Iterator[DynamicBrain]:
    with DynamicBrain.from_thalia_config(config_of(parallel=False)) as brain:
        yield brain


@pytest.fixture
def brain_par(three_workers: Client) -> Iterator[DynamicBrain]:
    with DynamicBrain.from_thalia_config(config_of(parallel=True), client=three_workers) as brain:
        yield brain


@pytest.fixture(params=["sequential", pytest.param("parallel", marks=pytest.mark.cluster)])
def brain(request: pytest.FixtureRequest) -> DynamicBrain:
    """One in each mode."""
    return request.getfixturevalue("brain_par" if request.param == "parallel" else "brain_seq")


def states(brain: DynamicBrain) -> dict[tuple[str, str], bytes]:
    """Every array of every region, to the bit."""
    return {
        (region, name): np.asarray(value).tobytes()
        for region in brain.plan.region_names
        for name, value in brain.state(region).items()
    }
