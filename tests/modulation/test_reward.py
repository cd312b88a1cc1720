"""The reward prediction error: reward minus what the confidence of the choice had promised."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thalia_dask.modulation.reward import RewardExpectation


@pytest.mark.parametrize(("confidence", "error"), [(0.0, 1.0), (0.25, 0.75), (1.0, 0.0)])
def test_what_was_expected_with_confidence_is_no_surprise(confidence: float, error: float) -> None:
    assert RewardExpectation().prediction_error(1.0, confidence) == error


@pytest.mark.parametrize("confidence", [0.25, 1.0])
def test_an_omitted_reward_is_a_dip(confidence: float) -> None:
    assert RewardExpectation().prediction_error(0.0, confidence) == -confidence


@given(
    rewards=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=10),
    confidence=st.floats(0, 1),
)
def test_errors_are_in_units_of_the_range_of_rewards(rewards: list[float], confidence: float) -> None:
    expectation = RewardExpectation()
    for reward in rewards:
        error = expectation.prediction_error(reward, confidence)
        worst, best = expectation.worst, expectation.best
        assert worst <= reward <= best
        assert -1.0 - 1e-9 <= error <= 1.0 + 1e-9
        assert error == pytest.approx((reward - worst) / (best - worst) - confidence, abs=1e-9)
