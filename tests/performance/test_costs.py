from __future__ import annotations

import pytest

from thalia_dask.config import load_config
from thalia_dask.performance.calibration import calibrate
from thalia_dask.performance.costs import Spent, Trial, measured, predict, step_costs
from thalia_dask.performance.machine import REFERENCE
from thalia_dask.topology.build import build_plan


def brain(size=100, kind="cortex", **params):
    region = {"kind": kind, "size": size, "input_size": 10, "params": params}
    return build_plan(load_config({"brain": {"regions": {"a": region}}}))


def test_more_neurons_more_spikes_and_learning_cost_more() -> None:
    (plain,) = predict(brain()).values()
    (larger,) = predict(brain(400)).values()
    (livelier,) = predict(brain(), rate_hz=90.0).values()
    assert plain.kernel_step_seconds < larger.kernel_step_seconds
    assert plain.kernel_step_seconds < livelier.kernel_step_seconds
    assert plain.window_seconds == larger.window_seconds > REFERENCE.window_seconds
    assert plain.reload_seconds < larger.reload_seconds
    once = plain.window_seconds + plain.reload_seconds
    assert plain.seconds(3) == pytest.approx(once + 3 * (plain.python_step_seconds + plain.kernel_step_seconds))


def test_what_no_cache_holds_is_not_loaded_again() -> None:
    (large,), (larger,) = (predict(brain(n)).values() for n in (50_000, 100_000))
    assert large.reload_seconds == larger.reload_seconds


def test_placement_goes_by_the_same_costs() -> None:
    plan = brain()
    (cost,) = predict(plan).values()
    assert step_costs(plan) == {"a": cost.seconds(1)}


@pytest.mark.parametrize("seconds", [1e-7, 1e-3, 2.0])
def test_measured_costs_add_up_to_what_was_measured(seconds) -> None:
    (cost,) = measured(
        brain(), Spent({"a": seconds}, 1e-3, 1e-3, n_steps=300, n_windows=100, n_spans=10, n_spikes=0)
    ).values()
    assert 100 * cost.seconds(3) == pytest.approx(seconds)
    assert min(cost.window_seconds, cost.reload_seconds, cost.python_step_seconds, cost.kernel_step_seconds) >= 0.0


LONG = Spent({"a": 0.3}, 0.0, 0.0, n_steps=300, n_windows=30, n_spans=3, n_spikes=0)


def brief(step_seconds: float) -> Spent:
    """Windows of three steps."""
    return Spent({"a": 300 * step_seconds}, 0.0, 0.0, n_steps=300, n_windows=100, n_spans=100, n_spikes=0)


def test_a_trial_tells_how_much_longer_short_windows_take() -> None:
    """What a region needs is loaded within the first steps of a window: windows that are shorter still load less."""
    (cost,) = measured(brain(), LONG, trial=Trial(LONG, brief(1.2e-3))).values()
    assert cost.seconds(10) / 10 == pytest.approx(1e-3)
    assert cost.seconds(3) / 3 == pytest.approx(1.2e-3)
    assert cost.seconds(1) == pytest.approx(1.2e-3 + cost.window_seconds * (1 - 1 / 3))
    assert min(cost.reload_seconds, cost.kernel_step_seconds) > 0.0


def test_short_windows_that_took_no_longer_load_nothing() -> None:
    (cost,) = measured(brain(), LONG, trial=Trial(LONG, brief(0.99e-3))).values()
    assert cost.reload_seconds == 0.0


@pytest.mark.parametrize("n_windows", [100, 51])
def test_windows_of_nearly_the_same_length_tell_nothing(n_windows) -> None:
    plan, long = brain(), LONG._replace(n_windows=n_windows)
    for other in (brief(1.2e-3), None):
        assert measured(plan, long, trial=Trial(long, other)) == measured(plan, long)


def test_messages_are_scaled_as_a_whole_and_alone() -> None:
    slower = REFERENCE.with_messages(2.0)
    for part in ("send_seconds", "receive_seconds", "latency_seconds"):
        assert getattr(slower, part) == 2.0 * getattr(REFERENCE, part)
    assert slower.call_seconds == REFERENCE.call_seconds


def test_calibration_is_made_once_and_finds_positive_times() -> None:
    machine = calibrate()
    assert calibrate() is machine
    assert machine.window_seconds > 0
    assert machine.neuron_step_seconds > 0
    assert machine.synaptic_event_seconds > 0
    factor = machine.window_seconds / REFERENCE.window_seconds
    assert machine.call_seconds == pytest.approx(factor * REFERENCE.call_seconds)


def test_what_is_no_layout_holds_the_lock_in_every_step() -> None:
    """Threads of one process take turns in plain Python, and in torch modules."""
    plan = brain(kind="torch_module")
    spent = Spent({"a": 0.3}, 0.0, 0.0, n_steps=300, n_windows=30, n_spans=3, n_spikes=0)
    for (cost,) in (predict(plan).values(), measured(plan, spent).values()):
        assert cost.python_step_seconds > 0.0
        assert cost.kernel_step_seconds == 0.0
    assert cost.seconds(10) / 10 == pytest.approx(1e-3)
