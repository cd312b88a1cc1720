import subprocess
import sys

import numpy as np
import pytest
import xarray as xr

from thalia_dask.errors import InputError, OutputError
from thalia_dask.plots.learning_curve import plot_learning_curve
from thalia_dask.plots.raster import plot_raster
from thalia_dask.plots.rates import plot_rates
from thalia_dask.plots.save import save_all
from thalia_dask.plots.style import spread
from thalia_dask.plots.traces import plot_traces


def recording(n_steps=100, n_neurons=20, rewards=(), spikes=True, dt_ms=0.5, **attributes):
    """Two regions; every neuron i of region a fires in the steps i, i + n_neurons, ...; region b is silent."""
    steps = np.arange(n_steps, dtype=np.int32) if spikes else None
    of_a = {"spike_step": ("spike", steps), "spike_neuron": ("spike", steps % n_neurons)} if spikes else {}
    of_b = {"spike_step": ("spike", steps[:0]), "spike_neuron": ("spike", steps[:0])} if spikes else {}
    population = ["exc"] * (n_neurons - n_neurons // 4) + ["inh"] * (n_neurons // 4)
    return xr.DataTree.from_dict(
        {
            "/": xr.Dataset(
                {
                    "rate": (
                        ("region", "time"),
                        np.tile(np.array([[10.0], [0.0]], np.float32), n_steps),
                        {"units": "Hz", "long_name": "mean firing rate"},
                    ),
                    "reward": ("trial", np.array(rewards, float), {"units": "1", "long_name": "reward"}),
                },
                {
                    "region": ["a", "b"],
                    "time": ("time", np.round(dt_ms * np.arange(n_steps), 9), {"units": "ms", "long_name": "time"}),
                },
                {"dt_ms": dt_ms} | attributes,
            ),
            "a": xr.Dataset({"population": ("neuron", population), **of_a}),
            "b": xr.Dataset({"population": ("neuron", ["exc"] * 3), **of_b}),
        }
    )


def texts(figure):
    """Everything written in a figure but tick labels."""
    of_panels = [
        text
        for panel in figure.axes
        for text in (*panel.texts, panel.xaxis.label, panel.yaxis.label, panel.title, panel._left_title)
    ]
    return [text.get_text() for text in (*figure.texts, *of_panels) if text.get_text()]


def marks(panel):
    return np.concatenate([line.get_xydata() for line in panel.lines if line.get_marker() == "|"])


def test_the_raster_has_a_mark_per_spike_and_names_populations():
    figure = plot_raster(recording(n_steps=100))
    a, b = figure.axes
    assert sorted(marks(a)[:, 0]) == (0.5 * np.arange(100)).tolist()
    assert len(marks(b)) == 0
    assert {"exc", "inh", "a   20 neurons", "b   3 neurons", "silent in this span", "Time (ms)"} <= set(texts(figure))


def test_the_raster_has_a_colour_per_population():
    a, _ = plot_raster(recording()).axes
    colours = {line.get_color(): line.get_ydata() for line in a.lines if line.get_marker() == "|"}
    assert len(colours) == 2
    exc, inh = colours.values()
    assert max(exc) < 15 < min(inh)


def test_the_raster_of_a_long_run_shows_its_end():
    a, _ = plot_raster(recording(n_steps=20_000)).axes
    assert a.get_xlim() == (9500.0, 10_000.0)
    assert len(marks(a)) == 1000


def test_the_raster_shows_the_span_asked_for():
    a, _ = plot_raster(recording(n_steps=2000), span_ms=10, stop_ms=300).axes
    assert a.get_xlim() == (290.0, 300.0)
    assert marks(a)[:, 0].min() == 290.0
    assert marks(a)[:, 0].max() == 299.5


def test_the_raster_samples_every_population_of_a_large_region():
    figure = plot_raster(recording(n_steps=10_000, n_neurons=1000), span_ms=5000, max_neurons=40)
    rows = np.unique(marks(figure.axes[0])[:, 1] - 0.5)
    assert rows.tolist() == list(range(40))
    assert "a   40 of 1000 neurons" in texts(figure)


def test_no_population_is_sampled_away():
    figure = plot_raster(recording(n_steps=10_000, n_neurons=1000), max_neurons=1)
    assert "a   2 of 1000 neurons" in texts(figure)


def test_a_raster_without_spikes_says_what_to_do():
    with pytest.raises(InputError, match=r"holds no spikes to plot: record them with recording.spikes: true"):
        plot_raster(recording(spikes=False))


def test_rates_take_their_labels_from_the_data():
    figure = plot_rates(recording())
    assert {"Mean firing rate (Hz)", "Time (ms)", "a", "b", "mean\n10 Hz", "mean\n0 Hz"} <= set(texts(figure))


@pytest.mark.parametrize("n_steps", [1, 15, 1000, 50_000])
def test_smoothing_and_binning_keep_a_constant_rate_and_bound_the_points(n_steps):
    a, _ = plot_rates(recording(n_steps=n_steps)).axes
    curve = a.lines[0].get_ydata()
    np.testing.assert_allclose(curve, 10.0)
    assert len(curve) <= 1200


def test_rates_of_a_dataset_and_of_its_tree_are_alike():
    tree = recording()
    assert texts(plot_rates(tree)) == texts(plot_rates(tree.to_dataset()))


def test_rates_of_nothing_say_what_to_do():
    with pytest.raises(InputError, match="holds no steps, so there are no rates to plot: run the brain first"):
        plot_rates(recording(n_steps=0))


def test_the_learning_curve_is_a_running_mean_of_the_rewarded_share():
    figure = plot_learning_curve(recording(rewards=[0] * 50 + [1] * 50), window_trials=20)
    (panel,) = figure.axes
    trial, share = panel.lines[0].get_data()
    at = dict(zip(trial.tolist(), share.tolist(), strict=True))
    assert (at[50], at[60], at[70], at[100]) == (0.0, 0.5, 1.0, 1.0)
    assert {"Trial", "Share of trials rewarded", "100%", "running mean over 20 of 100 trials"} <= set(texts(figure))


def test_a_penalty_counts_as_not_rewarded():
    (panel,) = plot_learning_curve(recording(rewards=[-1, 1] * 50), window_trials=2).axes
    np.testing.assert_allclose(panel.lines[0].get_ydata()[2:], 0.5)


def test_of_two_penalties_the_smaller_one_is_the_better():
    figure = plot_learning_curve(recording(rewards=[-1, -1, 0, 0] * 25), window_trials=4)
    np.testing.assert_allclose(figure.axes[0].lines[0].get_ydata()[4:], 0.5)
    assert "Share of trials with the better reward" in texts(figure)


def test_graded_rewards_are_shown_in_their_own_units():
    figure = plot_learning_curve(recording(rewards=[0.0, 1.5, 3.0] * 10))
    assert "Reward" in texts(figure)


def test_the_learning_curve_marks_chance_and_epochs():
    tree = recording(
        rewards=[0, 1] * 20, trials_per_epoch=10, chance_accuracy=0.1, accuracy_by_epoch=[0.2, 0.3, 0.4, 0.5]
    )
    figure = plot_learning_curve(tree)
    assert {"chance 10%", "epoch 1", "epoch 2", "epoch 3", "epoch 4"} <= set(texts(figure))
    (points,) = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert points.get_xydata().tolist() == [[10, 0.2], [20, 0.3], [30, 0.4], [40, 0.5]]


def test_a_learning_curve_without_trials_says_what_to_do():
    with pytest.raises(InputError, match="holds no trials, so there is no learning curve to plot: train the brain"):
        plot_learning_curve(recording())
    with pytest.raises(InputError, match="holds no trials"):
        plot_learning_curve(recording().to_dataset().drop_dims("trial"))


def test_labels_are_moved_apart_as_little_as_needed():
    assert spread([0.1, 0.5], 0.2, 0.0, 1.0) == [0.1, 0.5]
    np.testing.assert_allclose(spread([0.5, 0.5, 0.99], 0.2, 0.0, 1.0), [0.5, 0.7, 0.9])
    np.testing.assert_allclose(spread([0.9, 0.95, 1.0], 0.2, 0.0, 1.0), [0.5, 0.7, 0.9])


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"rewards": [0, 1]}, ["rates.png", "raster.png", "learning_curve.png"]),
        ({}, ["rates.png", "raster.png"]),
        ({"spikes": False}, ["rates.png"]),
    ],
)
def test_every_figure_that_there_is_data_for_is_saved(tmp_path, options, names):
    paths = save_all(recording(**options), tmp_path / "plots", prefix="digits_")
    assert [path.name for path in paths] == [f"digits_{name}" for name in names]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)


def test_a_folder_that_cannot_be_made_is_an_output_error(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(OutputError, match=r"plots cannot be written to .*taken: .*; write another folder"):
        save_all(recording(), tmp_path / "taken")


def test_plotting_leaves_the_users_matplotlib_alone():
    script = """
        import matplotlib, sys
        before = matplotlib.rcParams.copy()
        import thalia_dask.plots.save
        from thalia_dask.plots.style import new_figure
        new_figure("title", "", [1.0])
        assert matplotlib.rcParams.copy() == before
        assert "matplotlib.pyplot" not in sys.modules
    """
    lines = "\n".join(line.strip() for line in script.splitlines())
    answer = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=False)
    assert (answer.returncode, answer.stderr) == (0, "")


def with_probes(cells, **options):
    """Cells of region a whose potential is their number plus the step."""
    tree = recording(**options)
    n_steps = tree.sizes["time"]
    potentials = np.add.outer(cells, np.arange(n_steps)).astype(np.float32)
    about = {"units": "mV", "long_name": "membrane potential"}
    a = tree["a"].to_dataset(inherit=False)
    a["membrane_potential"] = (("probe", "time"), potentials, about)
    tree["a"] = xr.DataTree(a.assign_coords(probe=cells))
    return tree


def test_traces_have_a_panel_per_cell_with_its_spikes():
    figure = plot_traces(with_probes([0, 17]))
    first, second = figure.axes
    assert first.lines[0].get_ydata().tolist() == list(range(100))
    assert second.lines[0].get_ydata().tolist() == list(range(17, 117))
    assert marks(first)[:, 0].tolist() == [0.0, 10.0, 20.0, 30.0, 40.0]
    assert marks(second)[:, 0].tolist() == [8.5, 18.5, 28.5, 38.5, 48.5]
    written = {"Membrane potential (mV)", "a.exc   neuron 0", "a.inh   neuron 17", "5\nspikes", "Time (ms)"}
    assert written <= set(texts(figure))


def test_traces_show_a_span_and_tell_how_many_cells_are_left_out():
    figure = plot_traces(with_probes([1, 2, 3], spikes=False), span_ms=5.0, stop_ms=20.0, max_cells=2)
    assert len(figure.axes) == 2
    assert figure.axes[0].lines[0].get_xdata().tolist() == (15 + 0.5 * np.arange(10)).tolist()
    assert "15 to 20 ms of 50 ms, 2 of 3 cells" in texts(figure)


def test_traces_begin_with_the_first_step_of_the_span():
    """Though 0.1 is no binary fraction."""
    tree = with_probes([1], n_steps=1300, dt_ms=0.1)
    for stop_ms in (123.1, 123.2, 123.3, 123.4, 123.5):
        (panel,) = plot_traces(tree, span_ms=0.3, stop_ms=stop_ms).axes
        assert len(panel.lines[0].get_xdata()) == 3, stop_ms


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"max_cells": 0}, "plot_traces: max_cells is 0; write a whole number of at least 1"),
        ({"max_cells": 2.5}, "plot_traces: max_cells is 2.5; write a whole number of at least 1"),
        ({"span_ms": np.nan}, "plot_traces: span_ms is nan; write a number of ms greater than 0"),
        ({"span_ms": -5.0}, "plot_traces: span_ms is -5.0; write a number of ms greater than 0"),
    ],
)
def test_traces_of_nothing(asked, message):
    with pytest.raises(InputError) as caught:
        plot_traces(with_probes([1]), **asked)
    assert str(caught.value) == message


def test_without_probes_there_are_no_traces(tmp_path):
    with pytest.raises(InputError, match=r"name cells in recording\.probes"):
        plot_traces(recording())
    assert [path.name for path in save_all(recording(), tmp_path)] == ["rates.png", "raster.png"]
    saved = save_all(with_probes([4]), tmp_path)
    assert [path.name for path in saved] == ["rates.png", "raster.png", "traces.png"]


@pytest.mark.parametrize("plot", [plot_raster, plot_traces, plot_rates, plot_learning_curve, save_all])
def test_what_is_no_recording(plot, tmp_path):
    wrong = [None, "runs/run.zarr"]
    if plot not in (plot_rates, plot_learning_curve):
        wrong.append(recording().to_dataset())
    for one in wrong:
        with pytest.raises(InputError) as caught:
            plot(one, *[tmp_path] * (plot is save_all))
        assert str(caught.value) == (
            f"the recording to plot is a {type(one).__name__}; write brain.recording or load_recording(path)"
        )
