"""The examples of the how-to pages keep the contracts that the pages promise."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from docs import make_examples
from tests.regions.contract import CHECKS
from thalia_dask.regions.spec import Incoming, RegionSpec

ROOT = Path(__file__).parents[2]
CODE = ROOT / "docs" / "how-to" / "code"

PORTS = {"balanced": "afferent", "pacemaker": "input", "torch_module": "input"}
PARAMS = {"torch_module": (("input_gain", 2.0), ("module", "resonator"))}


@pytest.fixture
def my_regions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The package of the page, as if it were installed."""
    make_examples.install(CODE / "my_regions" / "pyproject.toml", tmp_path)
    for folder in (tmp_path, CODE / "my_regions"):
        monkeypatch.syspath_prepend(str(folder))
    yield
    for module in ("balanced", "pacemaker", "resonator"):
        sys.modules.pop(module, None)


@pytest.mark.parametrize("kind", PORTS)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_regions_keep_the_contract(my_regions: None, kind: str, check: Callable[[RegionSpec], None]) -> None:
    incoming = (Incoming("other.exc", 10, PORTS[kind]), Incoming("stimulus", 12, PORTS[kind]))
    check(RegionSpec("mine", kind, 20, dt_ms=1.0, seed=1, params=PARAMS.get(kind, ()), incoming=incoming))


PROBE = """
import numpy as np
from thalia_dask.plasticity import covariance, updates
from thalia_dask.plasticity.index import PlasticConnection, index_plastic
from thalia_dask.synapses.table import SynapseTable

# two axons (rows 1 and 2) onto the one cell (row 0) of a region
synapses = SynapseTable(
    np.array([0, 0, 1, 2]), np.array([0, 0], np.int32), np.array([2.0, 2.0], np.float32), np.array([0, 0], np.uint16)
)
connection = PlasticConnection(covariance.Covariance(rate=0.1, tau_pre_ms=10.0), (1, 3), (0, 1), 0, 2.0, 4.0)
plastic = index_plastic([connection], np.array([0, 0], np.int16), synapses, 1, 1.0)
gate = np.ones(1, np.float32)
updates.axon_fires(1, gate, plastic, synapses)
updates.mark_axon(1, plastic)
for _ in range(5):
    updates.decay_traces(plastic)
updates.cell_fires(0, 5, gate, plastic, synapses)
print(*synapses.weight.tolist())
"""


def test_rule_learns_when_its_patch_is_applied(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "thalia_dask", tmp_path / "thalia_dask", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(CODE / "covariance.py", tmp_path / "thalia_dask" / "plasticity")
    subprocess.run(["git", "apply", str(CODE / "covariance.patch")], cwd=tmp_path, check=True)  # noqa: S607
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "NUMBA_DISABLE_JIT": "1"}
    done = subprocess.run(
        [sys.executable, "-c", PROBE], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    trace = np.exp(-5 / 10.0)
    expected = [2.0 + 0.1 * 2.0 * (trace - 0.1), 2.0 - 0.1 * 2.0 * 0.1]
    assert np.allclose([float(weight) for weight in done.stdout.split()], expected, rtol=1e-5)
