"""What the small tasks show: a row of lights, of which one is lit or none.

One light is never lit. Learning conserves a cell's summed efficacy, so that a preference needs something that is
present and something that is not.
"""

from __future__ import annotations

import numpy as np
from gymnasium.spaces import Box, Space
from numpy.typing import NDArray

PIXELS_PER_LIGHT = 16

Pixels = NDArray[np.float32]


def n_pixels(n_lights: int) -> int:
    """Of ``n_lights`` lights and one that is never lit."""
    return (n_lights + 1) * PIXELS_PER_LIGHT


def space_of_lights(n_lights: int, *frames: int) -> Space[Pixels]:
    """The space of what the lights can show; the number of ``frames``, if any, is its first dimension."""
    return Box(0.0, 1.0, (*frames, n_pixels(n_lights)), np.float32)


def lights(n_lights: int, lit: int | None) -> Pixels:
    """The pixels of all lights, of which ``lit`` is on; None for darkness."""
    pixels = np.zeros(n_pixels(n_lights), np.float32)
    if lit is not None:
        pixels[lit * PIXELS_PER_LIGHT :][:PIXELS_PER_LIGHT] = 1.0
    return pixels
