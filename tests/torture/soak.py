"""A million steps of a brain that spikes, learns, is recorded and saved: nothing may grow with them."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from statistics import median

import numpy as np
import psutil
from distributed import Client, SubprocessCluster

from tests.torture.row import Row, at_least, at_most, exactly
from thalia_dask import DynamicBrain, load_config

BRAIN = {
    "brain": {
        "regions": {
            "thalamus": {"kind": "thalamus", "size": 5, "input_size": 5},
            "cortex": {"kind": "cortex", "size": 10, "spontaneous": True},
        },
        "projections": [
            {"source": "thalamus", "target": "cortex", "delay_ms": 100},
            {"source": "cortex", "target": "thalamus", "delay_ms": 100},
        ],
        "parallel": True,
    },
    "recording": {"flush_every_ms": 10_000},
}
"""Small, so that a million steps take a minute; recorded to disk."""


def run(n_steps: int = 1_000_000, n_stretches: int = 100) -> list[Row]:
    """Advance in stretches, and look at the memory of every process after each."""
    with (
        tempfile.TemporaryDirectory() as folder,
        SubprocessCluster(n_workers=2, worker_kwargs={"nthreads": 1}, dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster, direct_to_workers=True, set_as_default=False) as client,
        DynamicBrain.from_thalia_config(load_config(BRAIN), client=client, out=f"{folder}/soak.zarr") as brain,
    ):
        processes = _processes(client)
        sizes: dict[str, list[int]] = {name: [] for name in processes}
        n_spikes = dict.fromkeys(brain.plan.region_names, 0)
        for _ in range(n_stretches):
            result = brain.forward(np.full(5, 0.5, np.float32), n_steps // n_stretches)
            brain.save(f"{folder}/soak.state", overwrite=True)
            for name, count in result["spike_counts"].items():
                n_spikes[name] += count
            for name, process in processes.items():
                sizes[name].append(process.memory_info().rss)
        n_advanced = brain.now
    return [
        exactly("soak: steps", n_advanced, "1", n_steps),
        *(at_least(f"soak: spikes of {name}", count, "1", n_steps / 1000) for name, count in n_spikes.items()),
        *(at_most(f"soak: growth of {name}", _growth_percent(one), "%", 2.0) for name, one in sizes.items()),
    ]


def _processes(client: Client) -> dict[str, psutil.Process]:
    def pid() -> int:
        import os

        return os.getpid()

    workers = client.run(pid)
    found = {"orchestrator": psutil.Process(), "scheduler": psutil.Process(client.run_on_scheduler(pid))}
    return found | {f"worker {i + 1}": psutil.Process(one) for i, one in enumerate(workers.values())}


def _growth_percent(sizes: Sequence[int]) -> float:
    """From just after the warm-up to the end, by medians: memory that the allocator keeps comes and goes."""
    warm = len(sizes) // 5
    after = median(sizes[warm : warm + 10])
    return 100.0 * (median(sizes[-10:]) / after - 1.0)
