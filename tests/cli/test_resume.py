"""However a run ends, resume brings it to the end that it would have had."""

import os
import shutil
import signal
from contextlib import nullcontext

import gymnasium
import pytest
import xarray as xr
import yaml
import zarr
from click.testing import CliRunner

from tests.cli.conftest import TINY
from tests.cli.running import (
    assert_same_results,
    checkpoints,
    ctrl_c,
    family,
    is_free,
    last_state,
    ports_of,
    start,
    wait_for,
    wait_for_checkpoint,
)
from thalia_dask.cli import main
from thalia_dask.cli.stopping import how_to_go_on
from thalia_dask.errors import ClusterError, RecoveryError, WorkerLostError

LONG = {"epochs": 2, "trials_per_epoch": 100, "evaluation_trials": 10}
OFTEN = ("--set", "checkpoint.every_ms=200")
ON_TWO = ("--set", "brain.parallel=true", "--set", "execution.n_workers=2")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A config, and the training that was never interrupted."""
    folder = tmp_path_factory.mktemp("whole")
    config = folder / "tiny.yaml"
    config.write_text(yaml.safe_dump({**TINY, "training": LONG}))
    result = CliRunner().invoke(main, ["train", str(config), "--out", str(folder / "whole.zarr")])
    assert result.exit_code == 0, result.output
    return folder / "whole.zarr", config, result.stdout


def copied(recording, name):
    copy = recording.with_name(f"{name}.zarr")
    for suffix in (".zarr", ".checkpoints"):
        shutil.copytree(recording.with_suffix(suffix), copy.with_suffix(suffix))
    return copy


def gone(processes):
    wait_for(lambda: not any(one.is_running() and one.status() != "zombie" for one in processes), "their end")


@pytest.mark.cluster
def test_a_client_that_is_killed(whole, call, tmp_path, three_workers):
    recording, config, told = whole
    out = tmp_path / "run.zarr"
    process = start("train", config, "--out", out, *OFTEN, *ON_TWO)
    wait_for_checkpoint(process, out)
    started = family(process)
    ports = ports_of(started)
    assert len(ports) > 2
    process.kill()
    process.communicate()
    gone(started)
    assert all(is_free(port) for port in ports)
    running = ("--scheduler", three_workers.scheduler.address, "--set")
    for how in (
        ("--set", "brain.parallel=false"),
        (*running, "execution.n_workers=1"),
        (*running, "execution.n_workers=3"),
    ):
        copy = copied(out, how[-1])
        result = call("resume", copy, *how)
        assert result.exit_code == 0, result.output
        assert_same_results(copy, recording)
        assert result.stdout.split("\n\n")[0] == told.split("\n\n")[0], "the learning curve"
        assert not list(tmp_path.rglob("*.partial"))


@pytest.mark.cluster
@pytest.mark.parametrize("stop", [ctrl_c, lambda process: process.terminate()], ids=["Ctrl-C", "SIGTERM"])
def test_a_run_that_is_asked_to_stop(whole, call, tmp_path, stop):
    recording, config, _ = whole
    out = tmp_path / "run.zarr"
    process = start("train", config, "--out", out, *OFTEN, *(ON_TWO if stop is ctrl_c else ()))
    wait_for_checkpoint(process, out)
    started = family(process)
    stop(process)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "saving the state before the end; once more to end at once" in told
    now = last_state(out).travel.now
    assert told.endswith(f"Error: stopped at {now} ms, as was asked; go on with: thalia-dask resume {out}\n")
    gone(started)
    with xr.open_dataset(out, engine="zarr", consolidated=False) as recorded:
        assert recorded.sizes["time"] == now, "all of it is recorded"
    result = call("resume", out, "--set", "brain.parallel=false")
    assert result.exit_code == 0, result.output
    assert_same_results(out, recording)


def test_a_second_request_does_not_wait(call, two_regions, tmp_path, monkeypatch):
    def never_ends(*_):
        for _ in range(2):
            signal.raise_signal(signal.SIGINT)
        raise AssertionError("the second request did not interrupt")

    monkeypatch.setattr("thalia_dask.engine.sequential.advance_region", never_ends)
    before = signal.getsignal(signal.SIGINT)
    result = call("run", two_regions, "--duration-ms", 20, "--out", tmp_path / "run.zarr")
    assert result.exit_code == 130
    assert result.stderr.endswith(
        "Error: interrupted; a recording that had begun keeps what was simulated until then\n"
    )
    assert signal.getsignal(signal.SIGINT) is before


HANGING = """
import time
from thalia_dask.regions.base import Region
from thalia_dask.regions.kind import Anatomy, RegionKind
from thalia_dask.spikes import SpikePacket

class Hanging(Region):
    populations = {"all": 1}
    def advance(self, window, arrivals):
        if window.stop > 50:
            time.sleep(600)
        return SpikePacket()
    def snapshot(self):
        return {}
    def restore(self, snapshot):
        pass

class Kind(RegionKind):
    def anatomy(self, spec):
        return Anatomy((("all", 1),), ("in",), "in", "in", "all", 1)
    def create(self, spec):
        return Hanging()

KIND = Kind()
"""


@pytest.mark.cluster
def test_twice_ends_it_although_a_region_hangs(tmp_path, monkeypatch):
    about = tmp_path / "hanging-0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: hanging\nVersion: 0\n")
    (about / "entry_points.txt").write_text("[thalia_dask.regions]\nhanging = hanging:KIND\n")
    (tmp_path / "hanging.py").write_text(HANGING)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    regions = {
        "a": {"kind": "cortex", "size": 10, "input_size": 5},
        "b": {"kind": "hanging", "size": 1, "input_size": 1},
    }
    config, out = tmp_path / "hangs.yaml", tmp_path / "run.zarr"
    config.write_text(yaml.safe_dump({"brain": {"regions": regions}, "checkpoint": {"every_ms": 20}}))
    process = start("run", config, "--duration-ms", 200, "--out", out, *ON_TWO)
    wait_for(lambda: len(checkpoints(out)) == 2 or process.poll() is not None, "the step before the one that hangs")
    started = family(process)
    ctrl_c(process)
    assert process.stderr.readline() == "saving the state before the end; once more to end at once\n"
    ctrl_c(process)
    _, told = process.communicate(timeout=30)
    assert process.returncode == 130, told
    assert told == "Error: interrupted; a recording that had begun keeps what was simulated until then\n"
    gone(started)
    assert last_state(out).travel.now == 40


@pytest.mark.parametrize("error", [RecoveryError, ClusterError])
def test_a_run_that_its_workers_fail_ends_with_the_command_to_go_on(stopped, tmp_path, error):
    with pytest.raises(error) as caught, how_to_go_on(stopped, "thalia-dask resume"):
        raise error("no worker is left")
    assert str(caught.value) == "no worker is left; go on with: thalia-dask resume"
    with (
        pytest.raises(
            WorkerLostError, match=r"^gone; no checkpoint of .*new\.zarr had been written yet, so start the"
        ),
        how_to_go_on(tmp_path / "new.zarr", "thalia-dask resume"),
    ):
        raise WorkerLostError("gone")


@pytest.fixture
def stopped(call, two_regions, tmp_path, monkeypatch):
    """A run of 60 steps that was asked to stop after the first ten."""
    out = tmp_path / "run.zarr"
    with monkeypatch.context() as patch:
        patch.setattr("thalia_dask.cli.stopping.stop_on_request", lambda: nullcontext(lambda: True))
        result = call("run", two_regions, "--duration-ms", 60, "--out", out)
    assert result.exit_code == 130, result.output
    assert last_state(out).travel.now == 10
    return out


@pytest.fixture
def stopped_at_once(monkeypatch):
    monkeypatch.setattr("thalia_dask.cli.stopping.stop_on_request", lambda: nullcontext(lambda: True))


def test_the_command_to_go_on_imports_what_this_one_did(stopped_at_once, call, two_regions, tmp_path, monkeypatch):
    for name in ("my_kind", "my_other"):
        (tmp_path / f"{name}.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    out = tmp_path / "my run.zarr"
    imports = ("--import", "my_kind", "--import", "my_other")
    told = call("run", two_regions, "--duration-ms", 60, "--out", out, *imports).stderr
    to_go_on = f"go on with: thalia-dask resume '{out}' --import my_kind --import my_other\n"
    assert told.endswith(to_go_on)
    assert call("resume", out, *imports).stderr.endswith(to_go_on)


@pytest.mark.cluster
def test_the_command_to_go_on_names_the_workers(stopped_at_once, call, two_regions, tmp_path, three_workers):
    cluster = tmp_path / "cluster.yaml"
    cluster.write_text("{kind: local, n_workers: 1, processes: false}")
    address = three_workers.scheduler.address
    for how in (("--cluster", str(cluster)), ("--scheduler", address)):
        out = tmp_path / f"{how[0]}.zarr"
        result = call("run", two_regions, "--duration-ms", 60, "--out", out, *how)
        assert result.stderr.endswith(f"go on with: thalia-dask resume {out} {' '.join(how)}\n"), result.output


def test_a_plain_run(stopped, call, two_regions, tmp_path):
    call("run", two_regions, "--duration-ms", 60, "--out", tmp_path / "whole.zarr", "--set", "checkpoint.every_ms=7")
    assert [path.stem for path in checkpoints(tmp_path / "whole.zarr")] == ["000008", "000009"], "the last two"
    zarr.open_group(stopped, mode="r+").attrs["executor"] = "dask"
    result = call("resume", stopped)
    assert result.exit_code == 0, result.output
    assert "(sequential), recorded in" in result.stdout, "how it went on, not how it began"
    assert result.stderr == f"going on at 10 ms, from {checkpoints(stopped)[0]}\n"
    assert_same_results(stopped, tmp_path / "whole.zarr")
    again = call("resume", stopped)
    assert again.exit_code == 0, "a run that is complete stays as it is"
    assert_same_results(stopped, tmp_path / "whole.zarr")


def test_what_was_recorded_after_the_checkpoint_is_cut_off(stopped, call, two_regions, tmp_path):
    call("run", two_regions, "--duration-ms", 60, "--out", tmp_path / "whole.zarr")
    early = tmp_path / "early.checkpoints"
    shutil.copytree(stopped.with_suffix(".checkpoints"), early)
    shutil.copytree(tmp_path / "whole.zarr", tmp_path / "early.zarr")
    assert call("resume", tmp_path / "early.zarr").exit_code == 0
    assert_same_results(tmp_path / "early.zarr", tmp_path / "whole.zarr")


def test_a_damaged_checkpoint_is_passed_over(stopped, call):
    good = checkpoints(stopped)[0]
    bad = good.with_name("000002.zarr")
    bad.write_bytes(good.read_bytes()[:-100])
    result = call("resume", stopped)
    assert result.exit_code == 0, result.output
    assert f"Warning: checkpoint {bad} is damaged: the table of contents at its end" in result.stderr
    assert f"the checkpoint before it is sound: {good}" in result.stderr


def test_nothing_to_go_on_from(stopped, refused):
    for checkpoint in checkpoints(stopped):
        checkpoint.unlink()
    assert refused("resume", stopped, exit_code=1) == (
        f"there is no sound checkpoint in {stopped.with_suffix('.checkpoints')}, so nothing can be resumed; "
        "start the run again with --overwrite"
    )


@pytest.mark.parametrize(
    ("name", "what"), [("nope", "does not exist"), ("foreign", "is no recording that thalia_dask wrote")]
)
def test_no_run_to_go_on_with(refused, tmp_path, name, what):
    zarr.create_group(tmp_path / "foreign.zarr")
    recording = tmp_path / f"{name}.zarr"
    assert refused("resume", recording) == (
        f"{recording} {what}, so there is no run to go on with; write the --out of an earlier run"
    )


MY_TASK = """
import gymnasium

from thalia_dask.tasks.bandit import Bandit

gymnasium.register("Mine-v0", lambda: gymnasium.wrappers.TimeLimit(Bandit(), 3))
"""


def test_an_environment_of_ones_own(call, refused, tmp_path, monkeypatch):
    (tmp_path / "my_task.py").write_text(MY_TASK)
    monkeypatch.syspath_prepend(tmp_path)
    config, out = tmp_path / "mine.yaml", tmp_path / "mine.zarr"
    config.write_text(yaml.safe_dump({**TINY, "task": {"name": "Mine-v0"}}))
    train = ("train", config, "--set", "brain.sizes.n_actions=2", "--set", "brain.sizes.input_size=32", "--out", out)
    untold = refused(*train)
    result = call(*train, "--import", "my_task")
    assert result.exit_code == 0, result.output
    gymnasium.registry.pop("Mine-v0")
    assert refused("resume", out) == untold
    assert untold.startswith("task.name is 'Mine-v0', which is no task and no Gymnasium environment")
    assert untold.endswith("lists all), or import the module that registers it first (--import MODULE)")


def test_another_brain_is_refused(stopped, refused):
    assert refused("resume", stopped, "--set", "global.seed=3") == (
        "--set changes what is simulated, but a run that is resumed stays the same; write a value of execution or "
        "checkpoint, or brain.parallel"
    )


def test_the_recording_of_another_run_is_refused(stopped, call, refused, two_regions):
    kept = stopped.with_name("kept")
    stopped.with_suffix(".checkpoints").rename(kept)
    call("run", two_regions, "--duration-ms", 5, "--out", stopped, "--overwrite", "--set", "checkpoint.keep=0")
    kept.rename(stopped.with_suffix(".checkpoints"))
    message = refused("resume", stopped)
    assert message.startswith(f"the recording {stopped} does not belong to this checkpoint: ")
    assert message.endswith("has 5 values along 'time', and 10 had been written")


def test_checkpoints_of_an_earlier_run_do_not_stay(stopped, call, refused, two_regions):
    shutil.rmtree(stopped)
    again = ("run", two_regions, "--duration-ms", 5, "--out", stopped)
    assert refused(*again).startswith(f"output {checkpoints(stopped)[0]} exists; write another --out, or --overwrite")
    assert call(*again, "--overwrite", "--set", "checkpoint.keep=0").exit_code == 0
    assert checkpoints(stopped) == []
