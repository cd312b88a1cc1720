"""Whether a brain fits into memory, asked before anything is built."""

from __future__ import annotations

import math
import os
from pathlib import Path

from thalia_dask.config import ThaliaConfig
from thalia_dask.config.clusters import BYTES_PER_WORKER
from thalia_dask.errors import ConfigError
from thalia_dask.topology.plan import BrainPlan
from thalia_dask.topology.summary import summarize

_GIB = 1024**3
_BYTES_PER_STIMULUS_VALUE = 8
"""Room for a step and an axon: they might all fire."""
_BYTES_PER_LISTED_SYNAPSE = 100
"""To find out where the synapses of a region begin and end; those that are recorded keep it."""
_BYTES_PER_PAIR = 16
"""The novelty filter has a number for each pair of neurons, and makes one more when it learns."""


def check_memory(config: ThaliaConfig, plan: BrainPlan, *, workers_elsewhere: bool = False, at_once: int = 1) -> None:
    """Refuse a brain that is estimated to take more than ``execution.memory_gib``, or more than this machine has.

    ``workers_elsewhere`` says that regions will live in processes that run already; then only what the config says
    is a limit. ``at_once`` is how many such brains there will be, of which one has the processes of its own.

    Raises
    ------
    ConfigError : with the estimate, what takes most, and how to go on all the same.
    """
    told = config.execution.memory_gib
    if told is None and workers_elsewhere:
        return
    limit = machine_bytes() if told is None else told * _GIB
    parts = needed_bytes(config, plan, workers_elsewhere=workers_elsewhere, at_once=at_once)
    needed = sum(parts.values())
    if needed > limit:
        whole = "the brain" if at_once == 1 else f"{at_once} such brains at once"
        what = max(parts, key=lambda name: parts[name])
        whose = "this machine has" if told is None else "execution.memory_gib allows"
        raise ConfigError(
            f"{whole} would take about {_gib(needed)}, and {whose} {_gib(limit)}; most of it, "
            f"{_gib(parts[what])}, is for {what}: make that smaller, or write execution.memory_gib: "
            f"{math.ceil(needed / _GIB * 1.1)} if you know that it fits"
        )


def _gib(n_bytes: float) -> str:
    gib = n_bytes / _GIB
    return f"{gib:,.1f} GiB" if gib >= 1 else f"{gib:.2g} GiB"  # two numbers that differ shall not both read 0.0


def needed_bytes(
    config: ThaliaConfig, plan: BrainPlan, *, workers_elsewhere: bool, at_once: int = 1
) -> dict[str, int]:
    """What takes how much, as far as the config says: regions, one presentation, what is new, worker processes."""
    regions = summarize(plan).regions
    parts = {f"region '{region.name}'": at_once * region.memory_bytes for region in regions}
    parts["recording.efficacies"] = at_once * sum(
        region.memory_bytes + _BYTES_PER_LISTED_SYNAPSE * region.n_synapses
        for region in regions
        if region.name in plan.efficacies_onto
    )
    axons = sum(port.size for port in plan.stimuli)
    parts["the stimulus of brain.encoding_timesteps"] = (
        _BYTES_PER_STIMULUS_VALUE * axons * config.brain.encoding_timesteps
    )
    if source := config.brain.neuromodulation.novelty_source:
        region, _, population = source.partition(".")
        n_neurons = dict(dict(plan.populations)[region])[population]
        parts["brain.neuromodulation.novelty_source"] = at_once * _BYTES_PER_PAIR * n_neurons**2
    if config.brain.parallel and not workers_elsewhere:
        parts["the processes of execution.n_workers"] = BYTES_PER_WORKER * (config.execution.n_workers or 1)
    return parts


def machine_bytes() -> int:
    """The memory of this machine, or of the container that this process is in."""
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limit = Path("/sys/fs/cgroup/memory.max")
    text = limit.read_text().strip() if limit.is_file() else "max"
    return total if text == "max" else min(total, int(text))
