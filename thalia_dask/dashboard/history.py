"""The frames of the last minute or so, as time series."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

import numpy as np

from thalia_dask.dashboard.scene import Floats, Frame

_MOST_FRAMES = 120


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

        A frame without steps, the last one, tells nothing of rates and loads: those of the frame before it stay.
        """
        while self._frames and self._frames[-1].step > frame.step:
            self._frames.pop()
        if frame.n_steps == 0 and self._frames:
            told = {name: getattr(frame, name) for name in ("finished", "progress", "clock")}
            frame = replace(self._frames.pop(), **told)
        self._frames.append(frame)

    @property
    def seconds(self) -> Floats:
        """Simulated time of each frame in s, shape (frames,)."""
        return np.array([frame.simulated_ms / 1000.0 for frame in self._frames], np.float32)

    @property
    def rate_hz(self) -> Floats:
        """Rates, shape (frames, regions)."""
        return np.array([frame.rate_hz for frame in self._frames], np.float32)

    @property
    def in_flight(self) -> Floats:
        """Spikes in flight, shape (frames,)."""
        return np.array([frame.in_flight for frame in self._frames], np.float32)
