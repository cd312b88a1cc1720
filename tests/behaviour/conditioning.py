"""Conditioning: a cue, and some time later what it foretells.

``dopamine``: an appetitive cue, and the prediction error of the reward trial by trial, as in fig. 1 of Schultz, Dayan
& Montague (1997), Science 275:1593. ``eyelid``: a cue and an error that the cerebellum learns to anticipate, as in
Mauk & Donegan (1997), Learn. Mem. 4:130.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from thalia_dask import DynamicBrain
from thalia_dask.config import BrainConfig, GlobalConfig, ThaliaConfig
from thalia_dask.config.models import NeuromodulationConfig, ProjectionConfig, RegionConfig

STATE_MS = 30
N_STATES, CUE, REWARD = 8, 2, 5
"""States of a trial, that in which the cue comes on, and that in which the reward comes."""


def dopamine(seed: int, n_trials: int, omitted: int) -> NDArray[np.float64]:
    """Prediction errors, shape (trials, states); the cue is a light that wanders on until the reward comes.

    Parameters
    ----------
    omitted : the trial without reward.
    """
    n_lights, width = REWARD - CUE, 16
    config = ThaliaConfig(
        global_=GlobalConfig(seed=seed),
        brain=BrainConfig(
            regions={"thalamus": RegionConfig(kind="thalamus", size=n_lights * width, input_size=n_lights * width)},
            neuromodulation=NeuromodulationConfig(value_source="thalamus.relay", value_rate=0.15, discount=0.98),
        ),
    )
    errors = np.zeros((n_trials, N_STATES))
    with DynamicBrain.from_thalia_config(config) as brain:
        for trial in range(n_trials):
            brain.reset_episode()
            for state in range(N_STATES):
                lights = np.zeros((n_lights, width), np.float32)
                if CUE <= state < REWARD:
                    lights[state - CUE] = 1.0
                brain.forward(lights.ravel(), STATE_MS)
                reward = float(state == REWARD and trial != omitted)
                errors[trial, state] = brain.deliver_reward(reward)
    return errors


CUE_MS, PAUSE_MS, ONSET_MS, N_MOSSY = 350, 250, 60, 60
BIN_MS = 25
N_PROBES = 10


def eyelid(seed: int, n_trials: int, error_ms: int, *, depression: float = 0.5) -> dict[str, NDArray[np.float64]]:
    """Rates of Purkinje cells and nuclei in Hz, each of shape (trials, bins of ``BIN_MS``).

    The error comes ``error_ms`` after the cue begins, but not in the last ``N_PROBES`` trials. Mossy fibres answer to
    the beginning of the cue, and weakly while it lasts; they reach granule cells by paths of different length.
    """
    params = {
        "mossy_spread_ms": 400.0,
        "potentiation": 0.01,
        "depression": depression,
        "trace_ms": 30.0,
        "parallel_mv": 200.0,
        "purkinje_inhibition_mv": 10.0,
    }
    config = ThaliaConfig(
        global_=GlobalConfig(seed=seed),
        brain=BrainConfig(
            regions={
                "cerebellum": RegionConfig(kind="cerebellum", size=400, input_size=N_MOSSY, params=params),
                "olive": RegionConfig(kind="thalamus", size=40, input_size=40),
            },
            projections=[ProjectionConfig(source="olive", target="cerebellum.climbing", delay_ms=4.0)],
        ),
    )
    rng = np.random.default_rng(seed)
    n_steps = CUE_MS + PAUSE_MS
    step = np.arange(n_steps)[:, None]
    chance = np.where(step < ONSET_MS, 0.08, np.where(step < CUE_MS, 0.01, 0.002)) * (np.arange(N_MOSSY) % 2 == 0)
    error = np.zeros((n_steps, 40), bool)
    error[[error_ms - 8, error_ms - 3, error_ms + 2]] = True  # the olive answers after 1 ms, its axons take 4
    with DynamicBrain.from_thalia_config(config) as brain:
        for trial in range(n_trials):
            taught = error if trial < n_trials - N_PROBES else np.zeros_like(error)
            brain.forward({"cerebellum": rng.random(chance.shape) < chance, "olive": taught})
        group = brain.recording["cerebellum"]
        steps, population = group["spike_step"].values, group["population"].values
        spiking = population[group["spike_neuron"].values]
    n_bins = n_trials * n_steps // BIN_MS
    return {
        name: np.bincount(steps[spiking == name] // BIN_MS, minlength=n_bins).reshape(n_trials, -1)
        / (population == name).sum()
        / BIN_MS
        * 1000
        for name in ("purkinje", "nuclei")
    }
