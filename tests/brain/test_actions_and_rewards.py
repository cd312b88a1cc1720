"""Acting, being rewarded, and beginning anew."""

from __future__ import annotations

import re

import numpy as np
import pytest

from tests.brain.conftest import ACTING, TWO_SENSES
from tests.brain.small_brains import final_state
from thalia_dask import DynamicBrain
from thalia_dask.config import TrainingConfig
from thalia_dask.engine.observer import Observer, TrialReport
from thalia_dask.errors import InputError, StateError

FULL = np.ones(10, np.float32)


def striatum_votes(brain: DynamicBrain, start: int, stop: int) -> np.ndarray:
    """D1 minus D2 spikes of each action in a span of the recording: 3 actions, 4 cells each."""
    group = brain.recording["striatum"]
    steps, neurons = group["spike_step"].values, group["spike_neuron"].values
    inside = neurons[(steps >= start) & (steps < stop)]
    d1 = np.bincount(inside[inside < 12] // 4, minlength=3)
    d2 = np.bincount(inside[(inside >= 12) & (inside < 24)] // 4 - 3, minlength=3)
    return d1 - d2


def test_the_action_is_the_one_with_most_votes() -> None:
    with DynamicBrain.from_thalia_config(ACTING) as brain:
        for _ in range(6):
            start = brain.now
            brain.forward(FULL, 20)
            brain.forward(FULL, 17)
            action, confidence = brain.select_action(explore=False)
            votes = striatum_votes(brain, start, brain.now)
            assert votes[action] == votes.max(), "votes add up over calls until an action is selected"
            assert 0.0 < confidence <= 1.0
            assert confidence >= 1 / 3


def test_exploration_is_a_share_of_random_actions() -> None:
    always = ACTING.model_copy(update={"training": TrainingConfig(exploration=1.0)})
    with DynamicBrain.from_thalia_config(always) as brain:
        chosen = []
        for _ in range(60):
            brain.forward(FULL, 2)
            chosen.append(brain.select_action()[0])
    assert np.bincount(chosen, minlength=3).min() > 8


def test_asking_twice_gives_the_same_answer_and_changes_nothing() -> None:
    states = []
    for times in (1, 3):
        with DynamicBrain.from_thalia_config(ACTING) as brain:
            brain.forward(FULL, 30)
            answers = {brain.select_action() for _ in range(times)}
            assert len(answers) == 1
            brain.deliver_reward(external_reward=1.0)
            brain.forward(FULL, 5)
            states.append(final_state(brain))
    assert states[0] == states[1]


def test_an_action_stands_until_the_next_stimulus() -> None:
    """Also where the best one would be another: the regions have heard of it."""
    always = ACTING.model_copy(update={"training": TrainingConfig(exploration=1.0)})
    with DynamicBrain.from_thalia_config(always) as brain:
        greedy = []
        for _ in range(12):
            brain.forward(FULL, 10)
            explored = brain.select_action()
            assert brain.select_action(explore=False) == explored
            brain.deliver_reward(0.0)
            assert brain.select_action(explore=False) == explored
            brain.forward(FULL, 10)
            greedy.append(brain.select_action(explore=False) == explored)
    assert not all(greedy)


def test_reward_changes_the_striatum_at_the_next_step_alone(acting: DynamicBrain) -> None:
    acting.forward(FULL, 40)
    before = acting.state("striatum")["weight"]
    acting.select_action()
    error = acting.deliver_reward(external_reward=1.0)
    assert 0.0 <= error <= 1.0
    np.testing.assert_array_equal(acting.state("striatum")["weight"], before)
    acting.forward(None, 1)
    after = acting.state("striatum")["weight"]
    assert (after != before).any()
    acting.forward(None, 20)
    np.testing.assert_array_equal(acting.state("striatum")["weight"], after)


def test_no_surprise_no_change(acting: DynamicBrain) -> None:
    acting.forward(FULL, 40)
    before = acting.state("striatum")["weight"]
    acting.select_action()
    acting.release("dopamine", 0.0)
    acting.forward(None, 5)
    np.testing.assert_array_equal(acting.state("striatum")["weight"], before)


def test_dopamine_is_recorded_from_the_step_of_its_release(acting: DynamicBrain) -> None:
    acting.forward(FULL, 10)
    acting.select_action()
    error = acting.deliver_reward(external_reward=1.0)
    acting.forward(None, 30)
    level = acting.recorder.dataset(0, 40)["neuromodulator"].sel(modulator="dopamine").values
    assert (level[:10] == 0.0).all()
    np.testing.assert_allclose(level[10:], error * np.exp(-np.arange(30) / 200), rtol=1e-5)


@pytest.mark.parametrize("amount", [np.float32(0.5), np.float64(0.5), 1])
def test_amounts_may_be_numpy_numbers(acting: DynamicBrain, amount) -> None:
    acting.forward(FULL, 3)
    acting.release("dopamine", amount)
    after = acting.forward(FULL, 3).dataset["neuromodulator"].sel(modulator="dopamine").values
    assert after[0] == np.float32(amount)


def test_trials_are_told_and_recorded() -> None:
    class Ear(Observer):
        def on_trial(self, report: TrialReport) -> None:
            heard.append(report)

    heard: list[TrialReport] = []
    with DynamicBrain.from_thalia_config(ACTING, observers=[Ear()]) as brain:
        done = []
        for reward in (1.0, 0.0, 0.5):
            brain.forward(FULL, 5)
            action, _ = brain.select_action()
            done.append(TrialReport(brain.now, action, reward, brain.deliver_reward(external_reward=reward)))
        root = brain.recording
        assert heard == done
        assert root["reward"].values.tolist() == [1.0, 0.0, 0.5]
        assert root["action"].values.tolist() == [t.action for t in done]
        assert root["trial_step"].values.tolist() == [5, 10, 15]


def test_nothing_to_select_before_anything_happened(acting: DynamicBrain) -> None:
    with pytest.raises(StateError) as caught:
        acting.select_action()
    assert (
        str(caught.value) == "select_action: nothing has happened yet in this episode; call forward(stimulus) first"
    )


def test_nothing_to_select_in_a_new_episode_either(acting: DynamicBrain) -> None:
    acting.forward(FULL, 5)
    acting.select_action()
    acting.reset_episode()
    with pytest.raises(StateError, match="nothing has happened yet in this episode"):
        acting.select_action()
    acting.forward(FULL, 5)
    acting.select_action()


@pytest.mark.parametrize("amount", [1e300, -2e30])
def test_amounts_that_32_bits_cannot_hold(acting: DynamicBrain, amount: float) -> None:
    with pytest.raises(
        InputError, match=re.escape(f"the amount of dopamine is {amount!r}; write a number between -1e+30")
    ):
        acting.release("dopamine", amount)
    acting.forward(FULL, 5)
    acting.select_action()
    with pytest.raises(InputError, match=re.escape(f"external_reward is {amount!r}; write a number between")):
        acting.deliver_reward(external_reward=amount)


def test_no_reward_without_an_action(acting: DynamicBrain) -> None:
    message = r"^deliver_reward: no action was selected in this episode; call select_action\(\) first$"
    with pytest.raises(StateError, match=message):
        acting.deliver_reward(external_reward=1.0)
    acting.forward(FULL, 3)
    with pytest.raises(StateError, match=message):
        acting.deliver_reward(external_reward=1.0)


def test_no_action_without_a_striatum() -> None:
    with DynamicBrain.from_thalia_config(TWO_SENSES) as brain:
        brain.forward(None, 3)
        with pytest.raises(StateError, match=r"no region that votes for actions; add one of kind 'striatum'$"):
            brain.select_action()


def test_a_new_episode_clears_membranes_spikes_in_flight_and_votes(acting: DynamicBrain) -> None:
    acting.forward(FULL, 40)
    acting.reset_episode()
    result = acting.forward(None, 4)
    assert result.dataset["events_received"].sel(region="striatum").sum() == 0, "nothing was left on the axons"
    with pytest.raises(StateError, match="no action was selected"):
        acting.deliver_reward(external_reward=1.0)


def test_a_new_episode_keeps_what_was_learned(acting: DynamicBrain) -> None:
    acting.forward(FULL, 40)
    acting.select_action()
    acting.deliver_reward(external_reward=1.0)
    acting.forward(FULL, 1)
    learned = acting.state("striatum")["weight"]
    acting.reset_episode()
    acting.forward(None, 1)
    np.testing.assert_array_equal(acting.state("striatum")["weight"], learned)
    for name in ("trace_pre", "eligibility"):
        assert not acting.state("striatum")[name].any()


def test_votes_do_not_outlive_an_episode(acting: DynamicBrain) -> None:
    acting.forward(FULL, 40)
    acting.reset_episode()
    start = acting.now
    acting.forward(FULL, 30)
    action, _ = acting.select_action(explore=False)
    votes = striatum_votes(acting, start, acting.now)
    assert votes[action] == votes.max()
