"""What a neuron model declares, and the state that all of a region's neurons share, whatever their model.

A model is a frozen dataclass of parameters and a compiled step in the same file; its constants are a row of numbers,
as those of a learning rule are.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, NamedTuple, TypeVar

import numpy as np

from thalia_dask.jit import Floats, Int32Array

if TYPE_CHECKING:
    from torch import Tensor

Value = TypeVar("Value", float, "Tensor")
"""What an equation is computed for: one neuron in a kernel, or all of a population in torch."""

EXCITATORY, INHIBITORY, SLOW = 0, 1, 2
"""Receptor channels: fast excitation (AMPA), inhibition (GABA-A) and slow excitation (NMDA)."""
N_CHANNELS = 3
CHANNEL_NAMES = ("ampa", "gaba", "nmda")

(RESTING, THRESHOLD, RESET, REFRACTORY_STEPS, ADAPTATION, DECAY_ADAPTATION, ADAPTATION_STEPS, REBOUND,
 FIRST_OWN) = range(9)  # fmt: skip
"""Columns of the constants: what every model has; its own constants follow."""
N_CONSTANTS = 22
MOST_REFRACTORY_STEPS = 1 << 24
"""All whole numbers up to it are float32, as the constants are."""
_LEAST_DECAY = 2.0**-14
"""The least that an adaptation may lose at a time: it is 1024 times what float32 rounds."""
_MOST_DOUBLINGS = 30
"""Of the steps in which it is held; there are no more than 2**31."""


class Neuron(ABC):
    """Parameters of a population; times in ms, potentials in mV."""

    example: ClassVar[str] = "LIFParams() of thalia_dask.neurons.lif"
    """What to write, for errors."""
    code: ClassVar[int]
    """The model's number in the dispatch of :mod:`thalia_dask.neurons.models`."""
    channels: ClassVar[tuple[int, ...]] = (EXCITATORY, INHIBITORY, SLOW)
    """Receptor channels that the model has."""
    jumps: ClassVar[bool] = False
    """Whether input moves the membrane in the step in which it arrives, instead of beginning a current."""
    takes_conductances: ClassVar[bool] = False
    """Whether efficacies are conductances, in nS, of which none is negative."""
    adapts_threshold: ClassVar[bool] = True
    """Whether the adaptation raises the threshold; otherwise it is the model's own."""

    resting_mv: float
    threshold_mv: float
    reset_mv: float
    refractory_ms: float
    tau_adaptation_ms: float

    @property
    @abstractmethod
    def spike_adaptation(self) -> float:
        """What a spike adds to the adaptation: mV of threshold, or in the model's own unit."""

    @property
    def threshold_rebound(self) -> float:
        """How far the threshold follows a membrane that is held below rest, in mV for each mV."""
        return 0.0

    @abstractmethod
    def pack(self, dt_ms: float) -> list[float]:
        """Its own constants of one step for the kernel, at most ``N_CONSTANTS - FIRST_OWN`` numbers."""


class NeuronState(NamedTuple):
    """State of all neurons of a region.

    Attributes
    ----------
    membrane : float32, shape (neurons,), mV.
    current : float32, shape (channels, neurons). What synapses add to: a current in mV, a conductance in nS, or the
        jump of the membrane that the next step will make, by model. Regions without slow synapses have two channels.
    adaptation : float32, shape (neurons,), mV of threshold, or in the model's own unit.
    refractory : int32, shape (neurons,). The first step in which the membrane moves again.
    """

    membrane: Floats
    current: Floats
    adaptation: Floats
    refractory: Int32Array


def constants(neurons: Sequence[Neuron], dt_ms: float) -> Floats:
    """Constants of one step, float32, shape (populations, N_CONSTANTS)."""
    table = np.zeros((len(neurons), N_CONSTANTS), np.float32)
    for row, neuron in zip(table, neurons, strict=True):
        adaptation_steps = steps_of_adaptation(neuron, dt_ms)
        decay_adaptation = math.exp(-adaptation_steps * dt_ms / neuron.tau_adaptation_ms)
        common = [
            neuron.resting_mv,
            neuron.threshold_mv,
            neuron.reset_mv,
            round(neuron.refractory_ms / dt_ms),
            neuron.spike_adaptation,
            decay_adaptation,
            adaptation_steps,
            (1.0 - decay_adaptation) * neuron.threshold_rebound,
        ]
        own = neuron.pack(dt_ms)
        row[: FIRST_OWN + len(own)] = [*common, *own]
    return table


def steps_of_adaptation(neuron: Neuron, dt_ms: float) -> int:
    """Every how many steps, a power of two, the adaptation of the threshold moves.

    Single precision has no place for what a slow adaptation loses in a step: 20 mV, with the 1e7 ms of Diehl & Cook
    (2015) and steps of 0.1 ms, would keep it for ever. It is therefore held for as many steps as lose 1/16384 to
    1/8192 of it. With a time constant of up to 16384 steps it moves in each.
    """
    if not neuron.adapts_threshold:
        return 1
    steps = _LEAST_DECAY * neuron.tau_adaptation_ms / dt_ms
    return 1 << min(max(0, math.ceil(math.log2(steps))), _MOST_DOUBLINGS)
