"""Where the time went: sums that must come out, on every executor."""

from __future__ import annotations

import numpy as np
import pytest
from distributed import Client

from tests.brain.conftest import TWO_SENSES
from tests.brain.small_brains import stimulus
from thalia_dask import DynamicBrain
from thalia_dask.brain.performance import VARIABLES


def run(parallel: bool, client: Client | None = None, **execution) -> tuple[DynamicBrain, int]:
    config = TWO_SENSES.model_copy(
        update={
            "brain": TWO_SENSES.brain.model_copy(update={"parallel": parallel}),
            "execution": TWO_SENSES.execution.model_copy(update=execution),
        }
    )
    with DynamicBrain.from_thalia_config(config, client=client) as brain:
        events = sum(brain.forward(stimulus(brain, 0), n)["events_processed"] for n in (20, 30))
    return brain, events


def check_sums(brain: DynamicBrain, events: int) -> None:
    seen = brain.performance
    assert set(seen.variables) == {variable.name for variable in VARIABLES}
    by_worker = seen["compute_seconds"].groupby(seen["home"]).sum().to_series().to_dict()
    assert by_worker == pytest.approx(seen["worker_compute_seconds"].to_series().to_dict())
    parts = sum(seen[f"worker_{part}_seconds"] for part in ("compute", "waiting", "exchange"))
    assert (parts >= seen["worker_thread_seconds"] - 1e-9).all()
    assert seen["worker_thread_seconds"].values == pytest.approx(seen["n_threads"] * seen["worker_wall_seconds"])
    assert (seen["worker_wall_seconds"] <= seen["executor_seconds"]).all()
    five = ("stimulus", "batching", "executor", "rescheduling", "observing")
    assert float(seen["wall_seconds"]) == pytest.approx(sum(float(seen[f"{part}_seconds"]) for part in five))
    assert int(seen["n_steps"]) == 50
    assert float(seen["steps_per_second"]) == pytest.approx(50 / float(seen["wall_seconds"]))
    assert float(seen["realtime_factor"]) == pytest.approx(0.05 / float(seen["wall_seconds"]))
    assert float(seen["overhead_ratio"]) == events / (50 * 3)
    assert all(variable.attrs["long_name"] for variable in seen.variables.values())


@pytest.mark.parametrize("exchange", ["direct", "orchestrated"])
def test_sequential(exchange: str) -> None:
    brain, events = run(parallel=False, exchange=exchange)
    check_sums(brain, events)
    seen = brain.performance
    assert seen.sizes == {"region": 3, "worker": 1}
    assert seen.attrs["executor"] == "sequential"
    if exchange == "orchestrated":
        assert int(seen["n_spans"]) == int(seen["n_windows"]) == 10
    else:
        assert 3 <= int(seen["n_spans"]) <= int(seen["n_windows"]) < 10  # a window, then spans of longer stretches
    assert seen["worker_waiting_seconds"].item() == 0.0


@pytest.mark.cluster
@pytest.mark.parametrize("exchange", ["direct", "orchestrated"])
def test_dask(exchange: str, two_workers_of_two_threads: Client) -> None:
    brain, events = run(parallel=True, client=two_workers_of_two_threads, n_workers=2, exchange=exchange)
    check_sums(brain, events)
    seen = brain.performance
    assert sorted(seen["n_threads"].values) == [1, 2]  # a third thread would have no region to compute
    assert int(seen["n_windows"]) >= 10
    assert int(seen["n_spans"]) in ((3, 4) if exchange == "direct" else (10,))  # one window, then spans
    assert (seen["worker_exchange_seconds"] > 0).all()


def test_before_the_first_step(acting: DynamicBrain) -> None:
    seen = acting.performance
    assert int(seen["n_steps"]) == 0
    assert np.isnan(seen["overhead_ratio"])
    assert np.isnan(seen["steps_per_second"])
