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


def exactly(p: AdExParams, n_ms: int, exc: float, inh: float) -> np.ndarray:
    """The membrane after every 0.1 ms, by Runge-Kutta steps that are short beside C / g; without a threshold."""

    def slopes(t: float, y: np.ndarray) -> np.ndarray:
        v, w = y
        leak = p.leak_ns * (p.resting_mv - v + p.slope_mv * math.exp((v - p.rheobase_threshold_mv) / p.slope_mv))
        g_exc, g_inh = exc * math.exp(-t / p.tau_excitatory_ms), inh * math.exp(-t / p.tau_inhibitory_ms)
        synaptic = g_exc * (p.reversal_excitatory_mv - v) + g_inh * (p.reversal_inhibitory_mv - v)
        dw = (p.coupling_ns * (v - p.resting_mv) - w) / p.tau_adaptation_ms
        return np.array([(leak + synaptic - w) / p.capacitance_pf, dw])

    n_fine = 20 + round((exc + inh) / p.capacitance_pf)
    h, y, trace = 0.1 / n_fine, np.array([p.resting_mv, 0.0]), []
    for fine in range(10 * n_ms * n_fine):
        t = fine * h
        k1 = slopes(t, y)
        k2 = slopes(t + h / 2, y + h / 2 * k1)
        k3 = slopes(t + h / 2, y + h / 2 * k2)
        y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + slopes(t + h, y + h * k3))
        trace += [y[0]] if fine % n_fine == n_fine - 1 else []
    return np.array(trace)


@pytest.mark.parametrize("dt_ms", [0.1, 1.0])
@pytest.mark.parametrize(
    ("exc", "inh"),
    [
        (0.0, 600.0),
        (0.0, 1500.0),
        (0.0, 5000.0),
        (0.0, 9000.0),
        (0.0, 67_000.0),
        (1000.0, 1500.0),
        (7000.0, 12_000.0),
    ],
)
def test_flood_moves_the_membrane_as_the_equations_do(exc: float, inh: float, dt_ms: float) -> None:
    bench = Bench(AdExParams(), dt_ms)
    bench.step(0.0, {EXCITATORY: exc, INHIBITORY: inh})
    trace, spikes = bench.run(round(4 / dt_ms))
    assert not spikes
    every = round(dt_ms / 0.1)
    np.testing.assert_allclose(trace, exactly(bench.params, 4, exc, inh)[every - 1 :: every], atol=4e-3)


@pytest.mark.parametrize(
    ("ns", "after_ms"), [(600.0, 0.298), (1000.0, 0.183), (1771.0, 0.1073), (2000.0, 0.0957), (9000.0, 0.0236)]
)
def test_flood_of_excitation_spikes_when_the_equations_do(ns: float, after_ms: float) -> None:
    """The times are from 8th-order Runge-Kutta steps of controlled size (DOP853)."""
    bench = Bench(AdExParams(), 0.1)
    bench.step(0.0, {EXCITATORY: ns})
    _, spikes = bench.run(10)
    assert spikes == [math.floor(after_ms / 0.1)]


def test_flood_of_inhibition_ends_a_spike_that_has_begun() -> None:
    for began_at in (-45.0, -42.0, -40.0):
        bench = Bench(AdExParams(), 0.1)
        bench.state.membrane[0] = began_at
        bench.state.current[INHIBITORY] = 20_000.0
        trace, spikes = bench.run(20)
        assert not spikes
        np.testing.assert_allclose(trace, -85.0, atol=0.06)


def test_no_conductance_is_too_much() -> None:
    with np.errstate(all="raise"):
        for exc, inh in ((1e9, 0.0), (0.0, 1e9), (1e9, 1e9), (1e12, 3e12)):
            bench = Bench(AdExParams(), 1.0)
            bench.step(0.0, {EXCITATORY: exc, INHIBITORY: inh})
            trace, _ = bench.run(50)
            assert ((trace > -85.01) & (trace <= 0.0)).all()


@pytest.mark.parametrize("began_at", [0.0, 1e4, 1e9])
def test_a_membrane_that_begins_above_the_threshold_fires_at_once(began_at: float) -> None:
    bench = Bench(AdExParams(), 1.0)
    bench.state.membrane[0] = began_at
    trace, spikes = bench.run(500)
    assert spikes == [0]
    np.testing.assert_allclose(trace[[0, -1]], -70.6, atol=0.1)


def test_time_constants_that_are_too_short_are_told() -> None:
    with pytest.raises(
        ConfigError, match=r"capacitance_pf 0\.9 .* 0\.03 ms.*dt_ms = 0\.5; write a capacitance of 3 or"
    ):
        AdExParams(capacitance_pf=0.9).pack(0.5)
    with pytest.raises(ConfigError, match=r"tau_adaptation_ms 0\.03.*dt_ms = 0\.1; write 0\.1 or more"):
        AdExParams(tau_adaptation_ms=0.03).pack(0.1)
    AdExParams(capacitance_pf=3.0, tau_adaptation_ms=0.1).pack(0.1)
    AdExParams(leak_ns=0.0).pack(0.1)


@pytest.mark.parametrize("shortest", [AdExParams(capacitance_pf=3.0), AdExParams(tau_adaptation_ms=0.1)])
def test_shortest_time_constants_rest(shortest: AdExParams) -> None:
    trace, spikes = Bench(shortest, 0.1).run(2000)
    assert not spikes
    np.testing.assert_allclose(trace, -70.6, atol=0.01)


def test_a_slope_is_needed() -> None:
    with pytest.raises(ConfigError, match=r"slope_mv 0 .*write a slope above 0 .*ConductanceLIFParams"):
        AdExParams(slope_mv=0.0).pack(0.1)
    with pytest.raises(ConfigError, match="threshold above V_T"):
        AdExParams(threshold_mv=-51.0).pack(0.1)
