"""Which step each model makes, and what a spike leaves behind. A new model is a file of its own and a line here."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from thalia_dask.jit import Floats, Int32Array, Int64Array, Words, kernel
from thalia_dask.neurons import adex, conductance, lif
from thalia_dask.neurons.base import (
    ADAPTATION,
    ADAPTATION_STEPS,
    DECAY_ADAPTATION,
    REBOUND,
    REFRACTORY_STEPS,
    RESET,
    RESTING,
    THRESHOLD,
    NeuronState,
)

_LIF = lif.LIFParams.code
_CONDUCTANCE = conductance.ConductanceLIFParams.code
_ADEX = adex.AdExParams.code
_AT_ONCE = 32
"""Words of flags that are looked at together."""


def n_flags(n_neurons: int) -> int:
    """Flags to make for so many neurons: up to the end of the last words that are looked at."""
    at_once = 8 * _AT_ONCE
    return at_once * -(-n_neurons // at_once)


@kernel
def step(
    code: int,
    now: np.int32,
    first: int,
    last: int,
    drive: float,
    constants: Floats,
    state: NeuronState,
    spiked: NDArray[np.uint8],
) -> None:
    """Advance one population, neurons ``first … last - 1``, by one step."""
    if code == _LIF:
        lif.step(now, first, last, drive, constants, state, spiked)
    elif code == _CONDUCTANCE:
        conductance.step(now, first, last, drive, constants, state, spiked)
    elif code == _ADEX:
        adex.step(now, first, last, drive, constants, state, spiked)
    if code != _ADEX and (constants[ADAPTATION] != 0.0 or constants[REBOUND] != 0.0):
        _adapt(now, first, last, constants, state, spiked)


@kernel
def _adapt(
    now: np.int32, first: int, last: int, constants: Floats, state: NeuronState, spiked: NDArray[np.uint8]
) -> None:
    """Let the adaptation move, if it does in this step, and decide again who crosses the threshold that it moves."""
    membrane, refractory = state.membrane[first:last], state.refractory[first:last]
    adaptation, fires = state.adaptation[first:last], spiked[first:last]
    threshold, resting = constants[THRESHOLD], constants[RESTING]
    moves = np.int64(now) % np.int64(constants[ADAPTATION_STEPS]) == 0
    decay = constants[DECAY_ADAPTATION] if moves else np.float32(1.0)
    rebound = constants[REBOUND] if moves else np.float32(0.0)
    for i in range(membrane.shape[0]):
        a = adaptation[i] * decay + rebound * min(membrane[i] - resting, np.float32(0.0))
        adaptation[i] = a
        fires[i] = (refractory[i] <= now) & (membrane[i] >= threshold + a)


@kernel
def fire(
    now: np.int32, last: Int64Array, constants: Floats, state: NeuronState, spiked: Words, neurons: Int32Array
) -> int:
    """Reset the neurons that spiked and write their indices, in order, to ``neurons``; returns their number.

    ``last`` (populations,) is where each population ends; ``spiked`` are the flags of eight neurons a word, as many
    as :func:`n_flags` says, and are zero behind the last neuron.
    """
    n_spikes = 0
    population = 0
    for first in range(0, spiked.shape[0], _AT_ONCE):
        words = spiked[first : first + _AT_ONCE]
        any_flags = np.uint64(0)
        for word in range(_AT_ONCE):
            any_flags |= words[word]
        if any_flags == 0:
            continue
        for word in range(words.shape[0]):
            flags = words[word]
            i = 8 * (first + word)
            while flags:
                if flags & np.uint64(1):
                    while i >= last[population]:
                        population += 1
                    state.membrane[i] = constants[population, RESET]
                    state.refractory[i] = now + np.int32(1) + np.int32(constants[population, REFRACTORY_STEPS])
                    state.adaptation[i] += constants[population, ADAPTATION]
                    neurons[n_spikes] = i
                    n_spikes += 1
                flags >>= np.uint64(8)
                i += 1
    return n_spikes
