"""``brain.parallel: auto``: the choice, where it can be read, and that no spike depends on it."""

from __future__ import annotations

import json
import threading
from dataclasses import replace

import pytest
from distributed import LocalCluster

from tests.brain.conftest import TWO_SENSES
from thalia_dask import DynamicBrain
from thalia_dask.brain import opening, trial
from thalia_dask.brain.trial import try_out
from thalia_dask.config import ExecutionConfig, load_config
from thalia_dask.distributed.cluster import open_local
from thalia_dask.distributed.placement import local_cores
from thalia_dask.errors import ClusterError
from thalia_dask.performance import choice
from thalia_dask.performance.choice import Choice
from thalia_dask.topology.build import build_plan
from thalia_dask.topology.plan import BrainPlan

AUTO = TWO_SENSES.model_copy(update={"brain": TWO_SENSES.brain.model_copy(update={"parallel": "auto"})})


def test_small_brains_are_sequential_and_say_why() -> None:
    with DynamicBrain.from_thalia_config(AUTO) as brain:
        brain.forward(None, 5)
        assert brain.executor.name == "sequential"
        assert brain.executor.reason.startswith("sequential: ")
        attributes = brain.recording.attrs
    assert attributes["executor_reason"] == brain.executor.reason
    assert load_config(json.loads(attributes["config"])).brain.parallel == "auto"


def test_who_chooses_gets_no_reason() -> None:
    with DynamicBrain.from_thalia_config(TWO_SENSES) as brain:
        assert brain.executor.reason == ""
        assert "executor_reason" not in brain.recording.attrs


@pytest.mark.cluster
def test_dask_where_it_promises_more(monkeypatch: pytest.MonkeyPatch, three_workers) -> None:
    asked = []

    def choose(work, setting, tried):
        found = tried()
        for spent in found:
            assert spent.orchestrating_seconds > 0.0
            assert all(seconds > 0.0 for seconds in spent.compute_seconds.values())
        asked.append(
            (
                work.call_steps,
                list(found.spent.compute_seconds),
                setting.n_workers,
                setting.n_threads,
                setting.exchange,
            )
        )
        return Choice(parallel=True, reason="dask: so that it is tested")

    monkeypatch.setattr(choice, "choose", choose)
    with DynamicBrain.from_thalia_config(AUTO, client=three_workers, steps_per_call=7) as brain:
        assert brain.executor.name == "dask"
        assert brain.executor.reason == "dask: so that it is tested"
        assert brain.forward(None, 5)["n_timesteps"] == 5
        regions = list(brain.plan.region_names)
    assert asked == [(7, regions, 3, 1, "direct")]


@pytest.mark.cluster
def test_workers_of_a_client_are_waited_for_and_share_the_cores_of_their_host(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def choose(work, setting, tried):
        asked.append(setting)
        return Choice(parallel=False, reason="sequential: so that the workers are not needed")

    monkeypatch.setattr(choice, "choose", choose)
    many = 4 * local_cores()
    with LocalCluster(n_workers=0, threads_per_worker=many, processes=False, dashboard_address=None) as cluster:
        threading.Timer(0.5, cluster.scale, [2]).start()
        config = AUTO.model_copy(update={"execution": ExecutionConfig(n_workers=2)})
        with DynamicBrain.from_thalia_config(config, client=cluster):
            pass
    assert (asked[0].n_workers, asked[0].n_threads) == (2, many)
    assert 1.0 <= asked[0].n_cores <= local_cores()


def test_a_checkpoint_may_go_on_as_auto(tmp_path) -> None:
    with DynamicBrain.from_thalia_config(TWO_SENSES) as brain:
        brain.save(tmp_path / "saved.zarr")
    with DynamicBrain.load(tmp_path / "saved.zarr", parallel="auto") as brain:
        assert brain.config.brain.parallel == "auto"
        assert opening.with_execution(brain.config, parallel=False, execution=None).brain.parallel is False


@pytest.mark.cluster
def test_a_closed_client_is_refused_as_without_auto() -> None:
    cluster = open_local(1, 1, 120)
    cluster.close()
    with pytest.raises(ClusterError, match="the client is closed; pass one that is connected to a scheduler"):
        DynamicBrain.from_thalia_config(AUTO, client=cluster.client)


def test_a_brain_that_does_not_fit_here_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its regions are to live elsewhere."""
    asked = []

    def choose(work, setting, tried):
        asked.append(tried)
        return Choice(parallel=False, reason="sequential: so that nothing is built elsewhere")

    monkeypatch.setattr(choice, "choose", choose)
    monkeypatch.setattr(opening, "machine_bytes", lambda: 1)
    with DynamicBrain.from_thalia_config(AUTO):
        assert asked == [None]


def test_a_trial_takes_steps_of_any_length() -> None:
    """0.1 s are no whole number of steps of 0.3 ms."""
    plan = build_plan(TWO_SENSES)
    assert list(try_out(replace(plan, dt_ms=0.3), 100.0, None).spent.compute_seconds) == list(plan.region_names)


def delayed(steps: int) -> BrainPlan:
    plan = build_plan(TWO_SENSES)
    late = tuple(replace(projection, delay_steps=steps) for projection in plan.projections)
    return replace(plan, projections=late)


@pytest.mark.parametrize("delay", [1, 2, 5])
def test_a_trial_counts_as_many_steps_in_spans_of_the_look_ahead(delay) -> None:
    """Nothing comes back to the senses: there is no bound to how far they go at once, but for the piece."""
    long, brief = try_out(delayed(delay), 100.0, None)
    assert brief is not None
    assert brief.n_steps == long.n_steps == delay * brief.n_windows
    assert long.n_windows < brief.n_windows


def test_a_trial_without_delays_knows_one_kind_of_windows() -> None:
    assert try_out(replace(build_plan(TWO_SENSES), projections=()), 100.0, None).brief is None


@pytest.mark.parametrize(("delay", "piece"), [(6, 20), (20, 40), (30, 60), (31, 20)])
def test_a_piece_is_longer_than_delays_unless_they_are_long(delay, piece) -> None:
    spent, brief = try_out(delayed(delay), 100.0, None)
    assert spent.n_steps / spent.n_spans == piece
    assert brief is None


def test_a_trial_of_a_slow_brain_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rounds, of which the first does not count."""
    monkeypatch.setattr(trial, "_ENOUGH_SECONDS", 0.0)
    spent, brief = try_out(delayed(5), 100.0, None)
    assert spent.n_steps == brief.n_steps == 20
