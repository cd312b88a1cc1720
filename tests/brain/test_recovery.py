"""What a brain tells of workers that were lost, and that nothing else of it differs."""

from __future__ import annotations

import pytest
from distributed import Client, LocalCluster

from tests.brain.conftest import TWO_SENSES
from tests.brain.small_brains import final_state, stimulus
from tests.toy_brains import Diary
from thalia_dask import DynamicBrain


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
