"""Much of everything: regions, spikes, calls."""

from __future__ import annotations

import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np
import xarray as xr

from tests.torture.row import Row, at_least, exactly
from thalia_dask import DynamicBrain, load_config


def run(n_regions: int = 512, n_spikes: int = 50_000_000, n_calls: int = 10_000) -> list[Row]:
    """Each load apart."""
    return [*_regions(n_regions), *_spikes(n_spikes), *_calls(n_calls)]


def _regions(n_regions: int) -> list[Row]:
    """A ring of regions on Dask: the same spikes as sequentially."""
    regions = {f"r{i}": {"kind": "cortex", "size": 10, "spontaneous": True} for i in range(n_regions)}
    names = list(regions)
    ring = [{"source": a, "target": b, "delay_ms": 5} for a, b in zip(names, names[1:] + names[:1], strict=True)]
    brain = {"regions": regions, "projections": ring}
    counts, began = [], perf_counter()
    for parallel in (True, False):
        config = load_config({"brain": {**brain, "parallel": parallel}, "execution": {"n_workers": 2}})
        with DynamicBrain.from_thalia_config(config) as one:
            counts.append(one.forward(None, 100)["spike_counts"])
    differing = sum(counts[0][name] != counts[1][name] for name in names)
    return [
        exactly(f"load: regions of {n_regions} whose spikes differ on Dask", differing, "1", 0),
        Row(f"load: {n_regions} regions on Dask and sequentially", perf_counter() - began, "s"),
    ]


def _spikes(n_spikes: int) -> list[Row]:
    """Explicit spikes through relays that follow one to one; every one of them is recorded."""
    size, began = 10_000, perf_counter()
    relays = {"kind": "thalamus", "size": size, "input_size": size, "params": {}}
    brain = {"regions": {"a": relays}, "max_input_rate_hz": 1e6}
    config = load_config({"brain": brain, "recording": {"flush_every_ms": 1000}})
    with (
        tempfile.TemporaryDirectory() as folder,
        DynamicBrain.from_thalia_config(config, out=Path(folder) / "r.zarr") as brain,
    ):
        counted = 0
        while counted < n_spikes:
            counted += brain.forward(np.ones(size, np.float32), 100)["spike_counts"]["a"]
        brain.close()
        with xr.open_dataset(Path(folder) / "r.zarr", group="a", engine="zarr", consolidated=False) as recorded:
            stored = recorded.sizes["spike"]
    return [
        exactly("load: recorded spikes that are missing", counted - stored, "1", 0),
        at_least("load: recorded spikes", stored, "1", n_spikes),
        Row("load: recording them", perf_counter() - began, "s"),
    ]


def _calls(n_calls: int) -> list[Row]:
    """Short calls, as a task makes them."""
    config = load_config({"brain": {"regions": {"a": {"kind": "cortex", "size": 20, "input_size": 10}}}})
    began = perf_counter()
    with DynamicBrain.from_thalia_config(config) as brain:
        stimulus = np.full(10, 0.5, np.float32)
        for _ in range(n_calls):
            brain.forward(stimulus, 2)
        steps = brain.now
    return [
        exactly("load: steps that calls did not advance", 2 * n_calls - steps, "1", 0),
        Row(f"load: {n_calls} calls of forward", perf_counter() - began, "s"),
    ]
