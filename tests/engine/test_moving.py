"""A region's state, taken on one executor and restored on another, goes on as if nothing had happened."""

from __future__ import annotations

import numpy as np
import pytest

from tests.executors import NewExecutor
from tests.toy_brains import plan, toys
from thalia_dask.engine.executor import Executor
from thalia_dask.engine.sequential import SequentialExecutor
from thalia_dask.errors import RegionError
from thalia_dask.spikes import Arrivals
from thalia_dask.ticks import Window

BRAIN = plan({"a": 6, "b": 9}, [])


def spikes(executor: Executor, start: int, stop: int) -> dict[str, list[tuple[int, int]]]:
    arrivals = Arrivals(*np.array([[start, start + 1], [0, 0], [2, 3]], np.int32))
    emissions = executor.advance(Window(start, stop), {"b": arrivals})
    return {
        name: list(zip(e.spikes.steps.tolist(), e.spikes.neurons.tolist(), strict=True))
        for name, e in emissions.items()
    }


def test_state_moves_between_executors(new_executor: NewExecutor) -> None:
    here, there, back = SequentialExecutor(), new_executor(), SequentialExecutor()
    for executor in (here, there, back):
        executor.start(toys(BRAIN), BRAIN.projections)
    spikes(here, 0, 10)
    for name in BRAIN.region_names:
        there.restore(name, here.snapshot(name))
        back.restore(name, there.snapshot(name))
    expected = spikes(here, 10, 30)
    assert spikes(there, 10, 30) == expected == spikes(back, 10, 30)
    assert all(expected.values())


def test_state_that_does_not_fit_is_an_error(new_executor: NewExecutor) -> None:
    executor = new_executor()
    executor.start(toys(BRAIN), BRAIN.projections)
    with pytest.raises(RegionError, match=r"(?s)region 'a'.*KeyError: 'gain'"):
        executor.restore("a", {"step": 3})
