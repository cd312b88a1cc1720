import subprocess
import sys

import pytest

from thalia_dask.cli import main


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_command_has_help_with_an_example(call, command):
    result = call(command, "--help")
    assert result.exit_code == 0
    assert f"  Example:\n    thalia-dask {command} " in result.stdout


def test_the_group_tells_its_commands_and_exit_codes(call):
    text = call("--help").stdout
    assert [line.split()[0] for line in text.split("Commands:\n")[1].splitlines()] == sorted(main.commands)
    assert "Exit codes: 0 done" in text


def test_a_misspelt_command(refused):
    assert "Did you mean 'describe'?" in refused("desribe")


@pytest.mark.parametrize("module", ["thalia_dask", "thalia_dask.cli"])
def test_it_can_be_called_as_a_module(module):
    command = [sys.executable, "-m", module, "--version"]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert ended.stdout.startswith("thalia-dask, version ")
