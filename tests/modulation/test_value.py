"""The value of a state: what it promises, whom an error is put down to, and what an end is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thalia_dask.modulation.value import ValueEstimate

HERE, THERE = np.array([3, 0, 1]), np.array([0, 2, 0])
DISCOUNT = 0.5


def learned() -> ValueEstimate:
    """Something is expected of ``HERE``, where it is, and of ``THERE``."""
    value = ValueEstimate(3, 0.25, DISCOUNT)
    value.act(HERE)
    value.reward(4.0, THERE)
    value.go_on()
    value.reward(2.0, HERE)
    value.go_on()
    return value


def worth(value: ValueEstimate, state: np.ndarray) -> float:
    return float((value.weights * state).sum())


def test_an_error_is_that_of_temporal_differences_and_a_share_of_it_is_corrected() -> None:
    value = learned()
    here, there = worth(value, HERE), worth(value, THERE)
    error = value.reward(1.0, THERE)
    assert error == pytest.approx(1.0 + DISCOUNT * there - here)
    assert worth(value, HERE) == pytest.approx(here + 0.25 * error)


def test_nothing_comes_after_an_end() -> None:
    value = learned()
    here = worth(value, HERE)
    assert value.reward(1.0, None) == pytest.approx(1.0 - here)
    value.go_on()
    assert value.reward(0.0, THERE) == pytest.approx(DISCOUNT * worth(value, THERE)), "and nothing was promised"


def test_what_ever_goes_on_is_worth_all_that_is_to_come() -> None:
    value = ValueEstimate(3, 0.25, DISCOUNT)
    for _ in range(100):
        value.reward(1.0, HERE)
        value.go_on()
    assert worth(value, HERE) == pytest.approx(1 / (1 - DISCOUNT), abs=1e-4)


@given(rewards=st.lists(st.floats(-10, 10), min_size=1, max_size=4), ends=st.booleans())
def test_rewards_of_one_state_add_up(rewards: list[float], ends: bool) -> None:
    together, apart = learned(), learned()
    state = None if ends else THERE
    error = together.reward(sum(rewards), state)
    errors = [apart.reward(reward, state) for reward in rewards]
    assert errors[1:] == rewards[1:], "what a further one adds was not expected"
    assert sum(errors) == pytest.approx(error)
    np.testing.assert_allclose(apart.weights, together.weights, atol=1e-12)
    for value in (together, apart):
        value.go_on()
    assert apart.reward(1.0, HERE) == pytest.approx(together.reward(1.0, HERE)), "and they are one step of the way"


def test_an_action_in_a_rewarded_state_is_rewarded_for_itself() -> None:
    value = learned()
    value.reward(1.0, THERE)
    value.act(THERE)
    there = worth(value, THERE)
    assert value.reward(2.0, None) == pytest.approx(2.0 - there)


def test_a_new_episode_was_promised_nothing() -> None:
    value = learned()
    value.reward(1.0, THERE)
    value.forget_state()
    value.go_on()
    assert value.reward(0.0, HERE) == pytest.approx(DISCOUNT * worth(value, HERE))


def test_restored_between_two_rewards() -> None:
    value, other = learned(), ValueEstimate(3, 0.25, DISCOUNT)
    value.reward(1.0, THERE)
    other.restore(value.snapshot())
    for one in (value, other):
        one.reward(0.5, THERE)
        one.go_on()
        one.reward(0.0, HERE)
    assert other.snapshot() == value.snapshot()


def test_the_echo_of_a_state_does_not_unlearn_it() -> None:
    """A few of its spikes, from other cells each time, when what it promised has come."""
    value, light = ValueEstimate(16, 0.2, DISCOUNT), np.full(16, 4)
    for trial in range(200):
        echo = np.roll(np.repeat([1, 0], 8), 5 * trial)
        value.forget_state()
        value.reward(0.0, light)
        value.go_on()
        value.reward(1.0, echo)
        value.go_on()
        value.reward(0.0, None)
    assert worth(value, light) > 0.9
