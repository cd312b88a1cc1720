"""A recording is read as it was written, or refused by name of what is damaged."""

import json

import pytest
import xarray as xr

from thalia_dask import simulate
from thalia_dask.errors import InputError
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
