"""What releases acetylcholine and noradrenaline: patterns that are new, and actions that the brain is not sure of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from thalia_dask import DynamicBrain
from thalia_dask.config import BrainConfig, GlobalConfig, ThaliaConfig
from thalia_dask.config.models import NeuromodulationConfig, ProjectionConfig, RegionConfig

BASELINE, CLEARANCE_MS, SHOWN_MS = 0.5, 500.0, 100
N_FAMILIAR = 8


def config(seed: int, vote_temperature: float = 4.0, **neuromodulation: object) -> ThaliaConfig:
    """10 axons, a thalamus, and a striatum of 3 actions."""
    return ThaliaConfig(
        global_=GlobalConfig(seed=seed),
        brain=BrainConfig(
            regions={
                "thalamus": RegionConfig(kind="thalamus", size=20, input_size=10),
                "striatum": RegionConfig(kind="striatum", size=12, params={"n_actions": 3}),
            },
            projections=[ProjectionConfig(source="thalamus", target="striatum", delay_ms=4.0, weight_scale=2.0)],
            max_input_rate_hz=500.0,
            vote_temperature=vote_temperature,
            neuromodulation=NeuromodulationConfig(**neuromodulation),
        ),
    )


def level(brain: DynamicBrain, modulator: str) -> float:
    """The level in the next step, which is no presentation of its own: what still echoes there would be new."""
    return float(brain.forward(None, 1, goes_on=True).dataset["neuromodulator"].sel(modulator=modulator).values[0])


def novelty(seed: int) -> NDArray[np.float64]:
    """Acetylcholine that is released at each of 8 presentations of a pattern and at one of another, shape (9,)."""
    one, other = np.repeat([[1, 0], [0, 1]], 5, axis=1).astype(np.float32)
    released = []
    with DynamicBrain.from_thalia_config(config(seed, novelty_source="thalamus.relay")) as brain:
        for pattern in (*[one] * N_FAMILIAR, other):
            before = level(brain, "acetylcholine")
            brain.reset_episode()
            brain.forward(pattern, SHOWN_MS)
            left = (before - BASELINE) * np.exp(-(SHOWN_MS + 1) / CLEARANCE_MS)
            released.append(level(brain, "acetylcholine") - BASELINE - left)
    return np.array(released)


def uncertainty(seed: int, vote_temperature: float) -> tuple[float, float]:
    """Confidence of an action, and the noradrenaline that it releases with ``uncertainty: 0.5``."""
    with DynamicBrain.from_thalia_config(config(seed, vote_temperature, uncertainty=0.5)) as brain:
        brain.forward(np.ones(10, np.float32), 40)
        _, confidence = brain.select_action(explore=False)
        return confidence, level(brain, "noradrenaline") - BASELINE
