from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from thalia_dask.cli import main

CONFIGS = Path(__file__).parents[2] / "configs"

TINY = {
    "brain": {
        "sizes": {
            "input_size": 64,
            "cortex_size": 40,
            "hippocampus_size": 20,
            "pfc_size": 16,
            "cerebellum_size": 20,
            "neurons_per_action": 2,
        },
        "encoding_timesteps": 5,
    },
    "task": {"name": "digits"},
    "training": {"epochs": 2, "trials_per_epoch": 6, "evaluation_trials": 4},
}


@pytest.fixture
def call():
    """A function: runs the command in this process."""

    def call(*arguments):
        return CliRunner().invoke(main, [str(argument) for argument in arguments])

    return call


@pytest.fixture
def refused(call):
    """A function: runs the command, which must be refused, and returns its message."""

    def refused(*arguments, exit_code=2):
        result = call(*arguments)
        assert result.exit_code == exit_code, result.output
        assert "Traceback (most recent call last)" not in result.output
        return result.stderr.split("Error: ")[1].rstrip()

    return refused


@pytest.fixture
def tiny(tmp_path):
    """The config file of a sequential brain and a task that take no time."""
    path = tmp_path / "tiny.yaml"
    path.write_text(yaml.safe_dump(TINY))
    return path


@pytest.fixture
def two_regions():
    return CONFIGS / "two_regions.yaml"
