"""Brains of the size of a test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from thalia_dask import DynamicBrain
from thalia_dask.config import BrainConfig, ThaliaConfig
from thalia_dask.config.models import ProjectionConfig, RegionConfig

ACTING = ThaliaConfig(
    brain=BrainConfig(
        regions={
            "thalamus": RegionConfig(kind="thalamus", size=20, input_size=10),
            "striatum": RegionConfig(kind="striatum", size=12, params={"n_actions": 3}),
        },
        projections=[ProjectionConfig(source="thalamus", target="striatum", delay_ms=4.0, weight_scale=2.0)],
        max_input_rate_hz=500.0,
    )
)
"""10 stimulus axons, then 4 ms to a striatum of 3 actions."""

TWO_SENSES = ThaliaConfig(
    brain=BrainConfig(
        regions={
            "ear": RegionConfig(kind="thalamus", size=6, input_size=4),
            "eye": RegionConfig(kind="thalamus", size=8, input_size=5),
            "mind": RegionConfig(kind="cortex", size=20),
        },
        projections=[ProjectionConfig(source="ear", target="mind"), ProjectionConfig(source="eye", target="mind")],
    )
)
"""Two regions with a stimulus, 4 and 5 axons, and one without."""


@pytest.fixture
def acting() -> Iterator[DynamicBrain]:
    with DynamicBrain.from_thalia_config(ACTING) as brain:
        yield brain


@pytest.fixture
def two_senses() -> Iterator[DynamicBrain]:
    with DynamicBrain.from_thalia_config(TWO_SENSES) as brain:
        yield brain
