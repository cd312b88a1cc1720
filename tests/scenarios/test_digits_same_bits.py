"""The digits brain learns through 30 rewarded trials to the same bits, however it is executed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits

from tests.brain.small_brains import final_state
from tests.brain.test_invariance import SHAPES
from tests.toy_brains import Diary
from thalia_dask import DynamicBrain, load_config

DIGITS = Path(__file__).parents[2] / "configs" / "digits.yaml"
N_TRIALS = 30


def train(n_workers: int | None = None, exchange: str = "direct", **options: Any) -> dict[str, Any]:
    """Digits, guesses and rewards; everything that came of them."""
    parallel = "false" if n_workers is None else "true"
    workers = [] if n_workers is None else [f"execution.n_workers={n_workers}", f"execution.exchange={exchange}"]
    config = load_config(DIGITS, [f"brain.parallel={parallel}", *workers])
    images, labels = load_digits(return_X_y=True)
    diary, acted = Diary(), []
    with DynamicBrain.from_thalia_config(config, observers=[diary], **options) as brain:
        for image, label in zip(images[:N_TRIALS] / 16.0, labels, strict=False):
            counts = brain.forward(image.astype(np.float32))["spike_counts"]
            action, confidence = brain.select_action()
            acted.append((action, confidence, brain.deliver_reward(float(action == label)), counts))
        return {"acted": acted, "state": final_state(brain), "spikes": diary.spikes, "observed": diary.observed}


@pytest.fixture(scope="module")
def alone() -> dict[str, Any]:
    return train()


def test_the_scenario_acts_and_learns(alone: dict[str, Any]) -> None:
    assert len({action for action, *_ in alone["acted"]}) > 3
    with DynamicBrain.from_thalia_config(load_config(DIGITS, ["brain.parallel=false"])) as naive:
        before = final_state(naive)
    for region in ("striatum", "cortex", "hippocampus"):
        assert alone["state"][region, "weight"] != before[region, "weight"], region


@pytest.mark.cluster
@pytest.mark.parametrize("exchange", ["direct", "orchestrated"])
@pytest.mark.parametrize("shape", SHAPES)
def test_same_spikes_weights_and_actions(
    request: pytest.FixtureRequest, shape: tuple[str, int], exchange: str, alone: dict[str, Any]
) -> None:
    cluster, n_workers = shape
    assert train(n_workers, exchange, client=request.getfixturevalue(cluster)) == alone
