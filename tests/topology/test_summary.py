"""The figures that ``describe`` prints."""

import subprocess
import sys

from thalia_dask.config import load_config
from thalia_dask.topology.build import build_plan
from thalia_dask.topology.summary import summarize


def summary_of(projections):
    return summarize(
        build_plan(
            load_config(
                {
                    "global": {"dt_ms": 0.1, "seed": 3},
                    "brain": {
                        "regions": {
                            "a": {"kind": "block", "size": 10, "input_size": 7},
                            "b": {"kind": "block", "size": 4, "spontaneous": True},
                        },
                        "projections": [{"source": s, "target": t, "delay_ms": d} for s, t, d in projections],
                    },
                }
            )
        )
    )


def test_a_pair():
    summary = summary_of([("a", "b", 0.3), ("b", "a", 1.0)])
    a, b = summary.regions
    assert (a.name, a.kind, a.populations, a.input_size) == ("a", "block", (("exc", 10), ("inh", 5)), 7)
    assert (a.n_neurons, a.n_synapses) == (15, 10 * (15 + 7 + 4))
    assert a.memory_bytes == 64 * 15 + 10 * 260
    assert summary.n_neurons == 21
    assert summary.n_synapses == a.n_synapses + b.n_synapses
    assert summary.memory_bytes == a.memory_bytes + b.memory_bytes
    assert [(p.source, p.target, p.n_axons, p.delay_ms, p.sets_window) for p in summary.projections] == [
        ("a.exc", "b.main", 10, 0.3, True),
        ("b.exc", "a.main", 4, 1.0, False),
    ]
    assert (summary.dt_ms, summary.seed, summary.longest_window_ms) == (0.1, 3, 0.3)


def test_without_projections_nothing_bounds_the_window():
    assert summary_of([]).longest_window_ms is None


def test_planning_imports_nothing_heavy():
    code = (
        "import sys, thalia_dask.topology.summary\n"
        "from thalia_dask.config import ThaliaConfig\n"
        "from thalia_dask.topology.build import build_plan\n"
        "thalia_dask.topology.summary.summarize(build_plan(ThaliaConfig()))\n"
        "heavy = {'torch', 'xarray', 'dask', 'distributed', 'matplotlib', 'bokeh'} & set(sys.modules)\n"
        "sys.exit(f'imported: {sorted(heavy)}' if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
