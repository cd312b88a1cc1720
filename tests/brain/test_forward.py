"""What can be shown to a brain, in every form, and what comes back."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import xarray as xr
from distributed import Client

from tests.brain.conftest import ACTING, TWO_SENSES
from tests.brain.small_brains import final_state
from thalia_dask import DynamicBrain
from thalia_dask.config import ExecutionConfig

PATTERN = np.linspace(0, 1, 10, dtype=np.float32)
ROWS = np.random.default_rng(1).random((7, 10)).astype(np.float32)


def outcome(stimulus, n_timesteps=None, config=ACTING, **options):
    with DynamicBrain.from_thalia_config(config, **options) as brain:
        result = brain.forward(stimulus, n_timesteps)
        return result["n_timesteps"], result["events_processed"], result["spike_counts"], final_state(brain)


@pytest.mark.parametrize(
    "form",
    [
        torch.from_numpy(PATTERN),
        torch.from_numpy(PATTERN).double(),
        torch.from_numpy(PATTERN).requires_grad_(),
        torch.from_numpy(PATTERN).to_sparse(),
        PATTERN.tolist(),
        {"thalamus": PATTERN},
        {"thalamus": torch.from_numpy(PATTERN)},
    ],
    ids=[
        "tensor",
        "double tensor",
        "tensor with gradient",
        "sparse tensor",
        "list",
        "dict of array",
        "dict of tensor",
    ],
)
def test_forms_of_a_held_stimulus(form) -> None:
    assert outcome(form, 9) == outcome(PATTERN, 9)


@pytest.mark.parametrize(
    "form",
    [torch.from_numpy(ROWS), list(ROWS), tuple(torch.from_numpy(row) for row in ROWS), {"thalamus": ROWS.tolist()}],
    ids=["tensor", "list of arrays", "tuple of tensors", "dict of lists"],
)
def test_forms_of_a_sequence_per_step(form) -> None:
    assert outcome(form)[0] == 7
    assert outcome(form) == outcome(form, 7) == outcome(ROWS)


def test_a_held_stimulus_is_the_sequence_of_its_repetitions() -> None:
    assert outcome(PATTERN, 9) == outcome(np.tile(PATTERN, (9, 1)))


@pytest.mark.cluster
@pytest.mark.parametrize(
    "form",
    [PATTERN, list(ROWS), {"thalamus": ROWS}, None, ROWS > 0.5],
    ids=["held", "sequence", "dict", "nothing", "explicit spikes"],
)
def test_forms_on_dask(three_workers: Client, form) -> None:
    parallel = ACTING.model_copy(
        update={
            "brain": ACTING.brain.model_copy(update={"parallel": True}),
            "execution": ExecutionConfig(n_workers=2),
        }
    )
    assert outcome(form, config=parallel, client=three_workers) == outcome(form)


def test_no_stimulus_is_silence_on_the_axons_not_in_the_brain(acting: DynamicBrain) -> None:
    quiet = acting.forward(None, 200)
    assert quiet["n_timesteps"] == 200
    received = quiet.dataset["events_received"].sel(region="thalamus")
    assert received.sum() == 0
    assert acting.forward(n_timesteps=3)["n_timesteps"] == 3
    assert acting.forward()["n_timesteps"] == acting.config.brain.encoding_timesteps == 15


def test_intensity_is_a_rate() -> None:
    with DynamicBrain.from_thalia_config(ACTING) as brain:
        pattern = np.array([0, 0.1, 0.5, 1] + [0] * 6, np.float32)
        n_steps = 4000
        received = brain.forward(pattern, n_steps).dataset["events_received"].sel(region="thalamus").values.sum()
    expected = n_steps * (1 - np.exp(-0.5 * 1.0)) * pattern.sum()
    assert received == pytest.approx(expected, rel=0.06)


def test_booleans_are_explicit_spikes(acting: DynamicBrain) -> None:
    spikes = np.zeros((6, 10), bool)
    spikes[1, [0, 3]] = spikes[4, 9] = True
    result = acting.forward(torch.from_numpy(spikes))
    received = result.dataset["events_received"].sel(region="thalamus").values
    assert received.tolist() == [0, 2, 0, 0, 1, 0]


def test_ones_are_a_rate_and_trues_are_spikes(acting: DynamicBrain) -> None:
    every = np.ones((20, 10), bool)
    assert acting.forward(every).dataset["events_received"].sel(region="thalamus").sum() == 200
    assert acting.forward(every.astype(int)).dataset["events_received"].sel(region="thalamus").sum() < 150


def test_spikes_travel_for_the_delay_of_the_projection(acting: DynamicBrain) -> None:
    """What leaves the thalamus in one step reaches the striatum four steps later, over several calls."""
    for _ in range(5):
        acting.forward(np.ones(10), 13)
    activity = acting.recorder.dataset(0, 65)
    sent = activity["events_sent"].sel(region="thalamus").values
    received = activity["events_received"].sel(region="striatum").values
    assert sent.sum() > 50
    assert received[:4].sum() == 0
    np.testing.assert_array_equal(received[4:], sent[:-4])


def test_result_is_a_mapping(acting: DynamicBrain) -> None:
    acting.forward(PATTERN, 5)
    result = acting.forward(PATTERN, 8)
    assert set(result) == {"spike_counts", "events_processed", "n_timesteps", "start_step"}
    assert len(result) == 4
    assert (result["n_timesteps"], result["start_step"]) == (8, 5)
    assert set(result["spike_counts"]) == {"thalamus", "striatum"}
    assert all(isinstance(count, int) for count in result["spike_counts"].values())
    assert "8 steps from step 5; spikes: striatum" in repr(result)


def test_dataset_has_regions_and_time(acting: DynamicBrain) -> None:
    acting.forward(PATTERN, 5)
    result = acting.forward(PATTERN, 8)
    data = result.dataset
    assert isinstance(data, xr.Dataset)
    assert data["spike_count"].dims == ("region", "time")
    assert data["region"].values.tolist() == ["striatum", "thalamus"]
    assert data["time"].values.tolist() == [5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0]
    counts = {r: int(data["spike_count"].sel(region=r).sum()) for r in ("striatum", "thalamus")}
    assert counts == result["spike_counts"]
    assert 8 <= result["events_processed"] <= 2 * 8, "at most one event for each of two incoming bundles and step"
    assert int(data["events_received"].sum()) > result["events_processed"], "an event holds one spike or more"
    assert result.dataset is data, "made once"


def test_earlier_results_stay_readable(acting: DynamicBrain) -> None:
    results = [acting.forward(PATTERN, n) for n in (3, 4, 5)]
    acting.close()
    assert [len(result.dataset["time"]) for result in results] == [3, 4, 5]
    assert results[1]["spike_counts"] == {
        name: int(results[1].dataset["spike_count"].sel(region=name).sum()) for name in ("thalamus", "striatum")
    }


def test_some_of_several_senses(two_senses: DynamicBrain) -> None:
    result = two_senses.forward({"ear": np.ones(4), "eye": np.ones((15, 5), bool)})
    received = result.dataset["events_received"].sum("time")
    assert received.sel(region="eye") == 75
    assert 0 < received.sel(region="ear") < 60
    only = two_senses.forward({"eye": np.ones(5)}).dataset["events_received"].sum("time")
    assert only.sel(region="ear") == 0


def test_the_input_is_left_alone(acting: DynamicBrain) -> None:
    rows = ROWS.copy()
    acting.forward(rows)
    np.testing.assert_array_equal(rows, ROWS)


def test_numpy_integers_count_steps(acting: DynamicBrain) -> None:
    assert acting.forward(PATTERN, np.int64(4))["n_timesteps"] == 4


def test_two_senses_are_stimulated_independently() -> None:
    """The same intensities on two regions, or in two steps, are different spikes."""
    with DynamicBrain.from_thalia_config(TWO_SENSES) as brain:
        brain.forward({"ear": np.full(4, 0.5), "eye": np.full(5, 0.5)}, 400)
        received = brain.recorder.dataset(0, 400)["events_received"]
    ear, eye = received.sel(region="ear").values, received.sel(region="eye").values
    assert abs(np.corrcoef(ear, eye)[0, 1]) < 0.2
    assert abs(np.corrcoef(ear[:-1], ear[1:])[0, 1]) < 0.2
