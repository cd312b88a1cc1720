"""Limitations: 2. Windows Multiprocessing. Workers are spawned on every system, so its rules hold on every system."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import dask
import pytest

from tests.seed.conftest import config_of
from thalia_dask.regions import creator
from thalia_dask.topology.build import build_plan

TRAIN = """\
# train.py
import torch

from thalia_dask.config import BrainConfig, ThaliaConfig
from thalia_dask.core.dynamic_brain import DynamicBrain

input_pattern = torch.ones(784)

def main():
    config = ThaliaConfig(brain=BrainConfig(parallel=True))
    brain = DynamicBrain.from_thalia_config(config)

    # Training loop
    for epoch in range(10):
        result = brain.forward(input_pattern, n_timesteps=15)
        print(epoch, result["spike_counts"]["cortex"])

if __name__ == "__main__":
    main()  # REQUIRED for Windows parallel mode
"""


@pytest.mark.cluster
def test_training_script(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(TRAIN)
    done = subprocess.run(
        [sys.executable, "-W", "error", "train.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.stderr == ""
    assert done.returncode == 0
    epochs = [line.split() for line in done.stdout.splitlines()]
    assert [epoch for epoch, _ in epochs] == [str(i) for i in range(10)], "the workers did not run main()"
    assert all(int(count) > 0 for _, count in epochs)


def test_workers_are_spawned() -> None:
    assert dask.config.get("distributed.worker.multiprocessing-method") == "spawn"


def test_configurations_and_creators_are_picklable() -> None:
    config = config_of(parallel=True)
    assert pickle.loads(pickle.dumps(config)) == config  # noqa: S301
    for spec in build_plan(config).regions:
        by_name = pickle.loads(pickle.dumps(creator(spec)))  # noqa: S301
        assert by_name.func.__module__.startswith("thalia_dask.")
        built, defined_in = by_name.args
        assert built == spec
        assert defined_in.startswith("thalia_dask.regions.")
