import subprocess
import sys

import pytest
import yaml

from tests.cli.conftest import CONFIGS
from thalia_dask.config import load_config
from thalia_dask.topology.build import build_plan
from thalia_dask.topology.summary import summarize


def build_and_count(config):
    return summarize(build_plan(load_config(config))).n_neurons


@pytest.mark.parametrize("config", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_config_can_be_described(call, config):
    result = call("describe", config)
    assert result.exit_code == 0, result.output


def test_what_is_told_of_a_brain(call, two_regions):
    text = call("describe", two_regions).stdout
    n_neurons = build_and_count(two_regions)
    assert text.startswith(f"{two_regions}: 2 regions, 1 projection, {n_neurons} neurons, about ")
    assert "\nConfig, where it differs from the defaults (--resolved shows all of it):\n  brain:\n" in text
    lines = [line.split() for line in text.splitlines()]
    assert ["cortex", "cortex"] in [line[:2] for line in lines]
    assert ["thalamus.relay", "->", "cortex.feedforward", "50", "5", "ms", "<-", "sets", "the", "window"] in lines
    assert "\nwindow: 5 ms, 5 steps, 200 windows a simulated second; the shortest delay: thalamus.relay -> " in text
    assert "\nplacement: none, all regions in one process; with brain.parallel=true, on " in text


def test_overrides_reach_window_and_placement(call):
    overrides = ("execution.window_ms=2", "execution.n_workers=3", "execution.threads_per_worker=2")
    text = call("describe", CONFIGS / "digits.yaml", *(f"--set={o}" for o in overrides)).stdout
    assert "window: 2 ms, 2 steps, 500 windows a simulated second; as execution.window_ms says" in text
    assert "placement: 3 Dask workers of 2 threads" in text
    placed = [line.split(maxsplit=3) for line in text.splitlines() if line.startswith("  worker ")][1:]
    assert [worker for _, worker, *_ in placed] == ["1", "2", "3"]
    regions = ", ".join(regions for *_, regions in placed).split(", ")
    assert sorted(regions) == ["cerebellum", "cortex", "hippocampus", "pfc", "striatum", "thalamus"]


def test_a_brain_without_projections(call, tmp_path):
    config = tmp_path / "alone.yaml"
    config.write_text("brain: {regions: {a: {kind: thalamus, size: 10, input_size: 10}}}")
    text = call("describe", config).stdout
    assert "the longest there is, for no projection joins regions" in text


def test_the_resolved_config_is_a_config(call, tmp_path):
    result = call("describe", CONFIGS / "digits.yaml", "--set", "global.seed=7", "--resolved")
    resolved = tmp_path / "resolved.yaml"
    resolved.write_text(result.stdout)
    assert load_config(resolved) == load_config(CONFIGS / "digits.yaml", ["global.seed=7"])
    assert yaml.safe_load(result.stdout)["execution"]["threads_per_worker"] is None


def test_the_resolved_config_of_a_brain_without_a_task_is_valid(call, two_regions, tmp_path):
    resolved = tmp_path / "resolved.yaml"
    resolved.write_text(call("describe", two_regions, "--resolved").stdout)
    assert load_config(resolved) == load_config(two_regions)
    assert " is valid: 2 regions" in call("validate", resolved).stdout


def test_nothing_heavy_is_imported():
    program = (
        "import sys; from thalia_dask.cli import main; main(sys.argv[1:], standalone_mode=False);"
        "print(*{'torch', 'xarray', 'distributed', 'matplotlib', 'gymnasium'} & set(sys.modules), file=sys.stderr)"
    )
    command = [sys.executable, "-c", program, "describe", str(CONFIGS / "digits.yaml")]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert ended.stderr.strip() == ""
    assert "placement" in ended.stdout


def test_auto_is_chosen_later(call, two_regions):
    text = call("describe", two_regions, "--set", "brain.parallel=auto").stdout
    assert "\nplacement: chosen when the brain is built and this machine measured; if that is Dask, on " in text


def test_the_script_of_a_job_is_shown_and_nothing_started(call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = call("describe", CONFIGS / "digits.yaml", "--cluster", CONFIGS / "clusters" / "slurm.yaml")
    assert result.exit_code == 0, result.output
    assert "placement: 4 Dask workers of 1 thread\n" in result.stdout
    assert "\ncluster: 4 jobs with this script, one for each worker\n\n#!/usr/bin/env bash\n" in result.stdout
    assert "#SBATCH --mem=4G\n" in result.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("local", "cluster: local, 2 workers"),
        ("ssh", "cluster: 2 workers by ssh, on node1, node2; the scheduler on node1"),
        ("slurm_runner", "cluster: slurm_runner, which has as many workers as there are when it starts, so that"),
    ],
)
def test_a_cluster_without_jobs(call, kind, told):
    result = call("describe", CONFIGS / "two_regions.yaml", "--cluster", CONFIGS / "clusters" / f"{kind}.yaml")
    assert result.stdout.splitlines()[-1].startswith(told)


def test_a_cluster_that_is_too_small(refused, tmp_path):
    cluster = tmp_path / "small.yaml"
    cluster.write_text("{kind: slurm, n_workers: 1, memory: 401MiB}")
    told = (
        "worker 1 may take 401.00 MiB, but would need about 402.50 MiB: 400.00 MiB of its own, and what cerebellum, "
    )
    assert refused("describe", CONFIGS / "digits.yaml", "--cluster", cluster, exit_code=1).startswith(told)
    out = tmp_path / "run.zarr"
    options = ("--duration-ms", 5, "--out", out, "--cluster", cluster)
    assert refused("run", CONFIGS / "digits.yaml", *options, exit_code=1).startswith(told)
    assert not out.exists()


def test_workers_elsewhere_may_have_more_memory_than_this_machine(call, monkeypatch):
    monkeypatch.setattr("thalia_dask.topology.memory.machine_bytes", lambda: 2**10)
    config = CONFIGS / "digits.yaml"
    assert call("describe", config).exit_code == 2
    result = call("describe", config, "--cluster", CONFIGS / "clusters" / "slurm.yaml")
    assert result.exit_code == 0, result.output
