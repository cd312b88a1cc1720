"""Adaptive exponential neurons against closed forms of their equations, and against finer steps of their own."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from tests.neurons.bench import Bench, intervals
from thalia_dask.errors import ConfigError
from thalia_dask.neurons.adex import AdExParams
from thalia_dask.neurons.base import EXCITATORY, INHIBITORY

PLAIN = AdExParams(slope_mv=0.1, coupling_ns=0.0, adaptation_pa=0.0)
"""So steep that it is a leaky integrator below V_T."""


@pytest.mark.parametrize("dt_ms", [0.1, 1.0])
@pytest.mark.parametrize("drive", [-8.0, 15.0])
def test_constant_drive_charges_the_membrane_exponentially(drive: float, dt_ms: float) -> None:
    trace, spikes = Bench(PLAIN, dt_ms).run(200, drive)
    t = dt_ms * np.arange(1, 201)
    np.testing.assert_allclose(trace, -70.6 + drive * (1 - np.exp(-t * 30.0 / 281.0)), atol=3e-4)
    assert not spikes


def test_coupled_adaptation_settles_where_both_currents_balance() -> None:
    bench = Bench(replace(PLAIN, coupling_ns=10.0), 0.5)
    trace, _ = bench.run(4000, 16.0)
    assert trace[-1] == pytest.approx(-70.6 + 16.0 * 30.0 / (30.0 + 10.0), abs=1e-3)
    assert bench.state.adaptation[0] == pytest.approx(10.0 * 12.0, abs=1e-2)


@pytest.mark.parametrize("dt_ms", [0.1, 0.5])
@pytest.mark.parametrize("drive", [25.0, 60.0])
def test_time_to_the_spike_is_the_integral_of_the_equation(drive: float, dt_ms: float) -> None:
    """t = C int dV / (currents), from the resting potential to V_peak, in the step in which it ends."""
    p = AdExParams(coupling_ns=0.0)
    v = np.linspace(p.resting_mv, p.threshold_mv, 2_000_001)
    current = 30.0 * (-70.6 + drive - v) + 60.0 * np.exp((v + 50.4) / 2.0)
    t = 281.0 * float(np.sum(0.5 * (1 / current[1:] + 1 / current[:-1])) * (v[1] - v[0]))
    _, spikes = Bench(p, dt_ms).run(round(100 / dt_ms), drive)
    assert spikes[0] == math.ceil(t / dt_ms) - 1


@pytest.mark.parametrize(("refractory_ms", "steps"), [(0.0, 0), (1.0, 10), (2.5, 25)])
def test_refractory_period_is_exact(refractory_ms: float, steps: int) -> None:
    bench = Bench(AdExParams(refractory_ms=refractory_ms, adaptation_pa=0.0, coupling_ns=0.0), 0.1)
    trace, spikes = bench.run(100, 1e6)
    assert set(intervals(spikes)) == {steps + 1}
    assert (trace[: (steps + 1) * (100 // (steps + 1))] == np.float32(-70.6)).all()


def test_a_spike_adds_its_adaptation_at_its_instant() -> None:
    """The spike comes within the step, so that a little of b has decayed at the end of it."""
    p = AdExParams(coupling_ns=0.0, tau_adaptation_ms=10.0, refractory_ms=5.0)
    bench = Bench(p, 1.0)
    while not bench.step(40.0):
        assert bench.state.adaptation[0] == 0.0
    after = float(bench.state.adaptation[0])
    assert 80.5 * math.exp(-1.0 / 10.0) < after < 80.5
    for _ in range(5):
        bench.step(40.0)
    assert bench.state.adaptation[0] == pytest.approx(after * math.exp(-0.5), rel=1e-5)


def test_trajectory_hardly_depends_on_the_step() -> None:
    coarse, fine = Bench(AdExParams(), 1.0), Bench(AdExParams(), 0.1)
    for step in range(60):
        arriving = {5: {EXCITATORY: 10.0}, 20: {EXCITATORY: 15.0, INHIBITORY: 9.0}}.get(step)
        coarse.step(10.0, arriving)
        for part in range(10):
            fine.step(10.0, arriving if part == 9 else None)
        np.testing.assert_allclose(fine.state.membrane, coarse.state.membrane, atol=1e-4)


def test_a_slope_is_needed() -> None:
    with pytest.raises(ConfigError, match=r"slope_mv 0 .*write a slope above 0 .*ConductanceLIFParams"):
        AdExParams(slope_mv=0.0).pack(0.1)
    with pytest.raises(ConfigError, match="threshold above V_T"):
        AdExParams(threshold_mv=-51.0).pack(0.1)
