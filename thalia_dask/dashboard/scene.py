"""What the live page is told: a scene, which stays, and frames, in which it moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Band:
    """Rows of the raster that show neurons of one region, ``first <= row < last``."""

    region: str
    first: int
    last: int


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What does not change while a brain runs.

    Attributes
    ----------
    executor : how results call what runs the regions.
    dt_ms : length of a step.
    regions : their names; regional values of a frame have this order.
    n_neurons : of all regions together.
    edges : pairs of regions, as indices, that a projection joins.
    bands : which rows of the raster belong to which region.
    modulators : their names; levels have this order.
    oscillators : name -> frequency in Hz.
    window_ms : how much simulated time raster, neuromodulators and oscillators show.
    """

    executor: str
    dt_ms: float
    regions: tuple[str, ...]
    n_neurons: int
    edges: tuple[tuple[int, int], ...]
    bands: tuple[Band, ...]
    modulators: tuple[str, ...]
    oscillators: Mapping[str, float]
    window_ms: float


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is.

    Attributes
    ----------
    what : what is being done, such as ``"epoch 2 of 4"``.
    done, total : in ``unit``; ``total`` is 0 where nobody has said where it ends.
    seconds_left : None where that is not known yet.
    """

    what: str
    done: int
    total: int
    unit: str
    seconds_left: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Rewards:
    """Means over consecutive blocks of trials.

    Attributes
    ----------
    n_trials : length of a block; the last one may be shorter.
    trial, reward, accuracy, surprise : float32, shape (blocks,). Last trial, mean reward, share of trials with a
        reward above zero, mean size of the prediction error.
    """

    n_trials: int
    trial: Floats
    reward: Floats
    accuracy: Floats
    surprise: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A run at one time, and since the frame before.

    Attributes
    ----------
    step, simulated_ms, clock : the next step to be computed, the same in ms, and the time of day.
    finished : whether no other frame follows.
    progress : how far it is.
    seconds, n_steps : wall-clock time and steps since the frame before.
    rate_hz : float32, shape (regions,). Mean rate of a neuron since then.
    load : float32, shape (regions,). Seconds of computing in a second of wall-clock time since then.
    workers, shares : addresses; float32, shape (3, workers): the shares of its threads' time since then that a worker
        computed, exchanged spikes, and waited for others'.
    in_flight : spikes on their way between regions.
    spike_ms, spike_row : float32 and int16, shape (spikes,). The raster.
    level_ms, levels : float32, shapes (samples,) and (modulators, samples).
    rewards : of the whole run.
    """

    step: int
    simulated_ms: float
    clock: str
    finished: bool
    progress: Progress
    seconds: float
    n_steps: int
    rate_hz: Floats
    load: Floats
    workers: tuple[str, ...]
    shares: Floats
    in_flight: int
    spike_ms: Floats
    spike_row: NDArray[np.int16]
    level_ms: Floats
    levels: Floats
    rewards: Rewards
