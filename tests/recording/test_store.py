import fcntl
import json
import os
import subprocess
import sys
import textwrap

import pytest
import xarray as xr
import zarr

from thalia_dask.engine.observer import TrialReport
from thalia_dask.errors import OutputError
from thalia_dask.recording import store as store_module
from thalia_dask.recording.lock import FolderLock
from thalia_dask.recording.mark import MARK
from thalia_dask.recording.store import check_output


def open_store(path):
    return xr.open_datatree(path, engine="zarr", consolidated=False, chunks=None)


@pytest.fixture
def recorded(tmp_path, new_recorder, drive):
    """A finished recording on disk."""
    recorder = new_recorder(path=tmp_path / "run.zarr")
    drive(recorder)
    recorder.on_close()
    return tmp_path / "run.zarr"


@pytest.mark.parametrize("flush_every_ms", [1.0, 2.5, 1000.0])
def test_what_is_on_disk_equals_what_is_in_memory(tmp_path, new_recorder, drive, flush_every_ms):
    in_memory = new_recorder()
    drive(in_memory, silent=("b",))
    on_disk = new_recorder(path=tmp_path / "run.zarr", flush_every_ms=flush_every_ms)
    drive(on_disk, silent=("b",))
    on_disk.on_close()
    stored, expected = open_store(tmp_path / "run.zarr").load(), in_memory.tree()
    timings = ["wall_seconds", "compute_seconds"]
    xr.testing.assert_identical(stored["engine"].to_dataset().drop_vars(timings), drop(expected, timings))
    for path in ("/", "a", "b"):
        xr.testing.assert_identical(stored[path].to_dataset(), expected[path].to_dataset())
        for name, variable in expected[path].variables.items():
            assert variable.dtype.kind == "U" or stored[path][name].dtype == variable.dtype


def drop(tree, names):
    return tree["engine"].to_dataset().drop_vars(names)


def test_a_long_run_is_on_disk_before_it_ends_and_not_in_memory(tmp_path, new_recorder, drive):
    recorder = new_recorder(path=tmp_path / "run.zarr", flush_every_ms=5.0)
    drive(recorder, 200, trials=0)
    assert open_store(tmp_path / "run.zarr").sizes["time"] > 185
    assert recorder._pending.n_windows < 10
    assert recorder.dataset(0, 200).sizes["time"] == 200


def test_the_tree_of_a_written_run_is_read_from_the_store(recorded, tmp_path, new_recorder, drive):
    recorder = new_recorder(path=tmp_path / "other.zarr")
    drive(recorder)
    assert list(recorder.tree().data_vars)[:3] == ["spike_count", "rate", "events_sent"]
    assert list(recorder.tree().children) == ["a", "b", "engine"]
    xr.testing.assert_identical(
        recorder.tree().drop_nodes("engine").load(), open_store(recorded).drop_nodes("engine").load()
    )


def test_annotations_and_trials_are_written(tmp_path, new_recorder, drive):
    recorder = new_recorder(path=tmp_path / "run.zarr")
    drive(recorder, trials=1)
    recorder.flush()
    recorder.on_trial(TrialReport(21, 5, 0.0, -1.0))
    recorder.annotate({"accuracy_heldout": 0.75})
    recorder.on_close()
    tree = open_store(tmp_path / "run.zarr")
    assert tree.attrs["accuracy_heldout"] == 0.75
    assert tree.action.values.tolist() == [0, 5]
    assert tree.trial.values.tolist() == [0, 1]


def test_plain_xarray_opens_it_without_this_package_and_without_warnings(recorded):
    script = f"""
        import sys

        class Absent:
            def find_spec(self, name, path=None, target=None):
                if name.partition(".")[0] == "thalia_dask":
                    raise ModuleNotFoundError(name)

        sys.meta_path.insert(0, Absent())
        import xarray
        tree = xarray.open_datatree({str(recorded)!r}, engine="zarr", consolidated=False)
        assert tree["a/spike_step"].values.tolist() == [0, 1, 1, 7, 8, 14, 15]
        assert tree.spike_count.sel(region="b", time=slice(0, 4)).values.tolist() == [0, 0, 0, 1, 1, 0, 0, 0, 0]
        print(tree.time.dtype, tree.time.attrs["units"], tree["engine"].wall_seconds.dtype)
        print(tree.population if "population" in tree else tree["a"].population.values.tolist())
    """
    answer = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(script)], capture_output=True, text=True, check=False
    )
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout == "float64 ms float64\n['excitatory', 'excitatory', 'inhibitory']\n"


def test_a_run_that_stops_midway_leaves_what_was_flushed(tmp_path, new_recorder, drive):
    recorder = new_recorder(path=tmp_path / "run.zarr", flush_every_ms=5.0)
    drive(recorder, 55, trials=0)  # blocks of 4 windows of 3 steps; never closed
    tree = open_store(tmp_path / "run.zarr").load()
    assert tree.sizes["time"] == 48
    assert int(tree.spike_count.sel(region="a").sum()) == tree["a"].sizes["spike"] > 10


def test_a_reader_never_sees_half_a_block(tmp_path, new_recorder, drive, monkeypatch):
    seen = []
    write = store_module.ZarrStore._extend

    def write_and_read(self, *arguments):
        write(self, *arguments)
        tree = open_store(self._path)
        seen.append((tree.sizes["time"], tree["a"].sizes["spike"]))

    monkeypatch.setattr(store_module.ZarrStore, "_extend", write_and_read)
    recorder = new_recorder(path=tmp_path / "run.zarr", flush_every_ms=5.0)
    drive(recorder, 20, trials=0)
    recorder.on_close()
    assert set(seen) == {(0, 0), (12, 5)}
    assert open_store(tmp_path / "run.zarr").sizes["time"] == 20


def test_an_interrupted_write_can_be_repeated(tmp_path, new_recorder, drive, monkeypatch):
    recorder = new_recorder(path=tmp_path / "run.zarr")
    drive(recorder)
    write = store_module.ZarrStore._extend
    calls = []

    def interrupt(self, *arguments):
        calls.append(arguments)
        if len(calls) == 4:
            raise KeyboardInterrupt
        write(self, *arguments)

    monkeypatch.setattr(store_module.ZarrStore, "_extend", interrupt)
    with pytest.raises(KeyboardInterrupt):
        recorder.flush()
    assert open_store(tmp_path / "run.zarr").sizes["time"] == 0
    recorder.on_close()
    reference = new_recorder()
    drive(reference)
    xr.testing.assert_identical(
        open_store(tmp_path / "run.zarr").load().drop_nodes("engine"), reference.tree().drop_nodes("engine")
    )


def test_a_full_disk_is_an_output_error(tmp_path, new_recorder, drive, monkeypatch):
    recorder = new_recorder(path=tmp_path / "run.zarr")
    drive(recorder)

    def refuse(self, *arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store_module.ZarrStore, "_extend", refuse)
    with pytest.raises(OutputError, match=r"run.zarr could not be written further: .*No space left.*mend that"):
        recorder.on_close()
    monkeypatch.setattr(zarr.Group, "update_attributes", refuse)
    with pytest.raises(OutputError, match=r"of output .*run.zarr cannot be written: .*No space left.*free"):
        recorder.annotate({"accuracy": 1.0})


def test_an_existing_output_is_refused_and_kept(recorded, new_recorder):
    before = open_store(recorded).load()
    with pytest.raises(OutputError) as caught:
        new_recorder(path=recorded)
    assert str(caught.value) == (
        f"output {recorded} exists; write another path, or --overwrite (in Python overwrite=True) to replace it"
    )
    xr.testing.assert_identical(open_store(recorded).load(), before)


def test_overwrite_replaces_a_recording(recorded, new_recorder, drive):
    recorder = new_recorder(path=recorded, overwrite=True)
    drive(recorder, 3)
    recorder.on_close()
    assert open_store(recorded).sizes["time"] == 3


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize(
    "what", ["file", "folder", "foreign zarr", "foreign attributes", "broken json", "link", "copy", "derived"]
)
def test_overwrite_deletes_nothing_that_is_not_ours(tmp_path, recorded, what, overwrite):
    path = tmp_path / "precious"
    if what == "file":
        path.write_text("thesis")
    elif what == "link":
        path.symlink_to(recorded)
    elif what == "copy":
        open_store(recorded).to_zarr(path, consolidated=False)
    elif what == "derived":
        root = open_store(recorded).to_dataset()
        xr.concat([root, root], "run").to_zarr(path, consolidated=False)
    else:
        path.mkdir()
    if what == "foreign zarr":
        zarr.create_group(path, overwrite=True, attributes={"schema_version": 1})
    if what == "foreign attributes":
        (path / "zarr.json").write_text(json.dumps({"attributes": ["schema_version"]}))
    if what == "broken json":
        (path / "zarr.json").write_text("{")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(OutputError) as caught:
        check_output(path, overwrite=overwrite)
    assert str(caught.value) == (
        f"output {path} exists and is no recording that thalia_dask wrote (it has no region/written_by_thalia_dask; "
        "copies, what was derived and recordings of early versions have none), so it is not replaced; write another "
        "path or remove it yourself"
    )
    assert sorted(tmp_path.rglob("*")) == before


def test_xarray_that_writes_over_a_recording_makes_it_its_own(recorded):
    open_store(recorded).to_dataset()[["rate"]].load().to_zarr(recorded, mode="w", consolidated=False)
    with pytest.raises(OutputError, match="so it is not replaced"):
        check_output(recorded, overwrite=True)


@pytest.mark.parametrize("at", ["_create", "_clear"])
def test_what_a_crash_left_can_be_overwritten(recorded, new_recorder, drive, monkeypatch, at):
    def crash(*_arguments):
        raise KeyboardInterrupt

    owner, name = {"_create": (store_module.ZarrStore, "_create"), "_clear": (store_module.shutil, "rmtree")}[at]
    with monkeypatch.context() as patched:
        patched.setattr(owner, name, crash)
        with pytest.raises(KeyboardInterrupt):
            new_recorder(path=recorded, overwrite=True)
    recorder = new_recorder(path=recorded, overwrite=True)
    drive(recorder, 3)
    recorder.on_close()
    assert open_store(recorded).sizes["time"] == 3


def test_a_recording_goes_on_only_where_thalia_dask_wrote_it(recorded, new_recorder, drive):
    recorder = new_recorder(path=recorded, overwrite=True)
    drive(recorder)
    position = recorder.secure()
    recorder.on_close()
    new_recorder(path=recorded, position=position).on_close()
    (recorded / MARK).unlink()
    with pytest.raises(
        OutputError, match=r"there is no recording that thalia_dask wrote at .*run.zarr to go on with"
    ):
        new_recorder(path=recorded, position=position)


def test_a_missing_folder_is_refused(tmp_path, new_recorder):
    with pytest.raises(OutputError, match=r"output .*run.zarr: the folder .*missing does not exist; create it or"):
        new_recorder(path=tmp_path / "missing" / "run.zarr")


def test_an_unwritable_folder_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everywhere
    with pytest.raises(OutputError, match=r"the folder .* is not writable; write another path"):
        check_output(tmp_path / "run.zarr")


def test_two_runs_to_one_output(tmp_path, new_recorder, drive):
    path = tmp_path / "run.zarr"
    recorder = new_recorder(path=path)
    for overwrite in (False, True):
        with pytest.raises(OutputError) as caught:
            new_recorder(path=path, overwrite=overwrite)
        assert str(caught.value) == (
            f"output {path} is being recorded to by another run; write another path, or wait for its end"
        )
    drive(recorder)
    recorder.on_close()
    new_recorder(path=path, overwrite=True).on_close()
    assert open_store(path).sizes["time"] == 0


def test_a_store_that_cannot_be_created_is_held_by_nobody(tmp_path, new_recorder, monkeypatch):
    def refuse(*_arguments):
        raise OSError(36, "File name too long")

    with monkeypatch.context() as patched:
        patched.setattr(store_module.ZarrStore, "_create", refuse)
        with pytest.raises(OutputError, match=r"run.zarr cannot be created: ") as caught:
            new_recorder(path=tmp_path / "run.zarr")
    new_recorder(path=tmp_path / "run.zarr", overwrite=True).on_close()
    assert "File name too long" in str(caught.value)  # which holds on to whatever was made


def test_a_folder_that_cannot_be_locked(tmp_path, monkeypatch):
    def refuse(*_arguments):
        raise OSError(37, "No locks available")

    opened = len(os.listdir("/proc/self/fd"))
    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(OSError, match="No locks available") as caught:
        FolderLock(tmp_path)
    assert caught.value.errno == 37
    assert len(os.listdir("/proc/self/fd")) == opened


def test_a_dead_run_holds_nothing(tmp_path):
    script = """
        import os, sys
        from pathlib import Path
        from thalia_dask.recording.lock import FolderLock
        lock = FolderLock(Path(sys.argv[1]))
        os.kill(os.getpid(), 9)
    """
    process = subprocess.run([sys.executable, "-c", textwrap.dedent(script), tmp_path], check=False)
    assert process.returncode == -9
    check_output(tmp_path / "run.zarr")


FULL_DISK = """
    import resource, sys
    from thalia_dask.cli import main
    largest = int(sys.argv.pop(1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
    main()
"""


def test_a_full_disk_ends_the_run_and_leaves_what_was_recorded(tmp_path):
    out = tmp_path / "run.zarr"
    config = tmp_path / "config.yaml"
    config.write_text("brain: {regions: {a: {kind: cortex, size: 20, spontaneous: true}}}")
    arguments = ["6000", "run", config, "--duration-ms", "100000", "--out", out]
    options = ["--set", "recording.flush_every_ms=200"]
    command = [sys.executable, "-c", textwrap.dedent(FULL_DISK), *map(str, arguments), *options]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    assert process.returncode == 2, process.stderr
    assert f"Error: output {out} could not be written further: [Errno 27] File too large" in process.stderr
    assert process.stderr.endswith(
        "mend that, then go on from the last checkpoint (thalia-dask resume), or write another path\n"
    )
    tree = open_store(out).load()
    n_steps = tree.sizes["time"]
    assert 200 <= n_steps < 100_000
    assert tree["spike_count"].sum() == tree["a/spike_step"].size
    assert not list(tmp_path.rglob("*.partial"))
