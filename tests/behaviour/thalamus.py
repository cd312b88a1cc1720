"""What the thalamus does, measured on the region alone.

      sensory ───────▶ relay ───▶ rates that are measured
                        ▲ ▲ │
                        │ ┴ ▼     ▲ excites, ┴ inhibits: ``reticular_inhibition_mv``, 0 where it is lesioned
corticothalamic ────────┴▶ reticular ◀── alpha, noradrenaline
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.behaviour.alone import Alone
from tests.behaviour.patterns import correlation, random_patterns
from thalia_dask.regions.spec import ParamValue

N_RELAY, N_CORTICAL = 128, 64
ALPHA_MS = 100
GRADED = {"sensory_mv": 40.0, "reticular_inhibition_mv": 60.0}
"""Sensory axons by which a cell is reached, but not made to fire every time: there is something left to gate."""
ATTENDED = {"sensory": np.full(N_RELAY, 30.0), "corticothalamic": np.full(N_CORTICAL, 50.0)}
"""Rates of the axons while the gate is measured, Hz: cortex fires about as its layer 6 does in the standard brain."""
LESIONED = {"reticular_inhibition_mv": 0.0}
"""The reticular nucleus fires as before, and reaches nobody."""
HELD_MS = 200


def thalamus(seed: int, **params: ParamValue) -> Alone:
    axons = {"sensory": N_RELAY, "corticothalamic": N_CORTICAL}
    return Alone("thalamus", N_RELAY, axons, seed, **params)


def relay(seed: int, n_patterns: int = 4) -> float:
    """Correlation of relay cells' spike counts with the pattern of their axons, mean over patterns."""
    region = thalamus(seed)
    patterns = random_patterns(seed, n_patterns, N_RELAY, N_RELAY // 4)
    counts = [region.run(300, {"sensory": 60.0 * pattern})["relay"].sum(0) for pattern in patterns]
    return float(np.mean([correlation(count, pattern) for count, pattern in zip(counts, patterns, strict=True)]))


def transmitted(seed: int, noradrenaline: float = 0.0, duration_ms: int = 300, **params: ParamValue) -> float:
    """Relay cells' rate after a release of noradrenaline, Hz."""
    region = thalamus(seed, **{**GRADED, **params})
    region.run(500, ATTENDED)
    spikes = region.run(duration_ms, ATTENDED, noradrenaline=noradrenaline)
    return float(1000 * spikes["relay"].mean())


def by_alpha_phase(seed: int, duration_ms: int = 4000, **params: ParamValue) -> NDArray[np.float64]:
    """Relay cells' rate at each step of the alpha cycle, Hz, shape (100,)."""
    region = thalamus(seed, **{**GRADED, **params})
    spikes = region.run(duration_ms, ATTENDED)["relay"]
    return 1000 * spikes.mean(1).reshape(-1, ALPHA_MS).mean(0)


def depth(by_phase: NDArray[np.float64]) -> float:
    """Amplitude of the cycle's first harmonic over the mean: 0 not modulated, 1 from nothing to twice the mean."""
    harmonics = np.abs(np.fft.rfft(by_phase))
    return float(2 * harmonics[1] / harmonics[0])


def release(seed: int, n_trials: int = 20, **params: ParamValue) -> NDArray[np.float64]:
    """Relay cells' rate from 200 ms before to 200 ms after cortex stops exciting the reticular nucleus, Hz, (400,).

    Sensory axons fire at 60 Hz all the time.
    """
    region = thalamus(seed, alpha_mv=0.0, **{**GRADED, **params})
    sensory = np.full(N_RELAY, 60.0)
    rate = np.zeros(2 * HELD_MS)
    for _ in range(n_trials):
        region.run(HELD_MS, {"sensory": sensory})
        held = region.run(HELD_MS, {"sensory": sensory, "corticothalamic": np.full(N_CORTICAL, 150.0)})
        freed = region.run(HELD_MS, {"sensory": sensory})
        rate += 1000 * np.concatenate([held["relay"], freed["relay"]]).mean(1) / n_trials
    return rate


def held_and_free(rate: NDArray[np.float64]) -> tuple[float, float]:
    """Of :func:`release`: the rate under inhibition, and that of the last 80 ms without, Hz."""
    return float(rate[50:HELD_MS].mean()), float(rate[-80:].mean())


BURSTING = {"corticothalamic_mv": 0.0, "reticular_inhibition_mv": 80.0}
"""Cortex reaches relay cells through the reticular nucleus only, so that it holds them well below rest."""
SILENCED_MS = 300


def rebound(seed: int, n_trials: int = 20, **params: ParamValue) -> NDArray[np.bool_]:
    """Relay spikes from 300 ms before to 200 ms after inhibition ends, without sensory input, (trials, ms, cells)."""
    region = thalamus(seed, alpha_mv=0.0, **{**BURSTING, **params})
    trials = []
    for _ in range(n_trials):
        region.run(HELD_MS)
        held = region.run(SILENCED_MS, {"corticothalamic": np.full(N_CORTICAL, 150.0)})
        trials.append(np.concatenate([held["relay"], region.run(HELD_MS)["relay"]]))
    return np.array(trials)


def bursts(spikes: NDArray[np.bool_]) -> float:
    """Of :func:`rebound`: the share of cells that fire twice or more in the 100 ms after their release."""
    return float((spikes[:, SILENCED_MS : SILENCED_MS + 100].sum(1) >= 2).mean())
