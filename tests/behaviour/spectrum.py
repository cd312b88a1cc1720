"""At which frequency a population fires together."""

from __future__ import annotations

import numpy as np

from tests.behaviour.alone import Spikes


def peak_hz(spikes: Spikes, low_hz: float = 3.0, high_hz: float = 100.0, segment_ms: int = 1000) -> float:
    """Frequency with most power in the population's spike count, by Welch's method; a step is 1 ms."""
    count = spikes.sum(1).astype(float)
    segments = count[: len(count) // segment_ms * segment_ms].reshape(-1, segment_ms)
    tapered = np.hanning(segment_ms) * (segments - segments.mean(1, keepdims=True))
    power = (np.abs(np.fft.rfft(tapered)) ** 2).mean(0)
    frequencies = np.fft.rfftfreq(segment_ms, 1e-3)
    inside = (frequencies >= low_hz) & (frequencies <= high_hz)
    return float(frequencies[inside][power[inside].argmax()])
