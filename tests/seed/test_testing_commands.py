"""Testing: the commands of the document, as they are typed."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARALLEL_TESTS = "tests/unit/test_parallel_execution.py"


@pytest.mark.parametrize(
    "command",
    [
        # Specific test categories
        f"pytest {PARALLEL_TESTS}::TestTensorSerialization -v",
        f"pytest {PARALLEL_TESTS}::TestParallelExecution -v",
        f"pytest {PARALLEL_TESTS}::TestRegionCreators -v",
    ],
)
def test_categories(command: str, pytestconfig: pytest.Config) -> None:
    """They are there; the suite runs them anyway."""
    path, category = shlex.split(command)[1].split("::")
    assert f"\nclass {category}:\n" in (ROOT / path).read_text()
    assert pytestconfig.rootpath == ROOT


def test_coverage() -> None:
    """Without the category that needs workers, to save their start."""
    # With coverage
    command = f"pytest {PARALLEL_TESTS} --cov=thalia_dask.events.parallel -v"

    program, *arguments = shlex.split(command)
    done = subprocess.run(
        [str(Path(sys.executable).with_name(program)), *arguments, "-k", "not TestParallelExecution"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{PARALLEL_TESTS}::TestRegionCreators::test_unknown_kind PASSED" in done.stdout
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("thalia_dask/events/parallel.py"))
    assert int(line.split()[-1].rstrip("%")) > 25
