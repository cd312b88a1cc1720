"""Thalia's ParallelExecutor on this package's engine.

sensory ──5──> cortex ──3──> hippocampus ──5──> pfc
"""

from __future__ import annotations

from functools import partial

import pytest
import torch
from distributed import Client

from tests.toy_regions import silent
from thalia_dask.errors import ConfigError, DeviceWarning, InputError, RegionError, StateError
from thalia_dask.events.adapters import EventDrivenRegion
from thalia_dask.events.parallel import ParallelExecutor, create_region_creator
from thalia_dask.regions.base import Region

CREATORS = {
    "cortex": create_region_creator(
        "cortex", {"n_input": 32, "n_layers": 3, "layer_sizes": [24, 24, 16], "output_targets": ["hippocampus"]}
    ),
    "hippocampus": create_region_creator(
        "hippocampus",
        {"n_input": 8, "dg_size": 30, "ca3_size": 15, "ca1_size": 15, "output_targets": ["pfc", "elsewhere"]},
    ),
    "pfc": create_region_creator("pfc", {"n_input": 8, "n_neurons": 20}),
}


def run(client: Client, **options) -> dict:
    with ParallelExecutor(CREATORS, client=client, **options) as executor:
        for time in range(40):
            executor.inject_sensory_input(torch.ones(32), time=float(time))
        executor.run_until(42.0)
        executor.inject_sensory_input(torch.ones(32))
        return executor.run_until(70.0)


@pytest.mark.cluster
def test_batch_tolerance_is_invisible(three_workers: Client) -> None:
    results = [run(three_workers, batch_tolerance_ms=tolerance) for tolerance in (0.01, 0.1, 2.0, 1000.0)]
    assert all(result == results[0] for result in results)
    assert results[0]["final_time"] == 70.0
    assert results[0]["events_processed"] > 11
    assert set(results[0]["spike_counts"]) == set(CREATORS)
    assert all(count > 0 for count in results[0]["spike_counts"].values())
    assert run(three_workers, seed=7) != results[0]


def test_a_tolerance_beyond_any_window_where_nothing_bounds_it(three_workers: Client) -> None:
    alone = {"cortex": CREATORS["cortex"]}
    with ParallelExecutor(alone, batch_tolerance_ms=5000.0, client=three_workers) as executor:
        assert executor.run_until(20.0)["final_time"] == 20.0


def test_projections_follow_the_targets_with_axonal_delays() -> None:
    plan = ParallelExecutor(CREATORS).plan
    assert {(p.source, p.target): p.delay_steps for p in plan.projections} == {
        ("cortex", "hippocampus"): 3,
        ("hippocampus", "pfc"): 5,
    }


@pytest.mark.cluster
def test_creators_run_on_the_workers_and_may_be_lambdas(three_workers: Client) -> None:
    description = {"name": "cortex", "n_input": 4, "n_layers": 3, "layer_sizes": [4, 4, 4]}
    creator = lambda: create_region_creator("cortex", description)()  # noqa: E731
    with ParallelExecutor({"cortex": creator}, client=three_workers) as executor:
        assert executor.run_until(5.0)["final_time"] == 5.0


@pytest.mark.cluster
def test_failures_name_the_region(three_workers: Client) -> None:
    with (
        ParallelExecutor({"cortex": partial(brittle, CREATORS["cortex"])}, client=three_workers) as executor,
        pytest.raises(RegionError, match=r"(?s)region 'cortex'.*ValueError: brittle"),
    ):
        executor.run_until(5.0)


@pytest.mark.cluster
def test_bad_input_is_refused(three_workers: Client) -> None:
    executor = ParallelExecutor(CREATORS, client=three_workers)
    with pytest.raises(StateError, match=r"call start\(\) first"):
        executor.run_until(5.0)
    executor.start()
    executor.run_until(5.0)
    with pytest.raises(InputError, match="no region 'amygdala' to stimulate; write one of cortex, hippocampus, pfc"):
        executor.inject_sensory_input(torch.ones(32), target="amygdala")
    with pytest.raises(InputError, match=r"has shape \(31,\); it has 32 sensory axons"):
        executor.inject_sensory_input(torch.ones(31))
    with pytest.raises(InputError, match="input at 4 ms lies in the past; write a time of at least 5 ms"):
        executor.inject_sensory_input(torch.ones(32), time=4.0)
    with pytest.raises(InputError, match="the pattern for region 'cortex' holds 32 NaN"):
        executor.inject_sensory_input(torch.full((32,), torch.nan))
    with pytest.raises(ConfigError, match="the time of the input is nan ms; write a finite duration"):
        executor.inject_sensory_input(torch.ones(32), time=float("nan"))
    with pytest.raises(InputError, match="end_time is 4 ms, which has passed; write a time of at least 5 ms"):
        executor.run_until(4.0)
    with pytest.raises(StateError, match=r"the regions are there already: call stop\(\) before another start\(\)"):
        executor.start()
    executor.stop()
    executor.stop()
    with pytest.raises(StateError, match=r"call start\(\) first"):
        executor.inject_sensory_input(torch.ones(32))


@pytest.mark.cluster
def test_another_start_begins_anew(three_workers: Client) -> None:
    executor = ParallelExecutor(CREATORS, client=three_workers)
    results = []
    for _ in range(2):
        with executor:
            executor.inject_sensory_input(torch.ones(32))
            results.append(executor.run_until(30.0))
    assert results[0] == results[1]


def test_no_creators_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"^region_creators is empty; write at least one name and the creator"):
        ParallelExecutor({})


def test_creators_that_make_something_else_are_refused() -> None:
    with pytest.raises(
        ConfigError, match="creator of region 'a' returned a SilentRegion; return an EventDrivenRegion"
    ):
        ParallelExecutor({"a": silent})


@pytest.mark.parametrize("tolerance", [-0.1, float("nan")])
def test_tolerance_that_is_none_is_refused(tolerance: float) -> None:
    with pytest.raises(ConfigError, match=r"batch_tolerance_ms is .*; write a number of at least 0"):
        ParallelExecutor(CREATORS, batch_tolerance_ms=tolerance)


def test_other_devices_become_the_cpu_with_a_warning() -> None:
    creator = create_region_creator("pfc", {"n_input": 8, "n_neurons": 20}, "cuda")
    with pytest.warns(DeviceWarning, match="device 'cuda' was asked for region 'pfc', .* using 'cpu'"):
        executor = ParallelExecutor({"pfc": creator})
    assert executor.plan.regions[0].device == "cpu"


class Brittle(EventDrivenRegion):
    def advance(self, window, arrivals):
        raise ValueError("brittle")


def brittle(create) -> Region:
    region = create()
    region.__class__ = Brittle
    return region
