"""What releases acetylcholine and noradrenaline: patterns that are new, and actions that the brain is not sure of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from thalia_dask import DynamicBrain
from thalia_dask.config import BrainConfig, GlobalConfig, ThaliaConfig
from thalia_dask.config.models import NeuromodulationConfig, ProjectionConfig, RegionConfig

BASELINE, SHOWN_MS, REST_MS = 0.5, 100, 2500
N_FAMILIAR, NOVELTY_RATE = 8, 0.2


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
    """Acetylcholine after each of 8 presentations of a pattern, and after one of another, shape (9,).

    In between the brain rests until the level is at its baseline again, in an episode that ends before it is judged.
    """
    one, other = np.repeat([[1, 0], [0, 1]], 5, axis=1).astype(np.float32)
    levels = []
    with DynamicBrain.from_thalia_config(
        config(seed, novelty_source="thalamus.relay", novelty_rate=NOVELTY_RATE)
    ) as brain:
        for pattern in (*[one] * N_FAMILIAR, other):
            brain.forward(None, REST_MS, goes_on=True)
            brain.reset_episode()
            brain.forward(pattern, SHOWN_MS)
            levels.append(level(brain, "acetylcholine"))
    return np.array(levels)


def uncertainty(seed: int, vote_temperature: float) -> tuple[float, float]:
    """Confidence of an action, and the noradrenaline that it releases with ``uncertainty: 0.5``."""
    with DynamicBrain.from_thalia_config(config(seed, vote_temperature, uncertainty=0.5)) as brain:
        brain.forward(np.ones(10, np.float32), 40)
        _, confidence = brain.select_action(explore=False)
        return confidence, level(brain, "noradrenaline") - BASELINE
