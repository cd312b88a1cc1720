"""Neurons that are driven by given spikes: what goes in, and what this simulator makes of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thalia_dask.neurons.adex import AdExParams
from thalia_dask.neurons.base import CHANNEL_NAMES, EXCITATORY, INHIBITORY, SLOW, Neuron
from thalia_dask.neurons.conductance import ConductanceLIFParams
from thalia_dask.regions.layout import ExplicitConnection, Layout, Population
from thalia_dask.regions.spec import Incoming, RegionSpec
from thalia_dask.regions.spiking import SpikingRegion
from thalia_dask.seeds import generator
from thalia_dask.spikes import Arrivals
from thalia_dask.synapses.connectivity import EdgeList
from thalia_dask.synapses.short_term import TsodyksMarkram
from thalia_dask.ticks import Window

DT_MS = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Input:
    """Spikes on axons, each of which ends on one neuron.

    Attributes
    ----------
    steps, axons : int32, shape (spikes,), ordered; a spike arrives at the end of its step.
    targets, channels : int32, shape (axons,). The neurons, and the receptor channels there.
    weights : float32, shape (axons,), negative for inhibition, in mV or, for conductances, nS.
    """

    n_neurons: int
    n_steps: int
    steps: NDArray[np.int32]
    axons: NDArray[np.int32]
    targets: NDArray[np.int32]
    channels: NDArray[np.int32]
    weights: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Response:
    """``membrane`` (steps, neurons), mV, at the end of each step; ``steps`` and ``neurons`` (spikes,)."""

    membrane: NDArray[np.floating]
    steps: NDArray[np.integer]
    neurons: NDArray[np.integer]

    def spikes(self) -> set[tuple[int, int]]:
        """Spikes as (step, neuron)."""
        return set(zip(self.steps.tolist(), self.neurons.tolist(), strict=True))


def poisson_input(
    excitatory: float,
    inhibitory: float,
    rates_hz: tuple[float, float],
    n_neurons: int,
    n_steps: int,
    slow: float = 0.0,
) -> Input:
    """Two excitatory axons and one inhibitory onto each neuron; the i-th of n gets (i + 1) / n of the rates.

    ``excitatory`` and ``inhibitory`` are efficacies; ``slow`` is that of an axon more, with the inhibitory rate.
    """
    onto_one = [(EXCITATORY, excitatory), (EXCITATORY, excitatory), (INHIBITORY, inhibitory)]
    if slow:
        onto_one.append((SLOW, slow))
    channels, weights = (np.tile(values, n_neurons) for values in zip(*onto_one, strict=True))
    targets = np.repeat(np.arange(n_neurons, dtype=np.int32), len(onto_one))
    share = (1 + targets) / n_neurons
    rate_hz = np.where(channels == EXCITATORY, rates_hz[0] / 2, rates_hz[1]) * share
    lots = generator(1, "validation", "input").random((n_steps, len(targets)))
    lots[0] = 1.0  # NEST has no spikes at time 0
    steps, axons = (found.astype(np.int32) for found in np.nonzero(lots < rate_hz * DT_MS * 1e-3))
    return Input(n_neurons, n_steps, steps, axons, targets, channels.astype(np.int32), weights.astype(np.float32))


def respond(neuron: Neuron, given: Input, short_term: TsodyksMarkram | None = None) -> Response:
    """What a region of such neurons does, step by step."""
    n_axons = len(given.weights)
    weights = np.abs(given.weights) if isinstance(neuron, (ConductanceLIFParams, AdExParams)) else given.weights
    connections = []
    for channel in range(len(CHANNEL_NAMES)):
        axons = np.flatnonzero(given.channels == channel).astype(np.int32)
        if len(axons):
            edges = EdgeList(axons, given.targets[axons], weights[axons], np.zeros(len(axons), np.int32))
            connections.append(ExplicitConnection("axons", "cells", edges, channel, short_term=short_term))
    layout = Layout((Population("cells", given.n_neurons, neuron),), tuple(connections), ports=("axons",))
    spec = RegionSpec(
        "driven", "explicit", given.n_neurons, DT_MS, seed=1, incoming=(Incoming("stimulus", n_axons, "axons"),)
    )
    return record(SpikingRegion(spec, layout), given)


def record(region: SpikingRegion, given: Input) -> Response:
    """Advance one step at a time."""
    begin = np.searchsorted(given.steps, np.arange(given.n_steps + 1))
    membrane = np.empty((given.n_steps, given.n_neurons), np.float32)
    steps, neurons = [], []
    for step in range(given.n_steps):
        here = slice(begin[step], begin[step + 1])
        axons = given.axons[here]
        spikes = region.advance(Window(step, step + 1), Arrivals(given.steps[here], np.zeros_like(axons), axons))
        membrane[step] = region.tensors["membrane"].numpy()
        steps.append(spikes.steps)
        neurons.append(spikes.neurons)
    return Response(membrane, np.concatenate(steps), np.concatenate(neurons))
