"""Neuromodulators between two releases, and over them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thalia_dask.modulation.neuromodulators import NEUROMODULATORS, NeuromodulatorLevels

names = pytest.mark.parametrize("name", NEUROMODULATORS)


def test_the_three_neuromodulators() -> None:
    assert set(NEUROMODULATORS) == {"acetylcholine", "dopamine", "noradrenaline"}


@names
def test_rest_is_the_baseline(name: str) -> None:
    levels = NeuromodulatorLevels(1.0)
    assert [levels.level(name, step) for step in (0, 1, 1000)] == [NEUROMODULATORS[name].baseline] * 3


@names
@pytest.mark.parametrize("dt_ms", [0.1, 1.0])
def test_level_decays_exponentially_to_the_baseline(name: str, dt_ms: float) -> None:
    modulator, levels = NEUROMODULATORS[name], NeuromodulatorLevels(dt_ms)
    levels.release(name, 0.8, 50)
    for step in (50, 51, 300, 5000):
        expected = modulator.baseline + 0.8 * math.exp(-(step - 50) * dt_ms / modulator.tau_ms)
        assert levels.level(name, step) == pytest.approx(expected, rel=1e-12)


@given(st.lists(st.tuples(st.integers(0, 500), st.floats(-2, 2)), min_size=1, max_size=8))
def test_releases_superpose(releases: list[tuple[int, float]]) -> None:
    levels, tau = NeuromodulatorLevels(1.0), NEUROMODULATORS["dopamine"].tau_ms
    for step, amount in sorted(releases, key=lambda release: release[0]):
        levels.release("dopamine", amount, step)
    expected = sum(amount * math.exp(-(600 - step) / tau) for step, amount in releases)
    assert levels.level("dopamine", 600) == pytest.approx(expected, abs=1e-12)


def test_releases_of_one_step_add_up_in_any_order() -> None:
    ahead, back = NeuromodulatorLevels(1.0), NeuromodulatorLevels(1.0)
    for amount in (0.5, -0.25, 2.0):
        ahead.release("dopamine", amount, 7)
    for amount in (2.0, -0.25, 0.5):
        back.release("dopamine", amount, 7)
    assert ahead.level("dopamine", 9) == back.level("dopamine", 9) == pytest.approx(2.25 * math.exp(-2 / 200))


@pytest.mark.parametrize("name", ["acetylcholine", "noradrenaline"])
def test_no_more_of_a_concentration_is_taken_away_than_there_is(name: str) -> None:
    levels, modulator = NeuromodulatorLevels(1.0), NEUROMODULATORS[name]
    levels.release(name, -2.0, 3)
    assert levels.level(name, 3) == 0.0
    assert levels.level(name, 53) == pytest.approx(modulator.baseline * -math.expm1(-50 / modulator.tau_ms))
    levels.release(name, 1.5, 53)
    assert levels.level(name, 53) == pytest.approx(1.5 + modulator.baseline * -math.expm1(-50 / modulator.tau_ms))


def test_dopamine_is_a_deviation_and_may_be_below_zero() -> None:
    levels = NeuromodulatorLevels(1.0)
    levels.release("dopamine", -2.0, 3)
    assert levels.level("dopamine", 3) == -2.0


def test_modulators_do_not_touch_each_other() -> None:
    levels = NeuromodulatorLevels(1.0)
    levels.release("dopamine", 1.0, 0)
    assert levels.level("noradrenaline", 10) == levels.level("acetylcholine", 10) == 0.5


def test_snapshot_is_a_copy_and_brings_the_levels_back() -> None:
    levels = NeuromodulatorLevels(1.0)
    levels.release("dopamine", 1.0, 3)
    saved = levels.snapshot()
    levels.release("dopamine", -5.0, 4)
    other = NeuromodulatorLevels(1.0)
    other.restore(saved)
    assert other.level("dopamine", 10) == pytest.approx(math.exp(-7 / 200))
