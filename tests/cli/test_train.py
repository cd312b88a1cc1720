import json

import gymnasium
import numpy as np
import pytest
import xarray as xr
from click.testing import CliRunner
from gymnasium.spaces import Box, Discrete

from thalia_dask.cli import main

FIGURES = ["digits_learning_curve.png", "digits_raster.png", "digits_rates.png"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The result of one training, and the folder that it left behind."""
    import yaml

    from tests.cli.conftest import TINY

    folder = tmp_path_factory.mktemp("train")
    (folder / "tiny.yaml").write_text(yaml.safe_dump(TINY))
    arguments = ["train", str(folder / "tiny.yaml"), "--epochs", "3", "--out", str(folder / "runs" / "digits.zarr")]
    return CliRunner().invoke(main, arguments), folder / "runs"


def test_what_a_training_tells(trained):
    result, folder = trained
    assert result.exit_code == 0, result.output
    told = json.loads((folder / "digits.json").read_text())
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["epoch", "accuracy"]
    for epoch, accuracy in enumerate(told["accuracy_by_epoch"], 1):
        assert lines[epoch].split()[:2] == [str(epoch), f"{accuracy:.1%}"]
    assert f"accuracy in 4 held-out trials: {told['accuracy_heldout']:.1%} (chance 10.0%)" in lines
    assert "<xarray.Dataset>" in result.stdout
    assert "s on 1 worker (sequential); results:" in result.stdout


def test_without_a_terminal_progress_is_a_line_an_epoch(trained):
    lines = trained[0].stderr.splitlines()
    assert [line.split(":")[0] for line in lines] == ["epoch 1/3", "epoch 2/3", "epoch 3/3", "evaluation"]
    assert all(": accuracy " in line for line in lines)


def test_the_figures_in_json(trained):
    told = json.loads((trained[1] / "digits.json").read_text())
    assert (told["executor"], told["workers"], told["seed"]) == ("sequential", 1, 42)
    assert (told["epochs"], told["trials_per_epoch"], told["evaluation_trials"]) == (3, 6, 4)
    assert (told["task"], told["chance_accuracy"]) == ("digits", 0.1)
    assert len(told["accuracy_by_epoch"]) == 3
    assert 0 <= told["accuracy_heldout"] <= 1
    assert 0 < told["seconds"] < 100


def test_the_files(trained):
    result, folder = trained
    assert sorted(path.name for path in folder.iterdir()) == [
        "digits.checkpoints",
        "digits.json",
        "digits.zarr",
        *FIGURES,
    ]
    assert all((folder / figure).read_bytes().startswith(b"\x89PNG") for figure in FIGURES)
    for name in ("digits.zarr", "digits.json", *FIGURES):
        assert f"\n  {folder / name}\n" in result.stdout


def test_the_recording_knows_how_well_it_went(trained):
    folder = trained[1]
    told = json.loads((folder / "digits.json").read_text())
    with xr.open_datatree(folder / "digits.zarr", engine="zarr", consolidated=False) as tree:
        assert tree.sizes["trial"] == 18
        assert tree.attrs["accuracy_by_epoch"] == told["accuracy_by_epoch"]
        assert tree.attrs["accuracy_heldout"] == told["accuracy_heldout"]
        assert tree.attrs["trials_per_epoch"] == 6


def test_figures_can_be_drawn_again(trained, call, tmp_path):
    folder = trained[1]
    result = call("plot", folder / "digits.zarr", "--out", tmp_path / "figures")
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in (tmp_path / "figures").iterdir()) == FIGURES
    assert result.stdout.splitlines() == [
        str(tmp_path / "figures" / name) for name in sorted(FIGURES, key=result.stdout.index)
    ]


@pytest.mark.parametrize("there", ["digits.json", "digits_rates.png"])
def test_earlier_results_of_any_kind_are_kept(refused, tiny, tmp_path, there):
    (tmp_path / there).write_text("precious")
    out = tmp_path / "digits.zarr"
    assert refused("train", tiny, "--out", out) == (
        f"output {tmp_path / there} exists; write another --out, or --overwrite to replace it"
    )
    assert not out.exists()
    assert (tmp_path / there).read_text() == "precious"


def test_an_environment_whose_return_is_no_accuracy(call, tiny, tmp_path):
    overrides = (
        "task.name=CartPole-v1",
        "brain.sizes.input_size=48",
        "brain.sizes.n_actions=2",
        "training.trials_per_epoch=2",
        "training.evaluation_trials=1",
    )
    out = tmp_path / "pole.zarr"
    result = call("train", tiny, "--epochs", 1, "--out", out, *(f"--set={o}" for o in overrides))
    assert result.exit_code == 0, result.output
    told = json.loads((tmp_path / "pole.json").read_text())
    assert told["mean_return_evaluation"] >= 8
    assert told["chance_accuracy"] is None
    assert not [key for key in told if key.startswith("accuracy")]
    assert result.stdout.splitlines()[0].split() == ["epoch", "mean", "return"]
    assert "\nmean return in 1 examination episode: " in result.stdout


def test_a_task_that_the_brain_does_not_fit(refused, two_regions, tmp_path):
    assert refused("train", two_regions, "--out", tmp_path / "x.zarr") == (
        "the brain does not fit the task 'digits':\n"
        "  an observation drives 64 stimulus axons, but region 'thalamus' has 50; "
        "write brain.regions.thalamus.input_size: 64\n"
        "  no region selects among the 10 actions; add one of kind 'striatum' with params.n_actions: 10"
    )
    assert not (tmp_path / "x.zarr").exists()


class WithoutReward(gymnasium.Env):
    observation_space, action_space = Box(0.0, 1.0, (64,), np.float32), Discrete(10)

    def reset(self, *, seed=None, options=None):
        return np.zeros(64, np.float32), {}

    def step(self, action):
        return np.zeros(64, np.float32), None, True, False, {}


def test_a_fault_of_an_environment_is_one_line(refused, tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(gymnasium.envs.registration, "registry", gymnasium.registry.copy())
    gymnasium.register("WithoutReward-v0", entry_point=WithoutReward)
    assert refused("train", tiny, "--set", "task.name=WithoutReward-v0", "--out", tmp_path / "x.zarr") == (
        "task 'WithoutReward-v0': step returned the reward None; return a finite number, such as 1.0"
    )


def test_no_epochs(refused, tiny, tmp_path):
    assert refused("train", tiny, "--out", tmp_path / "x.zarr", "--epochs", 0) == (
        "Invalid value for '--epochs': 0 is not in the range x>=1."
    )


def test_no_recording_to_plot(refused, tmp_path):
    assert refused("plot", tmp_path / "nosuch.zarr") == (
        f"there is no recording at '{tmp_path / 'nosuch.zarr'}'; "
        "write the path of a RUN.zarr that thalia-dask run or train made"
    )


def test_another_zarr_store_to_plot(refused, tmp_path):
    xr.Dataset({"x": ("t", [1.0])}).to_zarr(tmp_path / "other.zarr", consolidated=False)
    assert refused("plot", tmp_path / "other.zarr") == (
        f"'{tmp_path / 'other.zarr'}' is a Zarr store, but no recording of thalia_dask; write the path of one"
    )
