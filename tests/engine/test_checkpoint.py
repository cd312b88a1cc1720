"""Saved at any step, loaded on any executor: the same bits as a brain that never stopped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
import torch
import zarr
from distributed import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from zarr.storage import ZipStore

from tests.brain.small_brains import act, final_state, forward, small_brains, stimulus
from tests.toy_brains import Diary
from thalia_dask import DynamicBrain, load_config
from thalia_dask.config import ExecutionConfig, ThaliaConfig
from thalia_dask.engine import checkpoint
from thalia_dask.engine.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from thalia_dask.engine.travel import TravelState
from thalia_dask.errors import CheckpointError, InputError, OutputError, StateError
from thalia_dask.spikes import Signal

CONFIGS = Path(__file__).parents[2] / "configs"
DIGITS, TWO_REGIONS = CONFIGS / "digits.yaml", CONFIGS / "two_regions.yaml"


def small_state(value: float = 1.0) -> Checkpoint:
    """Every kind of value that a snapshot may hold."""
    int32 = np.int32
    return Checkpoint(
        config='{"x": 1}',
        travel=TravelState(
            now=17,
            flights=[
                ("a", 1, np.array([17, 19], int32), np.array([3, 0], int32)),
                ("b", 0, np.array([20], int32), np.array([5], int32)),
            ],
            signals=(Signal(17, "dopamine", -0.1), Signal(17, "action", 2)),
        ),
        regions={
            "a": {
                "weight": torch.tensor([value, -0.0, 1e-45, float("nan")]),
                "dotted.name": torch.arange(6).reshape(2, 3),
                "scalar": torch.tensor(0.1, dtype=torch.float64),
                "empty": torch.empty(0, 4),
                "minus zeros": -torch.zeros(3),
                "flag": torch.tensor([True, False]),
                "numpy": np.array([1, 2**63], np.uint64),
                "step": 2**40,
                "level": 0.1 + 0.2,
                "on": True,
            },
            "b": {},
        },
        memory={"votes": [1, -2], "confidence": 1 / 3, "action": None},
    )


def assert_same(a: Checkpoint, b: Checkpoint) -> None:
    assert (a.config, a.memory, a.travel.now, a.travel.signals) == (
        b.config,
        b.memory,
        b.travel.now,
        b.travel.signals,
    )
    assert len(a.travel.flights) == len(b.travel.flights)
    for left, right in zip(a.travel.flights, b.travel.flights, strict=True):
        assert left[:2] == right[:2]
        for i in (2, 3):
            assert left[i].dtype == right[i].dtype
            assert left[i].tolist() == right[i].tolist()
    assert list(a.regions) == list(b.regions)
    for name in a.regions:
        one, other = a.regions[name], b.regions[name]
        assert one.keys() == other.keys()
        for key in one:
            assert type(one[key]) is type(other[key]), key
            left, right = np.asarray(one[key]), np.asarray(other[key])
            assert (left.dtype, left.shape, left.tobytes()) == (right.dtype, right.shape, right.tobytes()), key


def test_every_bit_and_type_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "state.zarr"
    write_checkpoint(path, small_state())
    assert_same(read_checkpoint(path), small_state())
    assert sorted(p.name for p in tmp_path.iterdir()) == ["state.zarr"], "nothing is left beside it"


def test_nothing_in_flight(tmp_path: Path) -> None:
    state = Checkpoint("{}", TravelState(0, [], ()), {}, {})
    write_checkpoint(tmp_path / "state.zarr", state)
    assert_same(read_checkpoint(tmp_path / "state.zarr"), state)


def test_no_pickle_inside_and_plain_zarr_reads_it(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "state.zarr", small_state())
    with ZipStore(tmp_path / "state.zarr", mode="r") as store:
        root = zarr.open_group(store, mode="r")
        for name, value in small_state().regions["a"].items():
            if isinstance(value, torch.Tensor | np.ndarray):
                written, read = np.asarray(value), np.asarray(root[f"regions/a/{name}"][...])
                assert (read.dtype, read.shape, read.tobytes()) == (written.dtype, written.shape, written.tobytes())
        assert root.attrs["now"] == 17
    with ZipFile(tmp_path / "state.zarr") as archive:
        for name in archive.namelist():
            assert b"pickle" not in archive.read(name)


def test_an_existing_path_is_refused_unless_a_checkpoint_is_to_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "state.zarr"
    write_checkpoint(path, small_state(1.0))
    with pytest.raises(OutputError) as caught:
        write_checkpoint(path, small_state(2.0))
    assert str(caught.value) == f"checkpoint {path} exists; write another path, or overwrite=True to replace it"
    assert_same(read_checkpoint(path), small_state(1.0))
    write_checkpoint(path, small_state(2.0), overwrite=True)
    assert_same(read_checkpoint(path), small_state(2.0))
    assert [p.name for p in tmp_path.iterdir()] == ["state.zarr"]


@pytest.mark.parametrize("make", ["file", "folder", "link", "recording"])
def test_somebody_elses_data_is_never_replaced(tmp_path: Path, make: str) -> None:
    path = tmp_path / "mine"
    if make == "file":
        path.write_text("precious")
    elif make == "link":
        write_checkpoint(tmp_path / "other", small_state())
        path.symlink_to(tmp_path / "other")
    elif make == "recording":
        zarr.create_group(path, attributes={"source": "thalia_dask 0.1", "schema_version": 1})
    else:
        path.mkdir()
    with pytest.raises(
        OutputError, match="exists and is no checkpoint, so overwrite=True does not replace it; write an"
    ):
        write_checkpoint(path, small_state(), overwrite=True)
    assert path.exists()


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"the folder .*/no does not exist; create it or write another path"):
        write_checkpoint(tmp_path / "no" / "state.zarr", small_state())


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("broken", [(checkpoint, "_write"), (Path, "replace")])
def test_a_write_that_fails_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: tuple[Any, str], overwrite: bool
) -> None:
    path = tmp_path / "state.zarr"
    if overwrite:
        write_checkpoint(path, small_state(1.0))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(*broken, full)
    with pytest.raises(OutputError, match=r"state.zarr could not be written: .*No space left on device"):
        write_checkpoint(path, small_state(2.0), overwrite=overwrite)
    monkeypatch.undo()
    assert [p.name for p in tmp_path.iterdir()] == ["state.zarr"] * overwrite
    if overwrite:
        assert_same(read_checkpoint(path), small_state(1.0))


@pytest.mark.parametrize(
    ("snapshot", "told"),
    [
        (
            {"text": "hello"},
            "the entry 'text' in the snapshot of region 'a' is a str; write a tensor, an array, an int",
        ),
        (
            {"level": np.float32(1)},
            "the entry 'level' in the snapshot of region 'a' is a float32; write a tensor, an",
        ),
        (
            {"weight": torch.ones(2, dtype=torch.bfloat16)},
            "the entry 'weight' in the snapshot of region 'a' is of torch.bfloat16, which a file of arrays does not "
            "have; write x.float()",
        ),
        (
            {"a/b": np.zeros(1), "a|b": np.ones(1)},
            "two entries in regions/a are kept as 'a|b'; give 'a|b' another name",
        ),
        (
            None,
            "the snapshot of region 'a' is a NoneType; write a dict of tensors, arrays, ints and floats, {} where "
            "there is no state",
        ),
    ],
)
def test_a_snapshot_of_something_else_is_refused(tmp_path: Path, snapshot: Any, told: str) -> None:
    with pytest.raises(TypeError) as caught:
        write_checkpoint(tmp_path / "state.zarr", Checkpoint("{}", TravelState(0, [], ()), {"a": snapshot}, {}))
    assert str(caught.value).startswith(told)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("run", "told"),
    [
        (
            {"epoch": 1, "loss": np.float32(1)},
            "run['loss'] is np.float32(1.0), which cannot be kept (Object of type float32 is not JSON serializable); "
            "write JSON values: int(x) or float(x) of a NumPy number, x.tolist() of an array",
        ),
        ({1: "epoch"}, "run has the name 1; write a text"),
        ([1], "run is [1]; write a mapping from names to JSON values"),
    ],
)
def test_a_run_that_is_no_json(tmp_path: Path, run: Any, told: str) -> None:
    path = tmp_path / "state.zarr"
    with pytest.raises(InputError) as caught:
        write_checkpoint(path, replace(small_state(), run=run))
    assert str(caught.value) == f"checkpoint {path}: {told}"
    assert not list(tmp_path.iterdir())


def test_what_is_no_checkpoint_is_told(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"^there is no checkpoint at .*/nothing; write a path that brain.save"):
        read_checkpoint(str(tmp_path / "nothing"))
    (tmp_path / "notes.txt").write_text("hello")
    for path in (tmp_path, tmp_path / "notes.txt"):
        with pytest.raises(
            CheckpointError, match=r"is no checkpoint; write a path that brain.save\(path\) was given"
        ):
            read_checkpoint(path)


@pytest.mark.parametrize(
    ("asked", "named"),
    [("zzz", None), ("epoch_10.zarr", "epoch_9.zarr"), ("epoch_9.zarr", "epoch_2.zarr"), ("epoch_2.zarr", None)],
)
def test_only_an_earlier_one_of_the_same_series_is_named(tmp_path: Path, asked: str, named: str | None) -> None:
    for name in ("snap.zarr", "epoch_2.zarr", "epoch_9.zarr", "epoch_30.zarr", "other_1.zarr"):
        write_checkpoint(tmp_path / name, small_state())
    (tmp_path / asked).unlink(missing_ok=True)
    told = f"there is no checkpoint at {tmp_path / asked}; write a path that brain.save(path) was given"
    if named is not None:
        told += f"; the checkpoint before it is sound: {tmp_path / named}"
    with pytest.raises(CheckpointError) as caught:
        read_checkpoint(tmp_path / asked)
    assert str(caught.value) == told


def test_a_later_version_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "state.zarr"
    monkeypatch.setattr(checkpoint, "SCHEMA_VERSION", 99)
    monkeypatch.setattr(checkpoint, "SOURCE", "thalia_dask checkpoint of the future")
    write_checkpoint(path, small_state())
    monkeypatch.undo()
    with pytest.raises(
        CheckpointError, match=r"has schema version 99 and was written by thalia_dask checkpoint of the future"
    ):
        read_checkpoint(path)


def spoiled(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


@pytest.mark.parametrize(
    ("part", "file"),
    [
        ("regions/a/weight", "regions/a/weight/c/0"),
        ("regions/a/dotted.name", "regions/a/dotted.name/zarr.json"),
        ("in_flight/steps", "in_flight/steps/c/0"),
        ("attributes", "zarr.json"),
    ],
)
def test_damage_is_found_and_named(tmp_path: Path, part: str, file: str) -> None:
    write_checkpoint(tmp_path / "1.zarr", small_state(1.0))
    path = tmp_path / "2.zarr"
    write_checkpoint(path, small_state(2.0))
    with ZipFile(path) as archive:
        begin = archive.getinfo(file).header_offset + 30 + len(file)
    path.write_bytes(spoiled(path.read_bytes(), begin))
    with pytest.raises(CheckpointError) as caught:
        read_checkpoint(path)
    assert str(caught.value) == (
        f"checkpoint {path} is damaged: {part} is not what was written; load another one; "
        f"the checkpoint before it is sound: {tmp_path / '1.zarr'}"
    )


def test_values_that_were_changed_with_their_checksum_are_found_too(tmp_path: Path) -> None:
    path, other = tmp_path / "1.zarr", tmp_path / "other"
    write_checkpoint(path, small_state())
    with ZipFile(path) as archive, ZipFile(other, "w") as forged:
        for name in archive.namelist():
            content = archive.read(name)
            forged.writestr(name, spoiled(content, 0) if name == "regions/a/weight/c/0" else content)
    with pytest.raises(CheckpointError, match="other is damaged: regions/a/weight is not what was written"):
        read_checkpoint(other)


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.99])
def test_half_a_file_is_refused(tmp_path: Path, kept: float) -> None:
    path = tmp_path / "state.zarr"
    write_checkpoint(path, small_state())
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(CheckpointError, match=r"state.zarr is damaged: the table of contents at its end is not what"):
        read_checkpoint(path)


def parallel(config: ThaliaConfig, n_workers: int) -> ThaliaConfig:
    return config.model_copy(
        update={
            "brain": config.brain.model_copy(update={"parallel": True}),
            "execution": ExecutionConfig(n_workers=n_workers),
        }
    )


def first_part(brain: DynamicBrain, cut: int) -> Any:
    """Two trials and part of a third; what is pending at the end is an action and its reward."""
    forward(brain, 0, 7)
    act(brain, 1.0)
    forward(brain, 1, cut)
    return act(brain, 0.5)


def second_part(brain: DynamicBrain) -> Any:
    """Show the rest, act and be rewarded twice more."""
    return [forward(brain, 2, 9), act(brain, -1.0), forward(brain, 3, 8), act(brain, 1.0), forward(brain, 4, 2)]


def uninterrupted(config: ThaliaConfig, cut: int) -> tuple[Any, ...]:
    diary = Diary()
    with DynamicBrain.from_thalia_config(config, observers=[diary]) as brain:
        first_part(brain, cut)
        diary.spikes, diary.observed = {}, {}
        return second_part(brain), final_state(brain), diary.spikes, diary.observed


def interrupted(config: ThaliaConfig, cut: int, path: Path, before: dict[str, Any], after: dict[str, Any]) -> Any:
    path.unlink(missing_ok=True)
    with DynamicBrain.from_thalia_config(config, **before) as brain:
        first_part(brain, cut)
        brain.save(path)
    diary = Diary()
    with DynamicBrain.load(path, observers=[diary], **after) as brain:
        return second_part(brain), final_state(brain), diary.spikes, diary.observed


@settings(max_examples=max(10, settings().max_examples // 4), suppress_health_check=list(HealthCheck))
@given(config=small_brains(), cut=st.integers(1, 12))
def test_an_interruption_is_invisible(tmp_path: Path, config: ThaliaConfig, cut: int) -> None:
    assert interrupted(config, cut, tmp_path / "c.zarr", {}, {}) == uninterrupted(config, cut)


@pytest.mark.cluster
@pytest.mark.parametrize("n_after", [0, 1, 3])
@settings(max_examples=4, suppress_health_check=list(HealthCheck))
@given(config=small_brains(), cut=st.integers(1, 12))
def test_saved_on_two_workers_and_loaded_elsewhere(
    tmp_path: Path, three_workers: Client, n_after: int, config: ThaliaConfig, cut: int
) -> None:
    after: dict[str, Any] = {"parallel": False}
    if n_after:
        after = {"execution": ExecutionConfig(n_workers=n_after), "client": three_workers}
    actual = interrupted(parallel(config, 2), cut, tmp_path / "c.zarr", {"client": three_workers}, after)
    assert actual == uninterrupted(config, cut)


def test_the_digits_brain_in_the_middle_of_a_trial(tmp_path: Path) -> None:
    config = load_config(DIGITS, ["brain.parallel=false"])
    assert interrupted(config, 5, tmp_path / "c.zarr", {}, {}) == uninterrupted(config, 5)


@pytest.mark.parametrize("when", ["before the action", "before the reward"])
def test_votes_and_action_wait_through_a_checkpoint(tmp_path: Path, when: str) -> None:
    config = load_config(DIGITS, ["brain.parallel=false"])

    def saved_and_loaded(brain: DynamicBrain) -> DynamicBrain:
        brain.save(tmp_path / "c.zarr")
        brain.close()
        return DynamicBrain.load(tmp_path / "c.zarr")

    ends = []
    for stop in (None, when):
        brain = DynamicBrain.from_thalia_config(config)
        brain.forward(stimulus(brain, 0), 40)
        if stop == "before the action":
            brain = saved_and_loaded(brain)
        chosen = brain.select_action()
        if stop == "before the reward":
            brain = saved_and_loaded(brain)
        with brain:
            ends.append((chosen, brain.deliver_reward(1.0), forward(brain, 1, 5), final_state(brain)))
    assert ends[0] == ends[1]


def test_saving_changes_nothing_and_recording_begins_where_the_brain_does(tmp_path: Path) -> None:
    config = load_config(TWO_REGIONS)
    with DynamicBrain.from_thalia_config(config) as brain:
        brain.forward(stimulus(brain, 0), 20)
        state = final_state(brain)
        brain.save(tmp_path / "c.zarr")
        assert final_state(brain) == state
        with DynamicBrain.load(tmp_path / "c.zarr", out=tmp_path / "out.zarr") as loaded:
            assert loaded.now == 20
            assert loaded.config == brain.config
            assert loaded.recording["time"].size == 0
            result = loaded.forward(stimulus(brain, 1), 6)
            assert result["start_step"] == 20
            assert result.dataset["time"].values.tolist() == [20.0, 21.0, 22.0, 23.0, 24.0, 25.0]
            assert loaded.recording["time"].values.tolist() == result.dataset["time"].values.tolist()


def test_a_snapshot_of_another_anatomy_is_refused(tmp_path: Path) -> None:
    config = load_config(TWO_REGIONS)
    with DynamicBrain.from_thalia_config(config) as brain:
        brain.save(tmp_path / "c.zarr")
    saved = read_checkpoint(tmp_path / "c.zarr")
    other = saved.config.replace('"size":100', '"size":60')
    assert other != saved.config
    write_checkpoint(tmp_path / "c.zarr", replace(saved, config=other), overwrite=True)
    with pytest.raises(
        StateError,
        match=r"region 'cortex' cannot be restored: 'membrane' has shape \(\d+,\) and dtype torch.float32 in the ",
    ):
        DynamicBrain.load(tmp_path / "c.zarr")
