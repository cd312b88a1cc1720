"""``thalia-dask bench``: what it refuses, what it tells; nothing here looks at how fast anything was."""

import json
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from thalia_dask.brain.bench import Measurement, settings_to_compare
from thalia_dask.cli import bench_report
from thalia_dask.cli.bench_report import BenchReport, label
from thalia_dask.config import load_config
from thalia_dask.performance.costs import Spent, Trial
from thalia_dask.performance.forecast import SEQUENTIAL, Setting
from thalia_dask.performance.machine import REFERENCE
from thalia_dask.topology.build import build_plan

DIRECT = Setting(2, 1, "direct", 2)


def spent(workers: int, wall: float, compute: float, waiting: float, exchange: float) -> xr.Dataset:
    """What two regions took: ``compute`` seconds each."""
    per_worker = {"worker_compute": compute, "worker_waiting": waiting, "worker_exchange": exchange}
    data = {
        "compute_seconds": ("region", [compute, compute]),
        **{f"{name}_seconds": ("worker", [seconds] * workers) for name, seconds in per_worker.items()},
        "wall_seconds": wall,
        "stimulus_seconds": 0.0,
        "executor_seconds": 0.9 * wall,
        "n_steps": 1000,
        "n_windows": 200,
        "n_spans": 200,
        "spikes": ("region", [3000, 1000]),
        "overhead_ratio": 1.5,
    }
    coordinates = {
        "region": ["cortex", "thalamus"],
        "worker": [f"tcp://127.0.0.1:{i}" for i in range(workers)],
        "n_threads": ("worker", np.ones(workers, int)),
    }
    return xr.Dataset(data, coordinates)


def report(two_regions, dask_speed: float, brief: Spent | None = None) -> BenchReport:
    alone = spent(1, 3.0, 0.5, 0.0, 0.2)
    return BenchReport(
        build_plan(load_config(two_regions)),
        [
            Measurement(SEQUENTIAL, (900.0, 1000.0, 1100.0), alone),
            Measurement(DIRECT, (dask_speed,), spent(2, 10.0, 2.0, 4.0, 3.0)),
        ],
        Trial(Spent.of(alone), brief),
        REFERENCE,
        1000,
        None,
    )


def test_verdict_where_parallel_does_not_pay(two_regions):
    assert report(two_regions, 500.0).verdict() == (
        "Parallel does not pay here: 2 processes x 1 thread, direct, the best on Dask, ran 0.50 times as fast as "
        "sequential, because a step of all regions takes 1,000 µs to compute, too little for what exchanging its "
        "spikes takes. The threads of its workers spent 20% computing, 30% on the exchange of spikes, 40% waiting "
        "for spikes of others, 10% waiting for the orchestrator.\nUse brain: {parallel: false}."
    )


def test_verdict_where_it_pays(two_regions):
    assert report(two_regions, 1700.0).verdict() == (
        "Parallel pays here: 2 processes x 1 thread, direct, the best on Dask, ran 1.70 times as fast as "
        "sequential.\nUse brain: {parallel: true} and execution: {n_workers: 2, threads_per_worker: 1, "
        "exchange: direct}."
    )


def test_what_short_windows_took_longer_in_a_trial_is_predicted_to_be_gained_in_long_ones(two_regions):
    """The measured sequential run went 5 steps at once, and would go further in one call."""
    long = report(two_regions, 500.0).trial.spent
    slower = {name: 2.0 * seconds for name, seconds in long.compute_seconds.items()}
    brief = long._replace(compute_seconds=slower, n_windows=4 * long.n_windows)
    plain, warned = (report(two_regions, 500.0, given).predictions for given in (None, brief))
    assert warned[SEQUENTIAL] > 1.1 * plain[SEQUENTIAL]


def test_a_gain_within_the_noise_does_not_pay(two_regions):
    assert report(two_regions, 1040.0).verdict().startswith("Parallel does not pay here")


def test_what_is_foretold_has_all_its_rows_where_one_of_them_was_measured_too(two_regions):
    measured = report(two_regions, 500.0).measurements
    of_four = replace(measured[1], setting=Setting(4, 1, "direct", 4.0))
    told = replace(report(two_regions, 500.0), measurements=[measured[0], of_four]).as_json()
    assert [row["n_workers"] for row in told["predicted"]] == [4, 8, 32, 256]


def test_tables(two_regions):
    lines = [line.split() for line in "\n".join(report(two_regions, 500.0).lines()).splitlines()]
    assert ["sequential", "1,000", "20%", "1.00", "1.00"] in lines
    assert ["2", "processes", "x", "1", "thread,", "direct", "127.0.0.1:1", "20%", "30%", "40%", "10%"] in lines
    assert ["cortex", "500.0", "50%", "2000.0"] in lines
    assert ["overhead_ratio:", "1.50", "events", "by", "step", "and", "region"] in lines
    assert [line[0] for line in lines if len(line) == 3 and line[0].isdigit()] == ["4", "8", "32", "256"]


@pytest.mark.parametrize(
    ("n", "labels"),
    [
        (1, ["sequential", "1 process x 1 thread, direct", "1 process x 1 thread, orchestrated"]),
        (
            3,
            [
                "sequential",
                "3 processes x 1 thread, direct",
                "3 processes x 1 thread, orchestrated",
                "1 process x 3 threads, direct",
                "1 process x 3 threads, orchestrated",
            ],
        ),
    ],
)
def test_what_is_compared(n, labels):
    assert [label(setting) for setting in settings_to_compare(6, n)] == labels


@pytest.mark.parametrize("n", [None, 6])
def test_no_more_is_compared_than_regions_use(n):
    one, two = ([(s.n_workers, s.n_threads) for s in settings_to_compare(regions, n)] for regions in (1, 2))
    assert one == [(0, 1), (1, 1), (1, 1)]
    assert two == [(0, 1), (2, 1), (2, 1), (1, 2), (1, 2)]


def test_each_setting_is_forecast_once(two_regions, monkeypatch):
    asked = []
    monkeypatch.setattr(bench_report, "step_seconds", lambda work, setting: asked.append(setting) or 1e-3)
    told = report(two_regions, 500.0)
    assert list(told.lines())
    assert told.as_json()
    assert len(asked) == len(set(asked)) == 2 + 4


@pytest.mark.cluster
def test_all_of_it(call, tiny, tmp_path):
    out = tmp_path / "deep" / "bench.json"
    theirs = ("--set", "execution.threads_per_worker=2", "--set", "execution.dashboard=8790")  # without influence
    result = call("bench", tiny, "--duration-ms", 20, "--repeats", 2, "--workers", 1, "--out", out, *theirs)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("executor ")
    assert "\nParallel " in result.stdout
    figures = json.loads(out.read_text())
    assert figures["call_steps"] == 5  # as long as the task shows one observation
    assert [one["n_workers"] for one in figures["measured"]] == [0, 1, 1]
    assert [len(one["steps_per_second"]) for one in figures["measured"]] == [2, 2, 2]
    assert [one["performance"]["data_vars"]["n_steps"]["data"] for one in figures["measured"]] == [40, 40, 40]
    assert [one["n_workers"] for one in figures["predicted"]] == [4, 8, 32, 256]


def test_refused_before_anything_starts(refused, tiny, tmp_path):
    there = tmp_path / "there.json"
    there.write_text("{}")
    message = f"output {there} exists; write another --out, or --overwrite to replace it"
    assert refused("bench", tiny, "--out", there) == message
    assert "does not end in .json; write e.g. bench.txt.json" in refused("bench", tiny, "--out", "bench.txt")
    assert "'.json' is nothing but the ending .json; write e.g. run.json" in refused("bench", tiny, "--out", ".json")
    message = "--duration-ms is 0.5; write a duration of at least 1 ms, one step"
    assert refused("bench", tiny, "--duration-ms", 0.5) == message
    assert "--repeats" in refused("bench", tiny, "--repeats", 0)


def test_more_than_fits_into_memory_at_once(refused, tiny):
    message = refused("bench", tiny, "--workers", 5000, "--set", "execution.memory_gib=0.5")
    assert message.startswith("5 such brains at once would take about ")
    assert (
        "is for the processes of execution.n_workers: make that smaller, or write execution.memory_gib: " in message
    )
