"""Thalamus and cortex, alone and as a loop.

axons ─▶ thalamus.relay ─▶ cortex.feedforward
              ▲  ▼
          reticular ◀── cortex.l6
"""

from __future__ import annotations

import numpy as np

from thalia_dask import DynamicBrain
from thalia_dask.config import BrainConfig, GlobalConfig, ThaliaConfig
from thalia_dask.config.models import ProjectionConfig, RegionConfig

N_AXONS, WARM_UP_MS, SHOWN_MS = 64, 200, 1000


def rates(seed: int, *, closed: bool) -> dict[str, float]:
    """Rate of the cells of thalamus and layer 6 while all axons fire at 60 Hz, Hz; ``closed`` whether L6 answers."""
    projections = [ProjectionConfig(source="thalamus.relay", target="cortex.feedforward")]
    if closed:
        projections.append(ProjectionConfig(source="cortex.l6", target="thalamus.corticothalamic"))
    config = ThaliaConfig(
        global_=GlobalConfig(seed=seed),
        brain=BrainConfig(
            regions={
                "thalamus": RegionConfig(kind="thalamus", size=N_AXONS, input_size=N_AXONS),
                "cortex": RegionConfig(kind="cortex", size=512),
            },
            projections=projections,
        ),
    )
    fires = np.random.default_rng(seed).random((WARM_UP_MS + SHOWN_MS, N_AXONS)) < 0.06
    with DynamicBrain.from_thalia_config(config) as brain:
        brain.forward({"thalamus": fires})
        found = {}
        for region, cells in (("thalamus", "relay"), ("thalamus", "reticular"), ("cortex", "l6")):
            group = brain.recording[region]
            population = group["population"].values
            late = group["spike_neuron"].values[group["spike_step"].values >= WARM_UP_MS]
            found[cells] = float((population[late] == cells).sum() / (population == cells).sum() * 1000 / SHOWN_MS)
    return found
