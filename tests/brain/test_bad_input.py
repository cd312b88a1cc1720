"""Bad input gets an error that says what was given, why it is wrong and what to write; nothing is lost by it."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch

from tests.brain.small_brains import final_state
from thalia_dask import DynamicBrain, load_config, simulate
from thalia_dask.errors import ConfigError, InputError

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
    "text": ("cat", "the stimulus of region 'thalamus' is a str; write a tensor or array of numbers or booleans"),
    "complex": (np.zeros(10, complex), "is a ndarray; write a tensor or array of numbers or booleans"),
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


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), "1.0", None, [1.0, 2.0], np.zeros(2)], ids=repr)
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
