"""Brain rhythms as functions of time: any region can compute them alone, at any step.

The medial septum paces theta; it reaches each region after its septal delay.
"""

from __future__ import annotations

import math

FREQUENCY_HZ = {"delta": 2.0, "theta": 8.0, "alpha": 10.0, "beta": 20.0, "gamma": 40.0, "ripple": 150.0}
"""Centre frequencies; bands as in Buzsáki & Draguhn (2004), Science 304:1926, fig. 1."""

SEPTAL_DELAY_MS = {"hippocampus": 1.0, "cortex": 5.0, "striatum": 6.0, "prefrontal": 8.0}
"""Delay from the septum by region kind; 0 for kinds that are not listed."""


def phase(oscillator: str, step: int, dt_ms: float, delay_ms: float = 0.0) -> float:
    """Phase in radians, within [0, 2 pi), at the start of a step, ``delay_ms`` away from the pacemaker."""
    cycles = FREQUENCY_HZ[oscillator] * (step * dt_ms - delay_ms) / 1000.0
    return math.tau * (cycles - math.floor(cycles))
