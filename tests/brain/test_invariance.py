"""Spikes, records, weights and actions are a function of config, seed and inputs alone: to the bit."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.brain.small_brains import life, small_brains
from thalia_dask.config import ExecutionConfig, ThaliaConfig
from thalia_dask.config.models import BrainConfig
from thalia_dask.topology.build import build_plan

SHAPES = [  # fixture of the cluster, workers used
    pytest.param(("three_workers", 1), id="1-worker"),
    pytest.param(("three_workers", 2), id="2-workers"),
    pytest.param(("three_workers", 3), id="3-workers"),
    pytest.param(("two_workers_of_two_threads", 1), id="1-worker-of-2-threads"),
    pytest.param(("two_workers_of_two_threads", 2), id="2-workers-of-2-threads"),
]


def changed(config: ThaliaConfig, **brain: object) -> ThaliaConfig:
    return config.model_copy(update={"brain": config.brain.model_copy(update=brain)})


@pytest.mark.timeout(600)
@given(config=small_brains(), cut=st.integers(1, 14), data=st.data())
def test_window_length_cuts_and_the_order_in_the_config_are_invisible(
    config: ThaliaConfig, cut: int, data: st.DataObject
) -> None:
    """One life is what they are all compared with."""
    look_ahead = build_plan(config).look_ahead_steps or 20
    window_ms = float(data.draw(st.integers(1, look_ahead)))
    names = data.draw(st.permutations(sorted(config.brain.regions)))
    brain = BrainConfig(
        regions={name: config.brain.regions[name] for name in names},
        projections=data.draw(st.permutations(config.brain.projections)),
        max_input_rate_hz=config.brain.max_input_rate_hz,
    )
    wanted = life(config)
    assert life(config.model_copy(update={"execution": ExecutionConfig(window_ms=window_ms)})) == wanted
    assert life(config, (cut, 15 - cut)) == wanted, "a presentation in two calls"
    assert life(config.model_copy(update={"brain": brain})) == wanted, "another order of regions and projections"


@pytest.mark.cluster
@pytest.mark.timeout(600)
@pytest.mark.parametrize("shape", SHAPES)
@settings(max_examples=settings().max_examples // len(SHAPES), suppress_health_check=list(HealthCheck))
@given(config=small_brains(), data=st.data())
def test_executor_workers_threads_and_exchange_are_invisible(
    request: pytest.FixtureRequest, shape: tuple[str, int], config: ThaliaConfig, data: st.DataObject
) -> None:
    cluster, n_workers = shape
    look_ahead = build_plan(config).look_ahead_steps or 20
    window_ms = data.draw(st.none() | st.integers(1, look_ahead).map(float))
    wanted = life(config)
    for exchange in ("direct", "orchestrated"):
        execution = ExecutionConfig(n_workers=n_workers, exchange=exchange, window_ms=window_ms)
        parallel = changed(config, parallel=True).model_copy(update={"execution": execution})
        assert life(parallel, client=request.getfixturevalue(cluster)) == wanted, exchange
