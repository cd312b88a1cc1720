"""The neuron against closed forms of its own equations."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.neurons.bench import Bench, intervals
from thalia_dask.neurons import base, models
from thalia_dask.neurons.base import steps_of_adaptation
from thalia_dask.neurons.lif import EXCITATORY, INHIBITORY, SLOW, LIFParams

SILENT = LIFParams(threshold_mv=1e6)


@given(drive=st.floats(-30, 30), tau=st.floats(2, 50), dt_ms=st.sampled_from([0.1, 0.5, 1.0]))
def test_constant_drive_charges_the_membrane_exponentially(drive: float, tau: float, dt_ms: float) -> None:
    trace, spikes = Bench(replace(SILENT, tau_membrane_ms=tau), dt_ms).run(200, drive)
    t = dt_ms * np.arange(1, 201)
    np.testing.assert_allclose(trace, SILENT.resting_mv + drive * (1 - np.exp(-t / tau)), atol=2e-3)
    assert not spikes


def epsp(t: np.ndarray, weight: float, tau_synapse: float, tau_membrane: float) -> np.ndarray:
    """Membrane deflection at ``t`` after an exponential current of amplitude ``weight`` began."""
    if tau_synapse == tau_membrane:
        return weight * t / tau_membrane * np.exp(-t / tau_membrane)
    factor = tau_synapse / (tau_synapse - tau_membrane)
    return weight * factor * (np.exp(-t / tau_synapse) - np.exp(-t / tau_membrane))


@pytest.mark.parametrize("dt_ms", [0.1, 1.0])
@pytest.mark.parametrize(
    ("channel", "tau_synapse"), [(EXCITATORY, 5.0), (INHIBITORY, 10.0), (SLOW, 100.0), (EXCITATORY, 20.0)]
)
def test_postsynaptic_potential(channel: int, tau_synapse: float, dt_ms: float) -> None:
    name = ("tau_excitatory_ms", "tau_inhibitory_ms", "tau_slow_ms")[channel]
    bench = Bench(replace(SILENT, tau_membrane_ms=20.0, **{name: tau_synapse}), dt_ms)
    bench.step(0.0, {channel: 7.0})
    assert bench.state.membrane[0] == np.float32(SILENT.resting_mv), "a current that begins has not moved it yet"
    trace, _ = bench.run(150)
    t = dt_ms * np.arange(1, 151)
    np.testing.assert_allclose(trace - SILENT.resting_mv, epsp(t, 7.0, tau_synapse, 20.0), atol=3e-4)


def test_equal_time_constants_are_the_limit_of_nearly_equal_ones() -> None:
    peaks = []
    for tau in (20.0, 20.0 * (1 + 1e-10), 20.0 * (1 + 1e-8), 20.0 * (1 + 1e-6)):
        bench = Bench(replace(SILENT, tau_membrane_ms=20.0, tau_excitatory_ms=tau))
        bench.step(0.0, {EXCITATORY: 10.0})
        peaks.append(bench.run(60)[0].max())
    np.testing.assert_allclose(np.array(peaks) - SILENT.resting_mv, 10.0 / math.e, atol=1e-3)


def test_channels_add_up() -> None:
    together, apart = Bench(SILENT), []
    efficacies = {EXCITATORY: 8.0, INHIBITORY: -3.0, SLOW: 2.0}
    together.step(0.0, efficacies)
    for channel, weight in efficacies.items():
        alone = Bench(SILENT)
        alone.step(0.0, {channel: weight})
        apart.append(alone.run(100)[0] - SILENT.resting_mv)
    np.testing.assert_allclose(together.run(100)[0] - SILENT.resting_mv, sum(apart), atol=1e-3)


@pytest.mark.parametrize("drive", [0.0, 9.0])
def test_trajectory_does_not_depend_on_the_step(drive: float) -> None:
    """Exact integration: the same potential at common times for dt and dt / 2, arriving spikes included."""
    coarse, fine = Bench(SILENT, 1.0), Bench(SILENT, 0.5)
    arriving = {3: {EXCITATORY: 12.0}, 10: {INHIBITORY: -8.0, EXCITATORY: 3.0}, 11: {SLOW: 5.0}}
    for step in range(60):
        coarse.step(drive, arriving.get(step))
        fine.step(drive)
        fine.step(drive, arriving.get(step))  # a current that begins at the end of the same millisecond
        np.testing.assert_allclose(fine.state.membrane, coarse.state.membrane, atol=5e-4)


@pytest.mark.parametrize("dt_ms", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("drive", [16.0, 20.0, 40.0])
def test_interval_between_spikes_of_constant_drive(drive: float, dt_ms: float) -> None:
    """ISI = refractory period + time from reset to threshold, on the grid of steps."""
    p = LIFParams()
    above_reset, above_threshold = p.resting_mv + drive - p.reset_mv, p.resting_mv + drive - p.threshold_mv
    charge_steps = math.ceil(p.tau_membrane_ms * math.log(above_reset / above_threshold) / dt_ms)
    _, spikes = Bench(p, dt_ms).run(round(1000 / dt_ms), drive)
    first = math.ceil(p.tau_membrane_ms * math.log(drive / above_threshold) / dt_ms) - 1
    assert spikes[0] == first
    assert set(intervals(spikes)) == {round(p.refractory_ms / dt_ms) + charge_steps}


def test_drive_below_threshold_never_spikes_and_at_threshold_does() -> None:
    below, at = LIFParams(), replace(LIFParams(), tau_membrane_ms=0.05)
    assert Bench(below).run(2000, 14.999)[1] == []
    assert Bench(at).run(1, 15.0)[1] == [0]


@pytest.mark.parametrize(("refractory_ms", "steps"), [(0.0, 0), (1.0, 1), (2.0, 2), (5.0, 5)])
def test_refractory_period_is_exact(refractory_ms: float, steps: int) -> None:
    bench = Bench(replace(LIFParams(), refractory_ms=refractory_ms))
    trace, spikes = bench.run(40, 1e5)
    assert set(intervals(spikes)) == {steps + 1}
    reset = trace[: (steps + 1) * (40 // (steps + 1))] == LIFParams().reset_mv
    assert reset.all(), "held at reset while refractory, and reset by every spike"


def test_input_during_the_refractory_period_is_not_lost() -> None:
    """The current that arrives keeps flowing and moves the membrane afterwards."""
    bench = Bench(replace(LIFParams(), refractory_ms=3.0))
    assert bench.step(1e5)
    bench.step(0.0, {EXCITATORY: 10.0})
    bench.step()
    bench.step()
    assert bench.state.membrane[0] == LIFParams().reset_mv
    bench.step()
    left = 10.0 * math.exp(-2 / 5)
    expected = -65 + 5 * math.exp(-1 / 20) + epsp(np.array([1.0]), left, 5.0, 20.0)[0]
    assert bench.state.membrane[0] == pytest.approx(expected, abs=1e-3)


def test_adaptation_raises_the_threshold_and_decays() -> None:
    p = replace(LIFParams(), adaptation_mv=4.0, tau_adaptation_ms=50.0)
    bench = Bench(p)
    assert bench.step(1e5)
    assert bench.state.adaptation[0] == 4.0
    for _ in range(30):
        bench.step()
    assert bench.state.adaptation[0] == pytest.approx(4.0 * math.exp(-30 / 50), rel=1e-5)


@pytest.mark.parametrize("dt_ms", [0.1, 1.0])
@pytest.mark.parametrize("tau_ms", [1e5, 1e7])
def test_slow_adaptation_decays_by_its_time_constant(tau_ms: float, dt_ms: float) -> None:
    """That of Diehl & Cook (2015) loses less in a step than float32 tells; over 5 time constants, at 0.5 % of it."""
    bench = Bench(LIFParams(adaptation_mv=0.05, tau_adaptation_ms=tau_ms, resting_mv=-65.0), dt_ms)
    moves = steps_of_adaptation(bench.params, dt_ms)
    assert moves == round(2 ** math.ceil(math.log2(tau_ms / dt_ms / 16384)))
    bench.state.adaptation[0] = 20.0
    for bench.now in (1, moves - 1, moves + 1):
        bench.integrate()
    assert bench.state.adaptation[0] == 20.0, "held in between"
    for decayed in range(1, round(5 * tau_ms / dt_ms / moves)):
        bench.now = decayed * (moves if decayed * moves < 2**31 else 0)
        bench.integrate()
        if decayed % 500 == 0:
            exact = 20.0 * math.exp(-decayed * moves * dt_ms / tau_ms)
            assert bench.state.adaptation[0] == pytest.approx(exact, rel=5e-3)


def test_ordinary_adaptation_moves_in_every_step() -> None:
    assert steps_of_adaptation(LIFParams(tau_adaptation_ms=1600.0), 0.1) == 1
    assert steps_of_adaptation(LIFParams(tau_adaptation_ms=1e18), 0.1) == 1 << 30


def test_adaptation_slows_a_train_down() -> None:
    p = replace(LIFParams(), adaptation_mv=3.0, tau_adaptation_ms=200.0)
    _, spikes = Bench(p).run(1000, 30.0)
    slowed, steady = intervals(spikes), intervals(Bench().run(1000, 30.0)[1])
    assert slowed[0] < slowed[3] <= slowed[-1]
    assert slowed[-1] > steady[-1]


@pytest.mark.parametrize("dt_ms", [0.1, 1.0])
def test_the_threshold_follows_a_membrane_that_is_held_below_rest(dt_ms: float) -> None:
    """Closed form: V = E + d (1 - exp(-t / tau_m)), and a low-pass of it with tau_a."""
    depth, tau_m, tau_a, r = -8.0, 20.0, 60.0, 0.75
    bench = Bench(replace(SILENT, tau_membrane_ms=tau_m, tau_adaptation_ms=tau_a, rebound=r), dt_ms)
    for n_steps in (round(30 / dt_ms), round(170 / dt_ms)):
        bench.run(n_steps, depth)
        t = bench.now * dt_ms
        fallen = r * depth * (1 - (tau_a * np.exp(-t / tau_a) - tau_m * np.exp(-t / tau_m)) / (tau_a - tau_m))
        np.testing.assert_allclose(bench.state.adaptation[0], fallen, atol=0.15 * dt_ms)


def test_a_cell_released_from_inhibition_fires_a_burst_only_if_its_threshold_rebounds() -> None:
    for rebound, n_spikes in ((0.0, 0), (1.5, 3)):
        cell = LIFParams(tau_membrane_ms=10.0, adaptation_mv=4.0, tau_adaptation_ms=80.0, rebound=rebound)
        bench = Bench(replace(cell, reset_mv=-65.0))
        assert not bench.run(300, -20.0)[1]
        spikes = bench.run(200)[1]
        assert len(spikes) == n_spikes, f"{spikes} at rebound {rebound}"
        assert all(step < 60 for step in spikes)


def test_above_rest_nothing_rebounds() -> None:
    with_rebound, without = (Bench(LIFParams(rebound=rebound)) for rebound in (2.0, 0.0))
    for bench in (with_rebound, without):
        bench.run(100, 18.0)
    assert with_rebound.state.adaptation[0] == without.state.adaptation[0] == 0.0


def test_only_the_slice_of_the_population_is_touched() -> None:
    bench = Bench(replace(LIFParams(), adaptation_mv=1.0), n=6)
    bench.state.current[:] = 1.0
    bench.state.adaptation[:] = 1.0
    bench.spiked[:] = 7
    bench.integrate(5.0, 2, 4)
    outside = [0, 1, 4, 5]
    assert (bench.state.membrane[outside] == -65.0).all()
    assert (bench.state.membrane[2:4] > -65.0).all()
    for decaying in (bench.state.current, bench.state.adaptation):
        assert (decaying[..., outside] == 1.0).all()
        assert (decaying[..., 2:4] < 1.0).all()
    assert np.flatnonzero(bench.spiked != 7).tolist() == [2, 3]
    assert not bench.spiked[2:4].any()


@given(st.lists(st.integers(0, 29), unique=True))
def test_a_spike_resets_its_neuron_as_its_population_says(fired: list[int]) -> None:
    """Populations of 3, 14 and 13 neurons, scanned by words of eight."""
    kinds = [LIFParams(reset_mv=-60.0 - i, refractory_ms=float(i), adaptation_mv=2.0 * i) for i in range(3)]
    bench = Bench(n=30)
    bench.spiked[fired] = 1
    neurons, last = np.empty(30, np.int32), np.array([3, 17, 30])
    constants, words = base.constants(kinds, 0.5), bench.spiked.view(np.uint64)
    n_spikes = models.fire(np.int32(40), last, constants, bench.state, words, neurons)
    assert neurons[:n_spikes].tolist() == sorted(fired)
    population = np.searchsorted(last, np.arange(30), side="right")
    spiked = np.isin(np.arange(30), fired)
    np.testing.assert_array_equal(bench.state.membrane, np.where(spiked, -60.0 - population, -65.0))
    np.testing.assert_array_equal(bench.state.refractory, np.where(spiked, 41 + 2 * population, 0))
    np.testing.assert_array_equal(bench.state.adaptation, np.where(spiked, 2.0 * population, 0.0))
