"""The six-region brain of the shipped config: what a step costs, and whether ``auto`` chooses well."""

from __future__ import annotations

from functools import partial
from time import perf_counter

import numpy as np
import torch

from benchmarks.peer import ROOT
from benchmarks.row import Benchmark, Effort, Measurement
from thalia_dask import DynamicBrain, load_config
from thalia_dask.config import RegionSizes, ThaliaConfig

CONFIG = ROOT / "configs" / "sensorimotor.yaml"
NOT_RECORDED = ["recording.spikes=false", "recording.membrane_potential=false"]
SMALL = RegionSizes(
    input_size=100, thalamus_size=100, cortex_size=100, hippocampus_size=100, pfc_size=100, n_actions=10
)
SMALL_STEPS = 1000


def larger(factor: int) -> ThaliaConfig:
    """The shipped brain with every size times ``factor``."""
    config = load_config(CONFIG, [*NOT_RECORDED, "brain.parallel=false"])
    sizes = {name: size * factor for name, size in config.brain.sizes if name != "neurons_per_action"}
    return _with_sizes(config, config.brain.sizes.model_copy(update=sizes))


def ms_per_step(factor: int, n_steps: int, effort: Effort) -> Measurement:
    """Wall time of a sequential step while half of the input axons are at full intensity."""
    torch.set_num_threads(1)
    n_steps = max(1, round(n_steps * effort.share))
    with DynamicBrain.from_thalia_config(larger(factor)) as brain:
        forward(brain, n_steps)
        figures = [forward(brain, n_steps) / n_steps * 1e3 for _ in range(effort.repeats)]
    return Measurement(figures)


def auto_against_sequential(effort: Effort) -> Measurement:
    """How many times longer the sequential executor takes than what ``auto`` chose."""
    torch.set_num_threads(1)
    n_steps = max(1, round(SMALL_STEPS * effort.share))
    configs = [
        _with_sizes(load_config(CONFIG, [*NOT_RECORDED, f"brain.parallel={parallel}"]), SMALL)
        for parallel in ("auto", "false")
    ]
    with (
        DynamicBrain.from_thalia_config(configs[0]) as auto,
        DynamicBrain.from_thalia_config(configs[1]) as sequential,
    ):
        for brain in (auto, sequential):
            forward(brain, n_steps)
        pairs = [(forward(auto, n_steps), forward(sequential, n_steps)) for _ in range(effort.repeats)]
    return Measurement([sequential_s / auto_s for auto_s, sequential_s in pairs])


def forward(brain: DynamicBrain, n_steps: int) -> float:
    """Seconds for a stimulus held for so many steps."""
    (port,) = brain.plan.stimuli
    stimulus = (np.arange(port.size) % 2 == 0).astype(float)
    began = perf_counter()
    brain.forward(stimulus, n_timesteps=n_steps)
    return perf_counter() - began


def _with_sizes(config: ThaliaConfig, sizes: RegionSizes) -> ThaliaConfig:
    return config.model_copy(update={"brain": config.brain.model_copy(update={"sizes": sizes})})


BRAINS = (
    *(
        Benchmark(
            name=f"brain-x{factor}",
            what=f"six-region brain (sensorimotor.yaml), sizes x {factor}, sequential, per step",
            unit="ms",
            must=must,
            aim=aim,
            measure=partial(ms_per_step, factor, n_steps),
        )
        for factor, n_steps, must, aim in ((1, 2000, 0.3, 0.1), (4, 1000, 0.9, 0.3), (16, 200, 8.0, 3.0))
    ),
    Benchmark(
        name="auto",
        what="six regions of about 100 neurons: parallel: auto, times faster than sequential",
        unit="x",
        must=0.95,
        aim=1.0,
        measure=auto_against_sequential,
        more_is_better=True,
    ),
)
