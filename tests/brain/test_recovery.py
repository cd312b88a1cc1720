"""What a brain tells of workers that were lost, and that nothing else of it differs."""

from __future__ import annotations

import pytest
from distributed import Client, LocalCluster

from tests.brain.conftest import TWO_SENSES
from tests.brain.small_brains import final_state, stimulus
from tests.toy_brains import Diary
from thalia_dask import DynamicBrain
from thalia_dask.config import RecoveryConfig


@pytest.mark.cluster
def test_recording_and_performance_tell_of_a_recovery() -> None:
    undisturbed, disturbed = Diary(), Diary()
    with DynamicBrain.from_thalia_config(TWO_SENSES, observers=[undisturbed]) as brain:
        for trial in (0, 1):
            brain.forward(stimulus(brain, trial), 20)
        state = final_state(brain)
        assert "recoveries" not in brain.recording.attrs
        assert int(brain.performance["n_recoveries"]) == 0
    parallel = TWO_SENSES.model_copy(update={"brain": TWO_SENSES.brain.model_copy(update={"parallel": True})})
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=False, dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster, direct_to_workers=True, set_as_default=False) as client,
        DynamicBrain.from_thalia_config(parallel, client=client, observers=[disturbed]) as brain,
    ):
        brain.forward(stimulus(brain, 0), 20)
        client.cancel(brain.executor._cluster.futures, force=True)  # to the executor, its workers are lost
        brain.forward(stimulus(brain, 1), 20)
        assert final_state(brain) == state
        assert disturbed == undisturbed
        attributes, performance = brain.recording.attrs, brain.performance
        assert attributes["recoveries"] == int(performance["n_recoveries"]) == 1
        assert attributes["recovery_steps_replayed"] == int(performance["replayed_steps"]) == 20
        assert attributes["recovery_seconds"] == float(performance["recovery_seconds"]) > 0
        assert set(performance["home"].values) <= set(performance["worker"].values)


@pytest.mark.cluster
def test_shares_and_windows_add_up_where_a_worker_computes_on_more_threads_than_before() -> None:
    config = TWO_SENSES.model_copy(
        update={
            "brain": TWO_SENSES.brain.model_copy(update={"parallel": True}),
            "execution": TWO_SENSES.execution.model_copy(update={"exchange": "orchestrated"}),
            "recovery": RecoveryConfig(replacement_s=0.0),
        }
    )
    with (
        LocalCluster(n_workers=2, threads_per_worker=2, processes=False, dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster, direct_to_workers=True, set_as_default=False) as client,
        DynamicBrain.from_thalia_config(config, client=client) as brain,
    ):
        brain.forward(stimulus(brain, 0), 20)
        before = brain.performance
        of_two_regions = before["home"].to_series().mode().item()
        (lost,) = (worker for worker in cluster.workers.values() if worker.address == of_two_regions)
        cluster.sync(lost.close)
        brain.forward(stimulus(brain, 1), 20)
        seen = brain.performance
    (left,) = set(seen["home"].values)
    assert before["n_threads"].sel(worker=left) == 1
    assert seen["n_threads"].sel(worker=left) == 2
    assert int(seen["n_windows"]) == 2 * int(before["n_windows"]) == 8
    seconds = (seen - before).sel(worker=left)
    assert float(seconds["worker_thread_seconds"]) == pytest.approx(2 * float(seconds["worker_wall_seconds"]))
    parts = sum(seen[f"worker_{part}_seconds"] for part in ("compute", "waiting", "exchange"))
    assert parts.values == pytest.approx(seen["worker_thread_seconds"].values)
