"""An exception inside a region arrives as RegionError, whatever runs the region and however it misbehaves.

a ──2──> b, where b fails at step 3
"""

from __future__ import annotations

import pickle
import re
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from distributed import Client

from tests.executors import NewExecutor
from tests.toy_brains import plan, run, toys
from tests.toy_regions import ForgetfulRegion, ShapelessRegion, UntimelyRegion, failing, failing_to_build
from thalia_dask.distributed.executor import DaskExecutor
from thalia_dask.engine.advance import advance_region
from thalia_dask.engine.sequential import SequentialExecutor
from thalia_dask.errors import ConfigError, RegionError
from thalia_dask.spikes import NOTHING, SpikePacket
from thalia_dask.ticks import Window

BRAIN = plan({"a": 5, "b": 5}, [("a", "b", 2)])


def test_region_error_names_region_step_and_traceback(new_executor: NewExecutor) -> None:
    creators = toys(BRAIN) | {"b": partial(failing, "value")}
    with pytest.raises(RegionError, match=r"region 'b' failed in the window that starts at step [02]: ") as caught:
        run(new_executor(), BRAIN, 10, creators=creators)
    assert "ValueError: the membrane burst" in str(caught.value)
    assert 'in misbehave\n    raise ValueError("the membrane burst")' in caught.value.remote_traceback
    assert caught.value.region == "b"
    assert f"starts at step {caught.value.step}: " in str(caught.value)  # 0 where it went on from there at once
    assert pickle.loads(pickle.dumps(caught.value)).remote_traceback == caught.value.remote_traceback  # noqa: S301


@pytest.mark.parametrize("how", ["two arguments", "unpicklable", "exit"])
def test_exceptions_that_do_not_pickle_arrive(new_executor: NewExecutor, how: str) -> None:
    creators = toys(BRAIN) | {"b": partial(failing, how)}
    with pytest.raises(RegionError, match=r"(?s)region 'b'.*the membrane burst"):
        run(new_executor(), BRAIN, 10, creators=creators)


def test_one_of_two_failing_regions_is_reported(new_executor: NewExecutor) -> None:
    creators = {"b": partial(failing, "value"), "a": partial(failing, "two arguments")}
    with pytest.raises(RegionError, match=r"region '[ab]' failed in the window that starts at step [0-3]: .*burst"):
        run(new_executor(), BRAIN, 10, creators=creators)


@pytest.mark.parametrize(
    ("steps", "neuron", "message"),
    [
        ((-1,), 0, r"spikes of steps \[-1\] for steps 0 to 1; return the steps of the window in which neurons fired"),
        ((2,), 0, r"spikes of steps \[2\] for steps 0 to 1"),
        ((1, 0), 0, r"spikes of steps \[1, 0\] for steps 0 to 1"),
        ((0,), 5, "spikes of neurons from 5 to 5, but it has 1"),
        ((0,), -1, "spikes of neurons from -1 to -1, but it has 1"),
    ],
)
@pytest.mark.parametrize("exchange", [None, "orchestrated", "direct"])
def test_spikes_that_cannot_be_are_not_lost_in_silence(
    three_workers: Client, exchange: str | None, steps: tuple[int, ...], neuron: int, message: str
) -> None:
    creators = toys(BRAIN) | {"a": partial(UntimelyRegion, steps, neuron)}
    executor = DaskExecutor(three_workers, exchange=exchange) if exchange else SequentialExecutor()
    with (
        executor,
        pytest.raises(RegionError, match=r"region 'a' failed .* step 0: \w+: advance\(\) returned " + message),
    ):
        run(executor, BRAIN, 10, creators=creators)


@pytest.mark.parametrize(
    ("spikes", "observed", "message"),
    [
        (
            None,
            {"v": np.zeros(1, np.float32)},
            r"observe\(\) returned 'v' of shape \(1,\) and dtype float32 after a window of [25] steps; return one",
        ),
        (
            None,
            {"v": np.array(["calm"] * 5)},
            r"observe\(\) returned 'v' of shape \(5,\) and dtype <U4 after a window of",
        ),
        (None, 3.0, r"observe\(\) returned float; return a dict of arrays by name, {} for nothing"),
        (
            None,
            {"vm": np.zeros(5)},
            r"observe\(\): there is no entry of the region's observables called 'vm'; did you mean 'v'\? write",
        ),
        (
            SpikePacket(np.zeros(2, np.int32), np.zeros(2, np.int32)),
            None,
            r"spikes of neuron 0 and then 0 in step 0; return the steps of the window in which neurons",
        ),
        (
            SpikePacket(np.zeros(1), np.zeros(1, np.int32)),
            None,
            r"advance\(\) returned spikes of steps ndarray float64 \(1,\) and",
        ),
        (
            SpikePacket(np.zeros(2, np.int32), np.zeros(1, np.int32)),
            None,
            r"steps ndarray int32 \(2,\) and neurons ndarray int32 \(1,\); ",
        ),
        (
            SpikePacket(np.zeros(0, np.int32), np.zeros(3, np.int32)),
            None,
            r"and neurons ndarray int32 \(3,",
        ),
        ((np.zeros(1, np.int32), np.zeros(1, np.int32)), None, r"advance\(\) returned tuple; return a SpikePacket"),
        (SpikePacket([0], [1]), None, r"steps list int64 \(1,\) and neurons list int64 \(1,\); return two int32"),
    ],
)
def test_what_could_not_be_recorded_is_refused_at_once(
    new_executor: NewExecutor, spikes: SpikePacket | None, observed: Any, message: str
) -> None:
    creators = toys(BRAIN) | {"a": partial(ShapelessRegion, spikes, observed)}
    with pytest.raises(RegionError, match=r"region 'a' failed .* step 0: (Value|.*Config)Error: .*" + message):
        run(new_executor(), BRAIN, 10, creators=creators)


NOT_KEPT: list[tuple[object, str]] = [
    (
        None,
        "the snapshot is a NoneType; write a dict of tensors, arrays, ints and floats, {} where there is no s",
    ),
    ({1: 2}, "the snapshot has an entry called 1; write a text as its name"),
    ({"x": "calm"}, "the entry 'x' in the snapshot is a str; write a tensor, an array, an int or a float"),
    ({"x": {"y": 1}}, "the entry 'x' in the snapshot is a dict; write a tensor, an array, an int or a float"),
    ({"x": [1.0]}, "the entry 'x' in the snapshot is a list; write a tensor, an array, an int or a float"),
    ({"x": np.array([None])}, "the entry 'x' in the snapshot has dtype object; write an array of numbers"),
    ({"x": np.array(["calm"])}, "the entry 'x' in the snapshot has dtype <U4; write an array of numbers"),
    (
        {"x": np.zeros(2, [("v", "f4"), ("w", "f8")])},
        "the entry 'x' in the snapshot has dtype [('v', '<f4'), ('w', '<f8')]; write an array of numbers",
    ),
    (
        {"x": np.ones(2, np.longdouble)},
        "the entry 'x' in the snapshot has dtype float128, which a file would change; write x.astype('float64')",
    ),
    (
        {"x": np.ones(2, ">i4")},
        "the entry 'x' in the snapshot has dtype >i4, which a file would change; write x.astype('int32')",
    ),
    (
        {"x": np.ma.masked_equal([1, 2], 2)},
        "the entry 'x' in the snapshot is a masked array, whose mask would be lost; write the mask as an entry of ",
    ),
    (
        {"x": torch.ones(2, dtype=torch.bfloat16)},
        "the entry 'x' in the snapshot is of torch.bfloat16, which a file of arrays does not have; write x.fl",
    ),
]
"""States, and what is told of each."""


def test_states_that_cannot_be_kept(new_executor: NewExecutor) -> None:
    executor = new_executor()
    executor.start({f"r{i}": partial(ForgetfulRegion, state) for i, (state, _) in enumerate(NOT_KEPT)}, ())
    for i, (_, told) in enumerate(NOT_KEPT):
        with pytest.raises(RegionError, match=f"region 'r{i}' failed .* step 0: TypeError: {re.escape(told)}"):
            executor.snapshot(f"r{i}")


def test_a_region_that_does_not_return_to_a_state(new_executor: NewExecutor) -> None:
    executor = new_executor()
    executor.start({"a": partial(ForgetfulRegion, {})}, ())
    with pytest.raises(RegionError, match=r"region 'a' failed .* step 0: ValueError: the membrane burst"):
        executor.restore("a", {})


def test_exit_in_a_region_is_reported_and_leaves_the_worker_alive(new_dask_executor: NewExecutor) -> None:
    executor = new_dask_executor()
    creators = toys(BRAIN) | {"b": partial(failing, "exit")}
    with pytest.raises(RegionError, match="SystemExit: the membrane burst"):
        run(executor, BRAIN, 10, creators=creators)
    assert executor.snapshot("a")["step"] >= 2


def test_creator_that_fails(new_executor: NewExecutor) -> None:
    creators = toys(BRAIN) | {"b": partial(failing_to_build, "two arguments")}
    with pytest.raises(RegionError, match=r"(?s)region 'b'.*Traceback.*failing_to_build.*7: the membrane burst"):
        new_executor().start(creators, ())


def test_creator_that_refuses_its_configuration(new_dask_executor: NewExecutor) -> None:
    creators = toys(BRAIN) | {"b": partial(failing_to_build, "config")}
    with pytest.raises(ConfigError, match=r"(?m)^size is -1; write a size of at least 1$") as caught:
        new_dask_executor().start(creators, ())
    assert "failing_to_build" in "".join(caught.value.__notes__)


@pytest.mark.parametrize("shares_arrays", [True, False])
@pytest.mark.parametrize("values", [np.array([0.1, 1.0]), np.array([0, 1], np.int16), [0.5, 1.5]])
def test_what_is_observed_is_float32_for_whoever_watches(shares_arrays: bool, values: object) -> None:
    region = ShapelessRegion(None, {"v": values})
    region.shares_arrays = shares_arrays
    observed = advance_region(region, Window(0, 2), NOTHING).observed["v"]
    assert observed.dtype == np.float32
    np.testing.assert_array_equal(observed, np.asarray(values, np.float32))
