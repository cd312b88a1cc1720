"""The striatum finds the better arm, changes its mind, and knows how sure it may be."""

from __future__ import annotations

import numpy as np
import pytest

from tests.behaviour.bandit import P_BEST, Life, config, play
from thalia_dask import DynamicBrain
from thalia_dask.tasks.bandit import Bandit

REVERSAL = 300


@pytest.fixture(scope="module", params=[1, 2, 3])
def life(request: pytest.FixtureRequest) -> Life:
    arms = Bandit(reversal=REVERSAL)
    return play(arms, config(arms, seed=request.param), 2 * REVERSAL)


@pytest.mark.parametrize("last", [REVERSAL, 2 * REVERSAL])
def test_the_better_arm_is_found_within_300_trials_and_again_after_a_reversal(life: Life, last: int) -> None:
    assert life.optimal[last - 100 : last].mean() >= 0.9


def test_confidence_comes_to_be_the_chance_of_a_reward(life: Life) -> None:
    for settled in (slice(150, REVERSAL), slice(REVERSAL + 150, 2 * REVERSAL)):
        chosen = life.optimal[settled]
        assert life.confidence[settled][chosen].mean() == pytest.approx(P_BEST, abs=0.08)
        assert life.confidence[settled].mean() == pytest.approx(life.reward[settled].mean(), abs=0.08)


def test_without_dopamine_learning_it_stays_at_chance() -> None:
    optimal = []
    for seed in (1, 2, 3, 4):
        arms = Bandit(n_contexts=2)
        optimal.append(play(arms, config(arms, seed, learning_rate=0.0), 60).optimal.mean())
    assert np.mean(optimal) == pytest.approx(0.5, abs=0.15)


def test_dopamine_shifts_the_balance_from_d2_to_d1() -> None:
    arms = Bandit()
    balance = []
    for level in (-1.0, 0.0, 1.0):
        with DynamicBrain.from_thalia_config(config(arms, seed=1)) as brain:
            brain.release("dopamine", level)
            brain.forward(np.full(arms.observation_space.shape, 0.2, np.float32), 100)
            group = brain.recording["striatum"]
            spiking = group["population"].values[group["spike_neuron"].values]
            d1, d2 = (np.count_nonzero(spiking == cells) for cells in ("d1", "d2"))
            balance.append(d1 / (d1 + d2))
    assert balance[1] - balance[0] > 0.015
    assert balance[2] - balance[1] > 0.015
