"""The frames of the last minute or so, as time series."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

import numpy as np

from thalia_dask.dashboard.scene import Floats, Frame

_MOST_FRAMES = 120
_FEW = 0.5
_OF_AN_INTERVAL = ("seconds", "n_steps", "rate_hz", "load", "workers", "shares")


class History:
    """The last frames, the oldest first.

    Attributes
    ----------
    latest : the last one; None before the first.
    """

    def __init__(self) -> None:
        self._frames: deque[Frame] = deque(maxlen=_MOST_FRAMES)

    @property
    def latest(self) -> Frame | None:
        return self._frames[-1] if self._frames else None

    def add(self, frame: Frame) -> None:
        """Add a frame; where time went backwards, to an earlier state, what came after it is forgotten.

        A last frame of few steps tells too little of rates and loads: those of the frame before it stay.
        """
        while self._frames and self._frames[-1].step > frame.step:
            self._frames.pop()
        if frame.finished and self._frames and frame.n_steps < _FEW * self._frames[-1].n_steps:
            before = self._frames.pop()
            frame = replace(frame, **{name: getattr(before, name) for name in _OF_AN_INTERVAL})
        self._frames.append(frame)

    @property
    def seconds(self) -> Floats:
        """Simulated time of each frame in s, shape (frames,)."""
        return np.array([frame.simulated_ms / 1000.0 for frame in self._frames], np.float32)

    @property
    def rate_hz(self) -> Floats:
        """Rates, shape (frames, regions); of at least one frame."""
        return np.concatenate([frame.rate_hz for frame in self._frames]).reshape(len(self._frames), -1)

    @property
    def in_flight(self) -> Floats:
        """Spikes in flight, shape (frames,)."""
        return np.array([frame.in_flight for frame in self._frames], np.float32)
