"""Executor, number of workers and threads, and window length leave no trace in spikes, records or state."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.executors import DASK, NewExecutor
from tests.toy_brains import plan, run
from tests.toy_regions import CarelessRegion
from tests.toy_workers import ToyWorkers
from thalia_dask.engine.ahead import RunAheadExecutor
from thalia_dask.engine.sequential import SequentialExecutor
from thalia_dask.topology.plan import BrainPlan

_A_SHARE_FOR_EACH_EXECUTOR = settings.default.max_examples // len(DASK)
_fixture_is_stateless = [HealthCheck.function_scoped_fixture]


@st.composite
def brains(draw: st.DrawFn) -> BrainPlan:
    """One to six regions, any cycles and self-projections, unequal delays, some regions without any axon."""
    names = [f"r{i}" for i in range(draw(st.integers(1, 6)))]
    regions = {name: draw(st.integers(1, 12)) for name in names}
    pairs = draw(st.lists(st.tuples(st.sampled_from(names), st.sampled_from(names)), unique=True, max_size=10))
    return plan(regions, [(source, target, draw(st.integers(1, 6))) for source, target in pairs])


@given(brain=brains(), n_steps=st.integers(1, 15), data=st.data())
def test_window_length_is_invisible(brain: BrainPlan, n_steps: int, data: st.DataObject) -> None:
    window = data.draw(st.integers(1, brain.look_ahead_steps or 10))
    assert run(SequentialExecutor(), brain, n_steps, window) == run(SequentialExecutor(), brain, n_steps)


@given(brain=brains(), n_steps=st.integers(1, 40), data=st.data())
def test_running_ahead_is_invisible(brain: BrainPlan, n_steps: int, data: st.DataObject) -> None:
    """In one thread, and with any number of workers and threads."""
    wanted = run(SequentialExecutor(), brain, n_steps)
    assert run(RunAheadExecutor(), brain, n_steps) == wanted
    window = data.draw(st.integers(1, brain.look_ahead_steps or 10))
    workers = ToyWorkers(data.draw(st.integers(1, 4)), data.draw(st.integers(1, 3)), window)
    assert run(workers, brain, n_steps) == wanted


@settings(max_examples=_A_SHARE_FOR_EACH_EXECUTOR, suppress_health_check=_fixture_is_stateless)
@given(brain=brains(), n_steps=st.integers(1, 12))
def test_executor_is_invisible(new_dask_executor: NewExecutor, brain: BrainPlan, n_steps: int) -> None:
    executor = new_dask_executor()
    actual = run(executor, brain, n_steps)
    executor.close()
    assert actual == run(SequentialExecutor(), brain, n_steps)


def test_toy_brain_is_alive() -> None:
    brain = plan({"a": 10, "b": 10}, [("a", "b", 2), ("b", "a", 3)])
    diary, _ = run(SequentialExecutor(), brain, 30)
    assert all(len(diary.spikes[name]) > 10 for name in ("a", "b"))


def test_what_is_counted_is_what_arrives(new_executor: NewExecutor) -> None:
    """a ──2──> b ──3──> a"""
    diary, _ = run(new_executor(), plan({"a": 10, "b": 10}, [("a", "b", 2), ("b", "a", 3)]), 30)
    for name, arrived in diary.arrived.items():
        steps = [step for step, _, _ in arrived]
        assert diary.received[name] == np.bincount(steps, minlength=32).tolist()
    cells = {(name, *cell) for name, arrived in diary.arrived.items() for *cell, _ in arrived}
    assert diary.n_events == len(cells) > 30


def test_regions_may_use_their_arrays_again(new_executor: NewExecutor) -> None:
    """a ──2──> b ──3──> a"""
    brain = plan({"a": 10, "b": 10}, [("a", "b", 2), ("b", "a", 3)])
    careless = {spec.name: partial(CarelessRegion, spec.name, spec.size, brain.seed) for spec in brain.regions}
    assert run(new_executor(), brain, 30, creators=careless) == run(SequentialExecutor(), brain, 30)


@pytest.mark.parametrize("window", [1, 2, 3])
def test_window_length_is_invisible_on_every_executor(new_executor: NewExecutor, window: int) -> None:
    """a ──3──> b ──4──> c ──5──> a, and b ──3──> b."""
    brain = plan({"a": 10, "b": 12, "c": 6}, [("a", "b", 3), ("b", "c", 4), ("c", "a", 5), ("b", "b", 3)])
    assert run(new_executor(window_steps=window), brain, 20, window) == run(SequentialExecutor(), brain, 20)
