"""Bad input gets an error that says what was given, why it is wrong and what to write; nothing is lost by it."""

from __future__ import annotations

import errno
import os
import re
from functools import partial

import numpy as np
import pytest
import torch

from tests.brain.conftest import ACTING
from tests.brain.small_brains import final_state
from thalia_dask import DynamicBrain, load_config, simulate
from thalia_dask.brain import drive
from thalia_dask.engine.checkpoint import read_checkpoint
from thalia_dask.errors import ConfigError, InputError, OutputError
from thalia_dask.plots.save import save_all
from thalia_dask.recording.reading import load_recording

STIMULI = {
    "NaN": (
        [float("nan")] * 3 + [0.0] * 7,
        "the stimulus of region 'thalamus' holds 3 NaN; write intensities from 0 to 1",
    ),
    "size": (
        np.zeros(11),
        "the stimulus of region 'thalamus' has shape (11,); write (10,) for one that is held, "
        "or (n_timesteps, 10) for one row a step",
    ),
    "too many dimensions": (
        np.zeros((2, 3, 10)),
        "the stimulus of region 'thalamus' has shape (2, 3, 10); write (10,) for one that is held, "
        "or (n_timesteps, 10) for one row a step",
    ),
    "scalar": (torch.tensor(1.0), "has shape ()"),
    "nothing in it": ([], "has shape (0,)"),
    "too large": (
        np.linspace(-1, 16, 10),
        "the stimulus of region 'thalamus' ranges from -1 to 16; intensities are from 0 to 1: "
        "scale it, e.g. (x - x.min()) / (x.max() - x.min())",
    ),
    "infinite": ([float("inf")] * 10, "ranges from inf to inf"),
    "ragged": (
        [np.zeros(10), np.zeros(9)],
        "the stimulus of region 'thalamus' is a sequence of rows of different shapes [(9,), (10,)]; make them equal",
    ),
    "ragged within a row": (
        [[[0.0], [0.0, 1.0]]],
        "the stimulus of region 'thalamus' cannot be made an array (setting an array element with a sequence. ",
    ),
    "text": (
        "cat",
        "the stimulus of region 'thalamus' is a str of dtype <U3; write a tensor, an array or a list of real numbers "
        "or booleans",
    ),
    "a text among numbers": (
        [1.0] * 9 + ["a"],
        "is a list of dtype <U32; write a tensor, an array or a list of real",
    ),
    "complex": (
        np.zeros(10, complex),
        "is a ndarray of dtype complex128; write a tensor, an array or a list of real",
    ),
    "complex tensor": (torch.zeros(10, dtype=torch.complex64), "is a Tensor of dtype complex64; write a tensor, an"),
    "masked": (
        np.ma.masked_array(np.ones(10), [True] * 3 + [False] * 7),
        "the stimulus of region 'thalamus' has masked values; write what they are to be, e.g. x.filled(0.0)",
    ),
    "rows that are masked": ([np.ma.masked_array(np.ones(10), [True] * 10)] * 2, "' has masked values; write what"),
    "half precision of brains": (torch.full((10,), 2.0, dtype=torch.bfloat16), "ranges from 2 to 2"),
    "region without input": (
        {"striatum": np.zeros(10)},
        "region 'striatum' takes no stimulus; the regions that do are: thalamus. "
        "Give one of them, or give 'striatum' an input_size in the config",
    ),
    "unknown region": (
        {"thalamos": np.zeros(10)},
        "region 'thalamos' takes no stimulus; the regions that do are: thal",
    ),
    "rows and steps": (
        np.zeros((4, 10)),
        "forward: the stimulus of region 'thalamus' has 4 rows, but 15 steps are to be computed; "
        "give 15 rows, or leave n_timesteps out",
    ),
}


@pytest.mark.parametrize(("stimulus", "message"), STIMULI.values(), ids=STIMULI)
def test_wrong_stimulus(acting: DynamicBrain, stimulus, message: str) -> None:
    before = final_state(acting)
    with pytest.raises(InputError) as caught:
        acting.forward(stimulus, 15)
    assert message in str(caught.value)
    assert acting.now == 0
    assert final_state(acting) == before
    assert acting.forward(np.ones(10), 2)["n_timesteps"] == 2


@pytest.mark.parametrize("steps", [0, -3, 1.0, 2.5, True, "5", np.float64(3)])
def test_wrong_number_of_steps(acting: DynamicBrain, steps) -> None:
    with pytest.raises(InputError) as caught:
        acting.forward(np.zeros(10), steps)
    assert str(caught.value) == f"forward: n_timesteps is {steps!r}; write a whole number of at least 1"


def test_sequences_of_unequal_length(two_senses: DynamicBrain) -> None:
    with pytest.raises(InputError, match="the stimulus of region 'eye' has 5 rows, but 4 steps are to be computed"):
        two_senses.forward({"ear": np.zeros((4, 4)), "eye": np.zeros((5, 5))})


def test_one_stimulus_for_several_senses(two_senses: DynamicBrain) -> None:
    with pytest.raises(InputError) as caught:
        two_senses.forward(np.zeros(4))
    assert str(caught.value) == (
        "forward was given one stimulus, but the regions with stimulus axons are: ear, eye; "
        "write forward({'region': stimulus, ...}), or forward(None) for no stimulus"
    )


def test_unknown_region_and_neuromodulator(acting: DynamicBrain) -> None:
    with pytest.raises(InputError, match=r"^there is no region 'cortex'; the regions are: striatum, thalamus$"):
        acting.state("cortex")
    with pytest.raises(
        InputError, match=r"^there is no neuromodulator 'dopa'; write one of acetylcholine, dopamine, nor"
    ):
        acting.release("dopa", 1.0)


@pytest.mark.parametrize("wrong", [["dopamine"], 3, None], ids=repr)
def test_names_are_texts(acting: DynamicBrain, wrong) -> None:
    with pytest.raises(InputError) as caught:
        acting.release(wrong, 1.0)
    assert str(caught.value) == (
        f"the neuromodulator is {wrong!r}, which is no text; write one of acetylcholine, dopamine, noradrenaline"
    )
    with pytest.raises(ConfigError) as caught:
        acting.synapses("striatum", source=wrong if wrong else 0)
    assert f"the population is {wrong if wrong else 0!r}, which is no text; write one of: striatum." in str(
        caught.value
    )
    with pytest.raises(InputError, match=r"^there is no region '"):
        acting.state(wrong)


@pytest.mark.parametrize("wrong", [b"1", float("nan"), float("inf"), "1.0", None, [1.0, 2.0], np.zeros(2)], ids=repr)
def test_amounts_are_finite(acting: DynamicBrain, wrong: float) -> None:
    acting.forward(np.ones(10), 5)
    acting.select_action()
    with pytest.raises(
        InputError, match=rf"^deliver_reward: external_reward is {re.escape(repr(wrong))}; write a fin"
    ):
        acting.deliver_reward(external_reward=wrong)
    with pytest.raises(
        InputError, match=rf"^release: the amount of dopamine is {re.escape(repr(wrong))}; write a fin"
    ):
        acting.release("dopamine", wrong)
    assert acting.deliver_reward(external_reward=1.0) > 0


def test_a_client_for_a_sequential_brain() -> None:
    with pytest.raises(
        ConfigError, match=r"a Dask client was given, but brain.parallel is false.*leave the client out"
    ):
        DynamicBrain.from_thalia_config(load_config({"brain": {"parallel": False}}), client=object())  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", ["100", None])
def test_a_duration_that_is_no_number(wrong) -> None:
    with pytest.raises(InputError) as caught:
        simulate(load_config({}), wrong)
    assert str(caught.value) == f"duration_ms is {wrong!r}, which is no number; write a duration in ms, e.g. 1"


@pytest.mark.parametrize("wrong", [-5, 0, 0.5, float("inf")])
def test_a_duration_of_no_step(wrong) -> None:
    with pytest.raises(InputError) as caught:
        simulate(ACTING, wrong)
    assert str(caught.value) == f"duration_ms is {wrong!r} ms; write a finite duration of at least 1 ms"


@pytest.mark.parametrize("wrong", ["x", None, 2.5, 0, True], ids=repr)
def test_a_number_of_steps_to_drive_a_brain_to(acting: DynamicBrain, wrong) -> None:
    with pytest.raises(InputError) as caught:
        drive(acting, wrong)
    assert str(caught.value) == f"drive: n_steps is {wrong!r}; write a whole number of at least 1"


def test_a_step_to_drive_a_brain_to_is_not_past(acting: DynamicBrain) -> None:
    drive(acting, 5)
    with pytest.raises(InputError) as caught:
        drive(acting, 3)
    assert str(caught.value) == "drive: n_steps is 3, but the brain is at step 5; write a later step"
    assert drive(acting, 5).sizes["time"] == 5, "nothing is left to do"
    with pytest.raises(InputError) as caught:
        drive(acting, 20, 3)
    assert str(caught.value) == "drive: checkpoints is 3; write Checkpoints(...), or None to write none"


def test_a_path_in_place_of_a_config() -> None:
    with pytest.raises(ConfigError) as caught:
        DynamicBrain.from_thalia_config("configs/digits.yaml")
    assert str(caught.value) == (
        "config is a str, but must be a ThaliaConfig; read a file with thalia_dask.load_config(path)"
    )


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (
            {"parallel": "yes"},
            "load: parallel is 'yes'; write True, False or 'auto', or None to leave it as it was",
        ),
        (
            {"execution": {"n_workers": 2}},
            "load: execution is {'n_workers': 2}; write an ExecutionConfig, e.g. "
            "thalia_dask.config.ExecutionConfig(n_workers=2)",
        ),
    ],
)
def test_how_to_run_a_brain_that_is_loaded(acting: DynamicBrain, tmp_path, how, message: str) -> None:
    acting.save(tmp_path / "saved.zarr")
    with pytest.raises(InputError) as caught:
        DynamicBrain.load(tmp_path / "saved.zarr", **how)
    assert str(caught.value) == message


@pytest.mark.parametrize("wrong", [None, 3, b"a", "", "a\0b", ["a"]], ids=repr)
@pytest.mark.parametrize(
    ("call", "error", "what", "write"),
    [
        (DynamicBrain.load, InputError, "the checkpoint", "the path of one, such as 'runs/state.zarr'"),
        (read_checkpoint, InputError, "the checkpoint", "the path of one, such as 'runs/state.zarr'"),
        (load_recording, InputError, "the recording", "the path of one, such as 'runs/digits.zarr'"),
        (
            load_config,
            ConfigError,
            "the config",
            "the path of a YAML file, a mapping with the same keys, or a ThaliaConfig",
        ),
        (lambda path: save_all(None, path), OutputError, "the folder", "the path of one, such as 'figures'"),
    ],
)
def test_what_is_no_path(wrong, call, error, what: str, write: str) -> None:
    with pytest.raises(error) as caught:
        call(wrong)
    assert str(caught.value) == f"{what} is {wrong!r}; write {write}"


@pytest.mark.parametrize("wrong", [3, b"a", ""], ids=repr)
@pytest.mark.parametrize("build", [DynamicBrain.from_thalia_config, lambda config, out: simulate(config, 5, out=out)])
def test_an_output_that_is_no_path(wrong, build) -> None:
    with pytest.raises(OutputError) as caught:
        build(ACTING, out=wrong)
    assert str(caught.value) == (
        f"out is {wrong!r}; write a path, such as 'runs/digits.zarr', or None to keep the recording in memory"
    )


@pytest.mark.parametrize("wrong", [None, 3, b"a", ""], ids=repr)
def test_a_state_that_is_saved_to_no_path(acting: DynamicBrain, wrong) -> None:
    with pytest.raises(OutputError) as caught:
        acting.save(wrong)
    assert str(caught.value) == f"the path to save to is {wrong!r}; write one, such as 'runs/state.zarr'"


@pytest.mark.parametrize("wrong", ["no", 1, None, np.True_], ids=repr)
def test_flags_are_true_or_false(acting: DynamicBrain, tmp_path, wrong) -> None:
    acting.save(tmp_path / "saved.zarr")
    calls = {
        "overwrite": [
            lambda: DynamicBrain.from_thalia_config(ACTING, overwrite=wrong),
            lambda: simulate(ACTING, 5, overwrite=wrong),
            lambda: acting.save(tmp_path / "saved.zarr", overwrite=wrong),
            lambda: DynamicBrain.load(tmp_path / "saved.zarr", overwrite=wrong),
        ],
        "append": [lambda: DynamicBrain.load(tmp_path / "saved.zarr", append=wrong)],
        "forward: goes_on": [lambda: acting.forward(None, 5, goes_on=wrong)],
        "select_action: explore": [lambda: acting.select_action(explore=wrong)],
    }
    for what, call in [(what, call) for what, some in calls.items() for call in some]:
        with pytest.raises(InputError) as caught:
            call()
        assert str(caught.value) == f"{what} is {wrong!r}; write True or False"


@pytest.mark.parametrize("wrong", [0, 1.0, "7", True], ids=repr)
def test_a_wrong_length_of_calls(acting: DynamicBrain, tmp_path, wrong) -> None:
    saved = tmp_path / "saved.zarr"
    acting.save(saved)
    for call in (partial(DynamicBrain.from_thalia_config, ACTING), partial(DynamicBrain.load, saved)):
        with pytest.raises(InputError) as caught:
            call(steps_per_call=wrong)
        assert str(caught.value) == f"steps_per_call is {wrong!r}; write a whole number of at least 1, or None"


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (errno.ENOSPC, "free space on that disk, or write another path"),
        (errno.ENOENT, "write another path"),
        (errno.EIO, "write another path"),
    ],
)
def test_a_state_that_cannot_be_written(acting: DynamicBrain, tmp_path, monkeypatch, number: int, told: str) -> None:
    def fails(*_) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("thalia_dask.engine.checkpoint._write", fails)
    path = tmp_path / "saved.zarr"
    with pytest.raises(OutputError) as caught:
        acting.save(path)
    why = f"[Errno {number}] {os.strerror(number)}"
    assert str(caught.value) == f"checkpoint {path} could not be written: {why}; {told}"
