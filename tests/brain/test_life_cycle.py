"""Building, inspecting, failing and ending."""

from __future__ import annotations

import copy
import gc
import os
import pickle
import re
import subprocess
import sys
import weakref
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from tests.brain.conftest import ACTING
from tests.toy_regions import FailingRegion
from thalia_dask import DynamicBrain
from thalia_dask.brain import dynamic_brain
from thalia_dask.config import ExecutionConfig, ThaliaConfig
from thalia_dask.engine.observer import Observer, WindowReport
from thalia_dask.errors import ConfigError, InputError, OutputError, RegionError, StateError
from thalia_dask.regions import REGIONS, Anatomy, RegionKind

FULL = np.ones(10, np.float32)


class FailingKind(RegionKind):
    """One silent neuron that raises in the window of step 6."""

    def anatomy(self, spec):
        return Anatomy((("all", 1),), ("in",), "in", "in", "all", 1)

    def create(self, spec):
        return FailingRegion("value", at_step=6)


WINDOW_BY_WINDOW = ACTING.model_copy(update={"execution": ExecutionConfig(exchange="orchestrated")})


@pytest.fixture(params=["direct", "orchestrated"])
def failing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> ThaliaConfig:
    monkeypatch.setitem(REGIONS, "failing", FailingKind())
    return ThaliaConfig.model_validate(
        {
            "brain": {
                "regions": {
                    "a": {"kind": "thalamus", "size": 10, "input_size": 10},
                    "b": {"kind": "failing", "size": 1},
                },
                "projections": [{"source": "a", "target": "b", "delay_ms": 2.0}],
            },
            "execution": {"exchange": request.param},
        }
    )


def test_an_exception_inside_a_region_names_region_and_step(failing: ThaliaConfig) -> None:
    with (
        DynamicBrain.from_thalia_config(failing) as brain,
        pytest.raises(
            RegionError, match=r"(?s)region 'b' failed in the window that .* step \d: ValueError.*burst"
        ) as caught,
    ):
        brain.forward(FULL, 10)
    assert caught.value.step == 6 if failing.execution.exchange == "orchestrated" else caught.value.step <= 6
    assert isinstance(caught.value.__cause__, ValueError)


def test_a_brain_that_was_interrupted_does_not_compute_on(failing: ThaliaConfig, tmp_path: Path) -> None:
    """Regions may be at different steps: what would follow is neither this brain nor another."""
    with DynamicBrain.from_thalia_config(failing) as brain:
        with pytest.raises(RegionError):
            brain.forward(FULL, 10)
        now = brain.now
        assert now == 6 if failing.execution.exchange == "orchestrated" else now <= 6
        message = (
            f"the span that starts at step {now} was interrupted, so that regions may be at different steps: close"
        )
        with pytest.raises(StateError, match=message):
            brain.forward(FULL, 1)
        with pytest.raises(StateError, match=message):
            brain.save(tmp_path / "half.zarr")
        assert brain.recorder.dataset(0, now)["time"].size == now, "what was computed is still there"


def test_an_observer_that_fails_stops_no_brain() -> None:
    class Clumsy(Observer):
        def on_window(self, report: WindowReport) -> None:
            if report.window.start == 4:
                raise OSError("disk full")

    with DynamicBrain.from_thalia_config(WINDOW_BY_WINDOW, observers=[Clumsy()]) as brain:
        with pytest.raises(OSError, match="disk full"):
            brain.forward(FULL, 20)
        assert brain.forward(FULL, 20)["start_step"] == 8


def test_an_observer_that_cannot_start_holds_no_recording(tmp_path: Path) -> None:
    class Late(Observer):
        def on_start(self, plan: object) -> None:
            raise ValueError("not yet")

    with pytest.raises(ValueError, match="not yet") as caught:
        DynamicBrain.from_thalia_config(ACTING, observers=[Late()], out=tmp_path / "run.zarr")
    DynamicBrain.from_thalia_config(ACTING, out=tmp_path / "run.zarr", overwrite=True).close()
    assert caught.tb is not None  # which holds on to the brain that was not made


def test_a_disk_that_fails_costs_no_votes(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: WindowReport) -> None:
        monkeypatch.undo()
        raise OutputError("the disk is full")

    with (
        DynamicBrain.from_thalia_config(WINDOW_BY_WINDOW) as brain,
        DynamicBrain.from_thalia_config(WINDOW_BY_WINDOW) as healthy,
    ):
        for one in (brain, healthy):
            one.forward(FULL, 150)
            one.select_action()
        monkeypatch.setattr(brain.recorder, "on_window", fail)
        with pytest.raises(OutputError):
            brain.forward(FULL, 40)
        healthy.forward(FULL, brain.now - 150)
        assert 150 < brain.now < 190
        assert brain.select_action(explore=False) == healthy.select_action(explore=False)


def test_a_long_presentation_is_held_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.random.default_rng(1).random((50, 10), np.float32)
    for stimulus in (FULL, rows, rows > 0.9):
        with DynamicBrain.from_thalia_config(ACTING) as brain:
            whole = brain.forward(stimulus, 50).dataset["spike_count"]
        with monkeypatch.context() as patched, DynamicBrain.from_thalia_config(ACTING) as brain:
            patched.setattr(dynamic_brain, "LONGEST_SPAN_STEPS", 7)
            result = brain.forward(stimulus, 50)
            xr.testing.assert_identical(result.dataset["spike_count"], whole)
            assert result["spike_counts"] == whole.sum("time").to_series().to_dict()
        assert whole.sum() > 0


def test_a_stimulus_ends_with_the_call_that_shows_it_even_if_that_ends_early() -> None:
    class Interrupt(Observer):
        def on_window(self, report: WindowReport) -> None:
            if report.window.start == 4:
                raise KeyboardInterrupt

    with (
        DynamicBrain.from_thalia_config(WINDOW_BY_WINDOW, observers=[Interrupt()]) as brain,
        DynamicBrain.from_thalia_config(ACTING) as other,
    ):
        with pytest.raises(KeyboardInterrupt):
            brain.forward(FULL, 300)
        other.forward(FULL, 8)
        for stimulus in (None, FULL):
            xr.testing.assert_identical(
                brain.forward(stimulus, 40).dataset["spike_count"], other.forward(stimulus, 40).dataset["spike_count"]
            )


def test_what_is_no_observer_is_refused_before_anything_is_built() -> None:
    with pytest.raises(ConfigError) as caught:
        DynamicBrain.from_thalia_config(ACTING, observers=[print])
    assert str(caught.value) == (
        "observers[0] is <built-in function print>, which is no observer; give an instance of a class that is "
        "derived from thalia_dask.engine.observer.Observer"
    )


def test_steps_are_counted_up_to_a_limit_and_nothing_is_scheduled_beyond() -> None:
    with DynamicBrain.from_thalia_config(ACTING) as brain:
        with pytest.raises(InputError) as caught:
            brain.forward(FULL, 2**31 - 1)
        assert str(caught.value) == (
            "2147483647 steps from step 0 were asked for, but steps are counted up to 2147483647, and spikes arrive "
            f"up to {max(p.delay_steps for p in brain.plan.projections)} later; advance by fewer, or build one with "
            "a longer dt_ms"
        )
        assert brain.forward(None, 40).dataset["spike_count"].sel(region="thalamus").sum() == 0


def test_state_shows_a_region_and_is_a_copy(acting: DynamicBrain) -> None:
    acting.forward(FULL, 10)
    state = acting.state("thalamus")
    assert state["membrane"].shape == (25,)
    assert state["membrane"].dtype == np.float32
    assert {"current", "refractory", "weight", "in_flight"} <= set(state)
    state["membrane"][:] = 0.0
    assert (acting.state("thalamus")["membrane"] < 0.0).all()


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_brain_is_not_copied(acting: DynamicBrain, duplicate: Callable[[DynamicBrain], object]) -> None:
    with pytest.raises(
        StateError, match=r"^a brain cannot be copied or pickled, .*; write brain.save\(path\), then "
    ):
        duplicate(acting)
    assert acting.forward(FULL, 5).dataset.sizes["time"] == 5


def test_a_closed_brain_says_so() -> None:
    brain = DynamicBrain.from_thalia_config(ACTING)
    brain.forward(FULL, 5)
    brain.close()
    brain.close()
    calls = [
        lambda: brain.forward(FULL),
        brain.select_action,
        lambda: brain.deliver_reward(external_reward=1.0),
        brain.reset_episode,
        lambda: brain.state("thalamus"),
        lambda: brain.release("dopamine", 1.0),
        lambda: brain.save("nowhere"),
    ]
    for call in calls:
        with pytest.raises(StateError) as caught:
            call()
        assert str(caught.value) == (
            "this brain is closed; build another one with DynamicBrain.from_thalia_config(config)"
        )
    assert brain.recording["spike_count"].sizes["time"] == 5


def test_closing_writes_the_recording_even_where_a_region_cannot_be_released(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brain = DynamicBrain.from_thalia_config(ACTING, out=tmp_path / "out.zarr")
    brain.forward(FULL, 12)

    def broken() -> None:
        raise OSError("the cluster is gone")

    monkeypatch.setattr(brain.executor, "close", broken)
    with pytest.raises(OSError, match="the cluster is gone"):
        brain.close()
    with xr.open_datatree(tmp_path / "out.zarr", engine="zarr", consolidated=False) as tree:
        assert tree.sizes["time"] == 12


def test_with_and_del_release_the_regions() -> None:
    with DynamicBrain.from_thalia_config(ACTING) as brain:
        brain.forward(FULL, 2)
    assert repr(brain).startswith("DynamicBrain(striatum, thalamus; sequential executor, at step 2")
    other = DynamicBrain.from_thalia_config(ACTING)
    executor = weakref.ref(other.executor)
    del other
    gc.collect()
    assert executor() is None


def run(source: str, out: Path, parallel: str, *options: str) -> subprocess.CompletedProcess[str]:
    """A script that is given a config, a path for a recording, and whether to be parallel."""
    script, config = out.with_name("script.py"), Path(__file__).parents[2] / "configs" / "two_regions.yaml"
    script.write_text(source)
    return subprocess.run(
        [sys.executable, *options, str(script), str(config), str(out), parallel],
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=150,
    )


SCRIPT = """
import sys
import numpy as np
from thalia_dask import DynamicBrain, load_config

if __name__ == "__main__":
    config = load_config(sys.argv[1], ["brain.parallel=" + sys.argv[3], "execution.n_workers=1"])
    brain = DynamicBrain.from_thalia_config(config, out=sys.argv[2])
    brain.forward(np.ones(50), 20)
    print("torch" in sys.modules)
    brain.itself = brain  # only the end of the interpreter ends this one
"""


@pytest.mark.parametrize("parallel", ["false", pytest.param("true", marks=pytest.mark.cluster)])
def test_the_end_of_the_interpreter_writes_and_releases(tmp_path: Path, parallel: str) -> None:
    out = tmp_path / "out.zarr"
    done = run(SCRIPT, out, parallel, "-W", "error")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout == f"{parallel == 'false'}\n", "torch takes seconds to import: only where regions live"
    with xr.open_datatree(out, engine="zarr", consolidated=False) as tree:
        assert tree.sizes["time"] == 20
        assert int(tree["spike_count"].sum()) > 0


FORKING = """
import multiprocessing, os, sys
from thalia_dask import DynamicBrain, load_config
from thalia_dask.errors import OutputError, StateError

if __name__ == "__main__":
    path, out, parallel = sys.argv[1:]
    config = load_config(path, ["brain.parallel=" + parallel, "execution.n_workers=1"])
    fork = multiprocessing.get_context("fork")
    with DynamicBrain.from_thalia_config(config, out=out) as brain:
        brain.forward([1.0] * 50, 15)
        last = fork.Event()
        outlives = fork.Process(target=last.wait)
        outlives.start()
        if os.fork() == 0:
            try:
                brain.forward(None, 1)
            except StateError as error:
                sys.exit(print(error, flush=True))
        print(os.wait()[1])
        brain.forward([1.0] * 50, 25)
        brain.save(out + ".state")
        try:
            DynamicBrain.from_thalia_config(load_config(path), out=out, overwrite=True)
        except OutputError:
            print("locked")
    DynamicBrain.load(out + ".state", out=out, append=True, parallel=False).close()
    last.set()
    outlives.join(60)
    print(outlives.exitcode)
"""


@pytest.mark.parametrize("parallel", ["false", pytest.param("true", marks=pytest.mark.cluster)])
def test_a_fork_leaves_the_brain_of_its_parent_alone(tmp_path: Path, parallel: str) -> None:
    """Whether it ends before or after: it writes nothing, and neither locks nor unlocks the recording."""
    out = tmp_path / "out.zarr"
    done = run(FORKING, out, parallel)
    assert done.returncode == 0, done.stderr
    assert re.sub(r"process \d+", "process 1", done.stdout).splitlines() == [
        "this brain is that of process 1, of which this one is a fork: its regions and its recording are not here; "
        "build another one here, or start processes by 'spawn'",
        "0",
        "locked",
        "0",
    ]
    with xr.open_datatree(out, engine="zarr", consolidated=False) as tree:
        assert tree["spike_count"].sizes["time"] == 40
        assert int(tree["spike_count"].isel(time=slice(15, None)).sum()) > 0


def test_faces_that_thalias_users_know(acting: DynamicBrain) -> None:
    assert acting._parallel_executor is None
    assert acting.adapters["striatum"].impl.n_neurons == 12 + 12 + 2
    assert acting.now == 0
    assert acting.plan.look_ahead_steps == 4
