"""Rhythms: frequency, range, and delay from the pacemaker."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thalia_dask.modulation.oscillators import FREQUENCY_HZ, SEPTAL_DELAY_MS, phase

BANDS_HZ = {
    "delta": (0.5, 4), "theta": (4, 10), "alpha": (8, 13), "beta": (13, 30), "gamma": (30, 100), "ripple": (100, 250),
}  # fmt: skip


def angle_between(a: float, b: float) -> float:
    return abs(math.remainder(a - b, math.tau))


@pytest.mark.parametrize("oscillator", FREQUENCY_HZ)
@pytest.mark.parametrize("dt_ms", [0.1, 0.5, 1.0])
def test_as_many_cycles_a_second_as_the_frequency_says(oscillator: str, dt_ms: float) -> None:
    n_steps = round(1000 / dt_ms)
    phases = np.unwrap([phase(oscillator, step, dt_ms) for step in range(n_steps + 1)])
    assert (phases[-1] - phases[0]) / math.tau == pytest.approx(FREQUENCY_HZ[oscillator], rel=1e-9)
    np.testing.assert_allclose(np.diff(phases), math.tau * FREQUENCY_HZ[oscillator] * dt_ms / 1000, rtol=1e-6)
    low, high = BANDS_HZ[oscillator]
    assert low <= FREQUENCY_HZ[oscillator] <= high


def test_the_six_rhythms() -> None:
    assert set(FREQUENCY_HZ) == {"delta", "theta", "alpha", "beta", "gamma", "ripple"}


@given(
    oscillator=st.sampled_from(sorted(FREQUENCY_HZ)),
    step=st.integers(0, 10**8),
    dt_ms=st.sampled_from([0.1, 0.05, 0.3, 1.0, 1 / 3]),
    delay_ms=st.sampled_from([0.0, 1.0, 5.0, 6.0, 8.0]),
)
def test_phase_is_an_angle(oscillator: str, step: int, dt_ms: float, delay_ms: float) -> None:
    assert 0.0 <= phase(oscillator, step, dt_ms, delay_ms) < math.tau


@pytest.mark.parametrize(
    ("kind", "delay_ms"), [("hippocampus", 1.0), ("cortex", 5.0), ("striatum", 6.0), ("prefrontal", 8.0)]
)
def test_septal_delays(kind: str, delay_ms: float) -> None:
    """A region sees the phase that the pacemaker had ``delay_ms`` ago."""
    assert SEPTAL_DELAY_MS[kind] == delay_ms
    for step in (0, 3, 100):
        here, there = phase("theta", step, 1.0, delay_ms), phase("theta", step + round(delay_ms), 1.0, delay_ms)
        assert angle_between(there, phase("theta", step, 1.0)) < 1e-9
        assert angle_between(here, phase("theta", step, 1.0) - math.tau * 8.0 * delay_ms / 1000) < 1e-9
