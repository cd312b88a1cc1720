"""Conductance-based neurons against their equations, solved in double precision by tiny steps."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from tests.neurons.bench import Bench
from thalia_dask.neurons.base import EXCITATORY, INHIBITORY
from thalia_dask.neurons.conductance import ConductanceLIFParams, response
from thalia_dask.seeds import generator

COBA = ConductanceLIFParams()


def reference(
    p: ConductanceLIFParams, dt_ms: float, events: list[dict[int, float]], n_fine: int = 20
) -> tuple[np.ndarray, list[int]]:
    """Classical Runge-Kutta with fine steps of every ``dt_ms``; ``events`` are the efficacies that arrive in each."""
    h = dt_ms / n_fine
    v, g = p.resting_mv, [0.0, 0.0]
    held, trace, spikes = 0, [], []

    def slope(v: float, t: float) -> float:
        g_exc, g_inh = g[0] * math.exp(-t / p.tau_excitatory_ms), g[1] * math.exp(-t / p.tau_inhibitory_ms)
        i_exc, i_inh = g_exc * (v - p.reversal_excitatory_mv), g_inh * (v - p.reversal_inhibitory_mv)
        return (-p.leak_ns * (v - p.resting_mv) - i_exc - i_inh) / p.capacitance_pf

    for step, arriving in enumerate(events):
        for fine in range(n_fine):
            t = fine * h
            k1 = slope(v, t)
            k2 = slope(v + h / 2 * k1, t + h / 2)
            k3 = slope(v + h / 2 * k2, t + h / 2)
            k4 = slope(v + h * k3, t + h)
            v += h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        if held:
            held, v = held - 1, p.reset_mv
        elif v >= p.threshold_mv:
            spikes.append(step)
            held, v = round(p.refractory_ms / dt_ms), p.reset_mv
        g[0] = g[0] * math.exp(-dt_ms / p.tau_excitatory_ms) + arriving.get(EXCITATORY, 0.0)
        g[1] = g[1] * math.exp(-dt_ms / p.tau_inhibitory_ms) + arriving.get(INHIBITORY, 0.0)
        trace.append(v)
    return np.array(trace), spikes


def bombardment(seed: int, n_steps: int, rate_exc: float, rate_inh: float) -> list[dict[int, float]]:
    """Efficacies of Vogels & Abbott, 6 and 67 nS, at random; rates are spikes a step."""
    rng = generator(seed, "bombardment")
    counts = zip(rng.poisson(rate_exc, n_steps), rng.poisson(rate_inh, n_steps), strict=True)
    return [{EXCITATORY: 6.0 * e, INHIBITORY: 67.0 * i} for e, i in counts]


def simulate(p: ConductanceLIFParams, dt_ms: float, events: list[dict[int, float]]) -> tuple[np.ndarray, list[int]]:
    bench = Bench(p, dt_ms)
    trace, spikes = [], []
    for step, arriving in enumerate(events):
        if bench.step(0.0, arriving):
            spikes.append(step)
        trace.append(float(bench.state.membrane[0]))
    return np.array(trace), spikes


@pytest.mark.parametrize(("rate_exc", "rate_inh"), [(0.1, 0.0), (0.3, 0.02), (1.0, 0.1)])
@pytest.mark.parametrize("seed", range(3))
def test_bombarded_neuron_spikes_in_the_same_steps(seed: int, rate_exc: float, rate_inh: float) -> None:
    events = bombardment(seed, 10_000, rate_exc, rate_inh)
    trace, spikes = simulate(COBA, 0.1, events)
    expected_trace, expected_spikes = reference(COBA, 0.1, events)
    assert spikes == expected_spikes
    assert len(spikes) >= 10
    np.testing.assert_allclose(trace, expected_trace, atol=5e-4)


NEST = {
    (0.1, 0.0): (156, [51, 119, 182, 264, 324, 381, 444, 507, 571, 633, 694, 762]),
    (0.3, 0.02): (108, [25, 81, 148, 243, 311, 463, 727, 784, 876, 932, 996, 1194]),
    (1.0, 0.1): (48, [16, 69, 127, 181, 626, 715, 771, 824, 2094, 2609, 2815, 2943]),
}
"""Spikes of iaf_cond_exp, NEST 3.10, on ``bombardment(0, 10_000, *rates)``: their number, and the first twelve steps.

Its membrane differed from this one's by at most 1.4e-5, 2.1e-5 and 2.4e-3 mV, and from the reference, by its own
step size control, by 5e-10, 2.4e-6 and 2.5e-3 mV.
"""


@pytest.mark.parametrize("rates", NEST)
def test_spikes_are_those_of_nest(rates: tuple[float, float]) -> None:
    _, spikes = simulate(COBA, 0.1, bombardment(0, 10_000, *rates))
    assert (len(spikes), spikes[:12]) == NEST[rates]


@pytest.mark.parametrize("dt_ms", [0.1, 0.5])
def test_error_is_of_fourth_order(dt_ms: float) -> None:
    """One volley of 40 excitatory and 4 inhibitory spikes: conductance 50 times the leak."""
    events = [{EXCITATORY: 240.0, INHIBITORY: 268.0}, *({} for _ in range(200))]
    silent = replace(COBA, threshold_mv=1e6)
    trace, _ = simulate(silent, dt_ms, events)
    expected, _ = reference(silent, dt_ms, events)
    np.testing.assert_allclose(trace, expected, atol=1e-4 if dt_ms == 0.1 else 0.05)


@pytest.mark.parametrize("dt_ms", [0.1, 1.0])
@pytest.mark.parametrize("channel", [EXCITATORY, INHIBITORY])
@pytest.mark.parametrize("ns", [670.0, 2000.0, 6700.0, 67_000.0])
def test_flood_of_one_kind_is_that_of_the_equations(ns: float, channel: int, dt_ms: float) -> None:
    silent = replace(COBA, threshold_mv=1e6)
    events = [{channel: ns}, *({} for _ in range(5))]
    expected, _ = reference(silent, dt_ms, events, n_fine=2000)
    np.testing.assert_allclose(
        simulate(silent, dt_ms, events)[0], expected, atol=2e-3 if channel == EXCITATORY else 6e-4
    )


@pytest.mark.parametrize(("dt_ms", "within_mv"), [(0.1, 6e-4), (1.0, 0.025)])
@pytest.mark.parametrize("ns", [1000.0, 67_000.0])
def test_flood_of_both_kinds_moves_with_their_balance(ns: float, dt_ms: float, within_mv: float) -> None:
    """Equal at first, then inhibition outlasts excitation; what steps of 1 ms miss is the bend of that within one."""
    silent = replace(COBA, threshold_mv=1e6)
    events = [{EXCITATORY: ns, INHIBITORY: ns}, *({} for _ in range(round(5 / dt_ms)))]
    expected, _ = reference(silent, dt_ms, events, n_fine=round(4000 * dt_ms))
    assert np.ptp(expected) > 10, "else nothing moved it"
    np.testing.assert_allclose(simulate(silent, dt_ms, events)[0], expected, atol=within_mv)


def test_response_is_that_of_the_exponential_function() -> None:
    x = np.logspace(-1, 8, 1000)
    constant = -np.expm1(-x) / x
    change = 12 / x**2 * ((1 + np.exp(-x)) / 2 - constant)
    np.testing.assert_allclose(response(x), (constant, change), rtol=1e-6)
    np.testing.assert_allclose(response(x.astype(np.float32)), (constant, change), rtol=2e-6)
    assert response(0.0) == (1.0, 1.0)


def test_a_neuron_does_not_feel_its_neighbours_flood() -> None:
    """Neurons are computed together, by what the most flooded of them needs."""
    alone, crowd = Bench(COBA, 0.1, n=1), Bench(COBA, 0.1, n=1000)
    for bench in (alone, crowd):
        bench.state.current[EXCITATORY] = 5.0
    crowd.state.current[INHIBITORY][1:] = np.linspace(0.0, 9000.0, 999)
    for _ in range(300):
        alone.step()
        crowd.step()
        assert crowd.state.membrane[0] == alone.state.membrane[0]


def test_reversal_potentials_bound_a_flooded_membrane() -> None:
    silent = replace(COBA, threshold_mv=1e6)
    for channel, reversal in ((EXCITATORY, 0.0), (INHIBITORY, -80.0)):
        trace, _ = simulate(silent, 0.1, [{channel: 1e6}, *({} for _ in range(100))])
        assert trace.min() >= -80.1
        assert trace.max() <= 0.1
        assert trace[-1] == pytest.approx(reversal, abs=1.0)


@pytest.mark.parametrize("drive", [9.0, 15.0])
def test_constant_drive_without_synapses_is_the_leaky_integrator(drive: float) -> None:
    silent = replace(COBA, threshold_mv=1e6)
    trace, _ = Bench(silent, 0.1).run(500, drive)
    t = 0.1 * np.arange(1, 501)
    np.testing.assert_allclose(trace, -60 + drive * (1 - np.exp(-t / 20)), atol=5e-4)


def test_adaptation_raises_the_threshold() -> None:
    plain, adapting = Bench(COBA, 0.1), Bench(replace(COBA, adaptation_mv=3.0), 0.1)
    assert len(adapting.run(5000, 20.0)[1]) < len(plain.run(5000, 20.0)[1])
