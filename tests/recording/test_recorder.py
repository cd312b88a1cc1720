import numpy as np
import pytest
import xarray as xr

from thalia_dask.engine.executor import Emission
from thalia_dask.engine.observer import TrialReport, WindowReport
from thalia_dask.errors import ConfigError, InputError, StateError
from thalia_dask.recording.recorder import Recorder
from thalia_dask.regions.spec import RegionSpec
from thalia_dask.spikes import Arrivals, SpikePacket
from thalia_dask.ticks import Window
from thalia_dask.topology.plan import BrainPlan


def report(start, stop, spikes=(), arrivals=None, observed=None):
    """A window in which region a emits ``spikes``, pairs of (step, neuron), and region b is silent."""
    steps, neurons = np.array(spikes, np.int32).reshape(-1, 2).T
    emissions = {
        "a": Emission(SpikePacket(steps, neurons), observed or {}, 0.25),
        "b": Emission(SpikePacket(), {}, 0.5),
    }
    return WindowReport(Window(start, stop), arrivals or {}, emissions, 1.0)


def test_spikes_are_counted_by_region_and_step(new_recorder):
    recorder = new_recorder()
    recorder.on_window(report(0, 3, [(0, 0), (0, 2), (2, 1)]))
    recorder.on_window(report(3, 5, [(4, 1)]))
    data = recorder.dataset(0, 5)
    assert data.spike_count.sel(region="a").values.tolist() == [2, 0, 1, 0, 1]
    assert data.spike_count.sel(region="b").values.tolist() == [0, 0, 0, 0, 0]


def test_rate_is_per_neuron_and_second(new_recorder):
    recorder = new_recorder()
    recorder.on_window(report(0, 2, [(1, 0), (1, 1), (1, 2)]))
    data = recorder.dataset(0, 2)
    assert data["rate"].sel(region="a").values.tolist() == [0.0, 2000.0]  # 3 spikes / (3 neurons x 0.5 ms)
    assert data["rate"].attrs["units"] == "Hz"


def test_events_sent_counts_a_spike_once_per_projection_that_carries_it(new_recorder):
    recorder = new_recorder()
    recorder.on_window(report(0, 2, [(0, 0), (0, 1), (0, 2)]))  # neuron 2 is inhibitory and projects nowhere
    assert recorder.dataset(0, 2).events_sent.sel(region="a").values.tolist() == [2, 0]


def test_events_received_counts_arrivals_in_the_step_of_arrival(new_recorder):
    recorder = new_recorder()
    due = Arrivals(np.array([1, 1, 2], np.int32), np.zeros(3, np.int32), np.zeros(3, np.int32))
    recorder.on_window(report(0, 3, arrivals={"b": due}))
    assert recorder.dataset(0, 3).events_received.values.tolist() == [[0, 0, 0], [0, 2, 1]]


def test_the_time_of_a_step_is_the_time_at_its_start_in_ms(new_recorder):
    recorder = new_recorder()
    recorder.on_window(report(0, 3))
    time = recorder.dataset(1, 3).time
    assert time.values.tolist() == [0.5, 1.0]
    assert time.dtype == np.float64
    assert time.attrs == {"units": "ms", "long_name": "time", "comment": "at the start of the step"}


def test_a_potential_that_a_region_does_not_report_is_nan(new_recorder):
    recorder = new_recorder()
    recorder.on_window(report(0, 2, observed={"membrane_potential_mean": np.array([-70, -65], np.float32)}))
    data = recorder.dataset(0, 2).membrane_potential_mean
    np.testing.assert_array_equal(data.values, [[-70, -65], [np.nan, np.nan]])
    assert data.dtype == np.float32


def test_modulators_and_oscillators_follow_the_steps(new_recorder):
    recorder = new_recorder()
    recorder.on_window(report(0, 2))
    recorder.on_window(report(2, 3))
    data = recorder.dataset(1, 3)
    assert data.neuromodulator.sel(modulator="dopamine").values.tolist() == [1.25, 2.25]
    assert data.neuromodulator.sel(modulator="noradrenaline").values.tolist() == [1.0, 2.0]
    np.testing.assert_allclose(data.oscillator_phase.sel(oscillator="theta"), [0.1, 0.2])


def test_a_level_is_asked_for_before_the_next_window(new_recorder):
    held = {"level": 1.0}
    recorder = new_recorder(modulators=("dopamine",), levels=lambda name, steps: np.full(len(steps), held["level"]))
    recorder.on_window(report(0, 2))
    held["level"] = 3.0
    recorder.on_window(report(2, 3))
    assert recorder.dataset(0, 3).neuromodulator.values.tolist() == [[1.0, 1.0, 3.0]]


@pytest.mark.parametrize("flush_every_ms", [0.5, 2.0, 1000.0])
@pytest.mark.parametrize("span", [(0, 20), (0, 7), (5, 12), (13, 20), (19, 20)])
def test_a_span_is_the_same_wherever_blocks_and_windows_end(new_recorder, drive, flush_every_ms, span):
    whole = new_recorder(flush_every_ms=flush_every_ms)
    drive(whole)
    reference = new_recorder()
    drive(reference, window_steps=1)
    first, stop = span
    expected = reference.dataset(0, 20).isel(time=slice(first, stop))
    xr.testing.assert_identical(whole.dataset(first, stop), expected)


def test_a_real_run_shows_spikes_travelling_with_their_delays(new_recorder, drive):
    recorder = new_recorder()
    drive(recorder, 12)
    data = recorder.dataset(0, 12)
    a, b = data.spike_count.values
    assert np.flatnonzero(a).tolist() == [0, 1, 7, 8]
    assert np.flatnonzero(b).tolist() == [3, 4, 10, 11]
    assert data.events_sent.sum() == 4 + 4
    assert int(data.events_received.sum()) == 3 + 2 + 2 + 2


def test_the_tree_has_ragged_spikes_and_populations_by_region(new_recorder, drive):
    recorder = new_recorder()
    drive(recorder, 12)
    tree = recorder.tree()
    assert tree["a/spike_step"].values.tolist() == [0, 1, 1, 7, 8]
    assert tree["a/spike_neuron"].values.tolist() == [0, 0, 2, 0, 0]
    assert tree["a/population"].values.tolist() == ["excitatory", "excitatory", "inhibitory"]
    assert tree["a/neuron"].values.tolist() == [0, 1, 2]


def test_the_tree_has_trials(new_recorder, drive):
    recorder = new_recorder()
    drive(recorder, 12, trials=3)
    tree = recorder.tree()
    assert tree.trial.values.tolist() == [0, 1, 2]
    assert tree.action.values.tolist() == [0, 1, 2]
    assert tree.trial_step.values.tolist() == [12, 13, 14]
    assert tree.trial_time.values.tolist() == [6.0, 6.5, 7.0]
    assert tree.reward.values.tolist() == [1.0, 1.0, 1.0]
    assert tree.reward_prediction_error.values.tolist() == [0.5, 0.5, 0.5]


def test_timings_are_kept_apart_in_the_engine_group(new_recorder):
    recorder = new_recorder()
    recorder.on_window(report(0, 3))
    recorder.on_window(report(3, 5))
    engine = recorder.tree()["engine"]
    assert engine.window_start.values.tolist() == [0, 3]
    assert engine.window_steps.values.tolist() == [3, 2]
    assert engine.wall_seconds.values.tolist() == [1.0, 1.0]
    assert engine.compute_seconds.sel(region="b").values.tolist() == [0.5, 0.5]


def test_what_is_switched_off_is_absent(new_recorder, drive):
    recorder = new_recorder(spikes=False, membrane_potential=False, modulators=(), oscillators=())
    drive(recorder)
    tree = recorder.tree()
    assert "spike_step" not in tree["a"]
    assert "membrane_potential_mean" not in tree
    assert not {"neuromodulator", "modulator", "oscillator_phase", "oscillator"} & set(tree.variables)
    assert set(recorder.dataset(0, 3).data_vars) == {"spike_count", "rate", "events_sent", "events_received"}


def test_a_recording_of_nothing_is_an_empty_tree(new_recorder):
    tree = new_recorder().tree()
    assert dict(tree.sizes) == {"region": 2, "time": 0, "modulator": 2, "oscillator": 1, "trial": 0}
    assert tree["engine"].sizes["window"] == 0


def test_trials_after_the_last_window_are_kept(new_recorder):
    recorder = new_recorder()
    recorder.on_window(report(0, 3))
    recorder.flush()
    recorder.on_trial(TrialReport(3, 7, 1.0, 0.5))
    assert recorder.tree().action.values.tolist() == [7]


def test_annotations_reach_the_tree(new_recorder):
    recorder = new_recorder()
    recorder.on_window(report(0, 1))
    recorder.annotate({"accuracy_heldout": 0.75})
    assert recorder.tree().attrs["accuracy_heldout"] == 0.75
    assert recorder.tree().attrs["schema_version"] == 1
    assert (recorder.tree().attrs["dt_ms"], recorder.tree().attrs["seed"]) == (0.5, 1)


@pytest.mark.parametrize("span", [(0, 4), (-1, 2), (2, 2), (3, 1)])
def test_a_span_that_was_not_recorded_is_refused(new_recorder, span):
    recorder = new_recorder()
    recorder.on_window(report(0, 3))
    with pytest.raises(
        InputError, match=f"steps {span[0]} to {span[1]} were asked for.* holds steps 0 to 3: ask for"
    ):
        recorder.dataset(*span)


def test_a_window_out_of_order_is_refused(new_recorder):
    recorder = new_recorder()
    recorder.on_window(report(0, 3))
    with pytest.raises(StateError, match="ends before step 3, so a window that starts at step 2 cannot follow"):
        recorder.on_window(report(2, 4))


def test_a_recording_may_begin_later(new_recorder):
    recorder = new_recorder()
    recorder.on_window(report(30, 33, [(31, 0)]))
    assert recorder.dataset(31, 33).spike_count.sel(region="a").values.tolist() == [1, 0]
    recorder.flush()
    assert recorder.dataset(31, 33).time.values.tolist() == [15.5, 16.0]


@pytest.mark.parametrize("name", ["engine", "time", "reward", "m1/s1"])
def test_a_region_that_cannot_be_a_group_is_refused(name):
    spec = RegionSpec(name, "relay", 1, 1.0, 1)
    plan = BrainPlan(1.0, 1, (spec,), (), (), ((name, (("all", 1),)),))
    with pytest.raises(ConfigError, match=f"brain.regions.{name}: .* rename the region"):
        Recorder(plan)


def test_windows_that_are_pending_read_like_those_in_the_store(new_recorder, drive):
    pending, stored = new_recorder(), new_recorder()
    for recorder in (pending, stored):
        drive(recorder, 200, trials=0)
    stored.flush()
    for start, stop in ((0, 200), (0, 1), (45, 51), (63, 65), (100, 150), (199, 200)):
        found = pending.dataset(start, stop)
        xr.testing.assert_identical(found, stored.dataset(start, stop))
        assert found["time"].values.tolist() == [0.5 * step for step in range(start, stop)]
    assert pending._pending
    assert not stored._pending
