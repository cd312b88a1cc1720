"""The prefrontal cortex holds a pattern without input, lets in what comes with dopamine, and resists distractors."""

from __future__ import annotations

import pytest

from tests.behaviour.prefrontal import LAST, likeness, trial

seeds = pytest.mark.parametrize("seed", [1, 2])


@seeds
def test_a_pattern_is_held_for_more_than_a_second_and_against_a_distractor(seed: int) -> None:
    """The distractor is no weaker: where it comes first, it is the one that is held."""
    held, other = trial(seed), trial(seed, order=(1, 0))
    assert held.memory > 0.7
    assert other.memory > 0.7
    assert 5.0 < held.held_hz < 50.0
    assert held.resistance > 0.9
    assert likeness(other.cue, held.after[LAST]) < 0.4


@seeds
def test_without_dopamine_nothing_gets_in(seed: int) -> None:
    closed = trial(seed, dopamine=(0.0, 0.0))
    assert closed.cue.any()
    assert closed.held_hz < 0.5


@seeds
def test_without_recurrence_nothing_is_held(seed: int) -> None:
    lesioned = trial(seed, stripe_mv=0.0)
    assert lesioned.cue.mean() * 1000 > 5.0
    assert lesioned.held_hz < 0.5
