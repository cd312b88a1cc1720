"""A recording is read as it was written, or refused by name of what is damaged."""

import json

import dask
import pytest
import xarray as xr

from thalia_dask import simulate
from thalia_dask.errors import InputError
from thalia_dask.plots.rates import plot_rates
from thalia_dask.recording import reading
from thalia_dask.recording.reading import load_recording


@pytest.fixture
def recording(tmp_path):
    brain = {"regions": {"a": {"kind": "cortex", "size": 20, "input_size": 5}}}
    simulate({"brain": brain}, 100, out=tmp_path / "run.zarr")
    return tmp_path / "run.zarr"


def test_what_is_whole(recording):
    tree = load_recording(recording)
    with xr.open_datatree(recording, engine="zarr", consolidated=False) as opened:
        assert tree["a"]["spike_step"].size > 0
        assert tree["a"]["spike_step"].identical(opened["a"]["spike_step"].load())


def cut(path):
    path.write_bytes(path.read_bytes()[:-1])


def shorten(path):
    about = json.loads(path.read_text())
    about["shape"][-1] -= 1
    path.write_text(json.dumps(about))


@pytest.mark.parametrize(
    ("file", "spoil", "part"),
    [
        ("a/spike_step/c/0", cut, "a"),
        ("a/spike_step/c/0", lambda path: path.unlink(), "a/spike_step"),
        ("rate/zarr.json", cut, "rate"),
        ("rate/zarr.json", shorten, "/"),
        ("zarr.json", cut, "attributes"),
    ],
)
def test_damage_is_named(recording, file, spoil, part):
    spoil(recording / file)
    with pytest.raises(InputError) as caught:
        load_recording(recording)
    assert str(caught.value).startswith(f"the recording '{recording}' is damaged: {part} is not what was written")


def open_plainly(path):
    return xr.open_datatree(path, engine="zarr", consolidated=False)


@pytest.mark.parametrize("chunks", [None, {}])
def test_a_copy_that_xarray_saved_is_read_like_the_recording(recording, tmp_path, chunks):
    with dask.config.set(scheduler="synchronous"):  # whatever client an earlier test has left as the default
        xr.open_datatree(recording, engine="zarr", consolidated=False, chunks=chunks).to_zarr(
            tmp_path / "copy.zarr", consolidated=False
        )
    copy = load_recording(tmp_path / "copy.zarr")
    assert copy.identical(load_recording(recording))
    plot_rates(copy)


def test_a_copy_leaves_out_chunks_that_hold_nothing(tmp_path):
    out, copy = tmp_path / "silent.zarr", tmp_path / "copy.zarr"
    simulate({"brain": {"regions": {"a": {"kind": "thalamus", "size": 1, "spontaneous": True}}}}, 10, out=out)
    open_plainly(out).to_zarr(copy, consolidated=False)
    assert not (copy / "spike_count" / "c" / "0" / "0").exists()
    assert load_recording(copy).identical(load_recording(out))


def test_what_a_copy_leaves_out_is_bounded(recording, tmp_path, monkeypatch):
    open_plainly(recording).to_zarr(tmp_path / "copy.zarr", consolidated=False)
    monkeypatch.setattr(reading, "_MOST_LEFT_OUT", 10)
    with pytest.raises(InputError, match=r"events_sent is not what a recording holds .*1 chunks are expected, and 0"):
        load_recording(tmp_path / "copy.zarr")


def test_what_was_derived_is_told_from_what_is_damaged(recording, tmp_path):
    root = open_plainly(recording).to_dataset()
    xr.concat([root, root], "run").to_zarr(tmp_path / "both.zarr", consolidated=False)
    with pytest.raises(InputError) as caught:
        load_recording(tmp_path / "both.zarr")
    assert str(caught.value) == (
        f"'{tmp_path / 'both.zarr'}' was written by another program, or derived, and is no recording any more: "
        "spike_count is not what a recording holds (ValueError: its dimensions or attributes are others); read it "
        "with xarray"
    )
