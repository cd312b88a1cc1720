"""The common body of all spiking regions: one neuron array, one synapse table, one compiled call a window."""

from __future__ import annotations

import math
from typing import Any, TypeVar, cast

import numpy as np
import torch
from numpy.typing import NDArray

from thalia_dask.errors import StateError
from thalia_dask.modulation.neuromodulators import NEUROMODULATORS, NeuromodulatorLevels
from thalia_dask.modulation.oscillators import FREQUENCY_HZ, SEPTAL_DELAY_MS, phase
from thalia_dask.neurons import base
from thalia_dask.neurons.background import lots, poisson_thresholds
from thalia_dask.neurons.mean import N_LANES
from thalia_dask.plasticity import updates
from thalia_dask.regions.advance import PopulationTable, Scratch, advance
from thalia_dask.regions.base import MEMBRANE_POTENTIAL_MEAN, Observable, Region, Snapshot
from thalia_dask.regions.layout import Background, Layout
from thalia_dask.regions.spec import RegionSpec
from thalia_dask.regions.wiring import noise_key, wire
from thalia_dask.spikes import Arrivals, Signal, SpikePacket
from thalia_dask.synapses.flight import no_flight
from thalia_dask.ticks import Window

_Array = TypeVar("_Array", bound=NDArray[Any])
_SILENCE = Background(0.0, 0.0)
_LEAST_ROOM = 1 << 14
"""Spikes that may be emitted before they are taken out of the kernel, besides those of two steps."""


class SpikingRegion(Region):
    """Simulates any :class:`~thalia_dask.regions.layout.Layout`.

    State is owned by torch tensors (``tensors``); the kernels see the same memory as NumPy arrays.
    """

    observables = {MEMBRANE_POTENTIAL_MEAN: Observable("mV", "membrane potential, mean over neurons")}  # noqa: RUF012

    def __init__(self, spec: RegionSpec, layout: Layout) -> None:
        wiring = wire(spec, layout)
        n_neurons = sum(population.size for population in layout.populations)
        self.populations = {population.name: population.size for population in layout.populations}
        self.tensors: dict[str, torch.Tensor] = {}
        self._spec = spec
        self._layout = layout
        self._gates = wiring.gates
        self._amplitudes = _amplitudes(layout)
        self._levels = NeuromodulatorLevels(spec.dt_ms)
        self._population_table = _population_table(spec, layout)
        self._state = base.NeuronState(
            membrane=self._own("membrane", np.empty(n_neurons, np.float32)),
            current=self._own("current", np.zeros((layout.n_channels, n_neurons), np.float32)),
            adaptation=self._own("adaptation", np.zeros(n_neurons, np.float32)),
            refractory=self._own("refractory", np.zeros(n_neurons, np.int32)),
        )
        self._synapses = wiring.synapses._replace(weight=self._own("weight", wiring.synapses.weight))
        self._plastic = wiring.plastic._replace(
            fade=self._own("trace_fade", wiring.plastic.fade),
            pre=self._own("trace_pre", wiring.plastic.pre),
            post=self._own("trace_post", wiring.plastic.post),
            tagged=self._own("eligibility_step", wiring.plastic.tagged),
            eligibility=self._own("eligibility", wiring.plastic.eligibility),
        )
        self._flight, self._n_flying = no_flight(2 * n_neurons), 0
        flags = np.zeros(8 * -(-n_neurons // 8), np.uint8)
        self._scratch = Scratch(flags, flags.view(np.uint64), np.empty(N_LANES, np.float32), lots())
        room = 2 * n_neurons + _LEAST_ROOM
        self._spike_steps, self._spike_neurons = np.empty(room, np.int32), np.empty(room, np.int32)
        first_rows = np.cumsum([n_neurons, *(incoming.source_size for incoming in spec.incoming)])
        self._first_row = first_rows[:-1].astype(np.int32)
        self._membrane_mean = np.empty(0, np.float32)
        self._load_kernels()
        self._rest()

    def advance(self, window: Window, arrivals: Arrivals) -> SpikePacket:
        for signal in arrivals.signals:
            self._receive(signal)
        rows = self._first_row[arrivals.projections] + arrivals.neurons
        drive, gate = self._drive(window), self._gate(window)
        self._membrane_mean = np.empty(window.n_steps, np.float32)
        packets: list[SpikePacket] = []
        step, arrival = window.start, 0
        while True:
            self._make_room(len(rows) - arrival)
            done = step - window.start
            step, n_spikes, arrival, self._n_flying = advance(
                step,
                window.stop,
                arrival,
                arrivals.steps,
                rows,
                drive[done:],
                gate[done:],
                self._state,
                self._population_table,
                self._synapses,
                self._flight,
                self._n_flying,
                self._plastic,
                self._scratch,
                self._spike_steps,
                self._spike_neurons,
                self._membrane_mean[done:],
            )
            packets.append(SpikePacket(self._spike_steps[:n_spikes].copy(), self._spike_neurons[:n_spikes].copy()))
            if step == window.stop:
                return packets[0] if len(packets) == 1 else _joined(packets)

    def observe(self) -> dict[str, NDArray[np.float32]]:
        return {MEMBRANE_POTENTIAL_MEAN: self._membrane_mean}

    def snapshot(self) -> Snapshot:
        state: Snapshot = {name: tensor.clone() for name, tensor in self.tensors.items()}
        state["in_flight"] = torch.from_numpy(self._flight[:, : self._n_flying].copy())
        for name, (step, level) in self._levels.snapshot().items():
            state[f"{name}_step"], state[f"{name}_level"] = step, level
        return state

    def restore(self, snapshot: Snapshot) -> None:
        for name, tensor in self.tensors.items():
            given = torch.as_tensor(snapshot[name])
            if given.shape != tensor.shape:
                raise StateError(
                    f"region '{self._spec.name}' cannot be restored: '{name}' has shape {tuple(given.shape)} in the "
                    f"snapshot and {tuple(tensor.shape)} here; give a snapshot of a region that was built alike"
                )
            tensor.copy_(given)
        in_flight = torch.as_tensor(snapshot["in_flight"]).numpy()
        self._n_flying = 0
        self._make_room(in_flight.shape[1])
        self._n_flying = in_flight.shape[1]
        self._flight[:, : self._n_flying] = in_flight
        self._levels.restore(
            {name: (int(snapshot[f"{name}_step"]), float(snapshot[f"{name}_level"])) for name in NEUROMODULATORS}
        )

    def _make_room(self, n_arrivals: int) -> None:
        """See to it that all of so many arrivals, and a step in which every neuron fires, can be in flight."""
        needed = self._n_flying + n_arrivals + len(self._state.membrane)
        if needed > self._flight.shape[1]:
            flight = no_flight(2 * needed)
            flight[:, : self._n_flying] = self._flight[:, : self._n_flying]
            self._flight = flight

    def _load_kernels(self) -> None:
        """Compile the kernels, or load them from the cache: no step shall wait for that. Nothing changes."""
        self.advance(Window(0, 0), Arrivals())
        updates.action_selected(0, 0, 1, self._plastic)
        updates.dopamine_released(0, 0.0, self._plastic, self._synapses)

    def _own(self, name: str, array: _Array) -> _Array:
        """Let a torch tensor own an array of state; the view returned shares its memory."""
        self.tensors[name] = torch.from_numpy(np.ascontiguousarray(array))
        return cast("_Array", self.tensors[name].numpy())

    def _rest(self) -> None:
        """Clear membranes, currents, traces and spikes inside the region.

        Thresholds keep their adaptation: it is the gain control by which a region fits the input that it gets.
        """
        for population, (first, last) in zip(self._layout.populations, self._layout.slices().values(), strict=True):
            self._state.membrane[first:last] = population.neuron.resting_mv
        for name in ("current", "refractory", "trace_pre", "trace_post", "eligibility"):
            self.tensors[name].numpy()[...] = 0
        self._plastic.fade[...] = 1
        self._n_flying = 0

    def _receive(self, signal: Signal) -> None:
        if signal.name == "reset":
            self._rest()
        elif signal.name == "action":
            if self._layout.n_actions:
                updates.action_selected(signal.step, int(signal.value), self._layout.n_actions, self._plastic)
        else:
            self._levels.release(signal.name, signal.value, signal.step)
            if signal.name == "dopamine":
                updates.dopamine_released(signal.step, signal.value, self._plastic, self._synapses)

    def _drive(self, window: Window) -> NDArray[np.float32]:
        """Tonic drive in mV, float32, shape (steps, populations)."""
        drive = np.zeros((window.n_steps, len(self._layout.populations)), np.float32)
        for name, amplitudes in self._amplitudes.items():
            drive += self._signal(name, window)[:, None] * amplitudes
        return drive

    def _gate(self, window: Window) -> NDArray[np.float32]:
        """Factor on each plastic connection's rule, float32, shape (steps, plastic connections)."""
        gate = np.empty((window.n_steps, len(self._gates)), np.float32)
        gate.fill(1.0)
        for column, names in enumerate(self._gates):
            for name in names:
                signal = self._signal(name, window)
                gate[:, column] *= (np.float32(1.0) + signal) / np.float32(2.0) if name in FREQUENCY_HZ else signal
        return gate

    def _signal(self, name: str, window: Window) -> NDArray[np.float32]:
        """Cosine of an oscillator's phase as this region receives it, or the level of a neuromodulator, (steps,)."""
        steps = range(window.start, window.stop)
        if name in FREQUENCY_HZ:
            dt_ms, delay_ms = self._spec.dt_ms, SEPTAL_DELAY_MS.get(self._spec.kind, 0.0)
            return np.array([math.cos(phase(name, step, dt_ms, delay_ms)) for step in steps], np.float32)
        return np.array([self._levels.level(name, step) for step in steps], np.float32)


def _population_table(spec: RegionSpec, layout: Layout) -> PopulationTable:
    slices = layout.slices().values()
    neurons = [population.neuron for population in layout.populations]
    backgrounds = [population.background or _SILENCE for population in layout.populations]
    return PopulationTable(
        first=np.array([first for first, _ in slices], np.int64),
        last=np.array([last for _, last in slices], np.int64),
        model=np.array([neuron.code for neuron in neurons], np.int64),
        jumps=np.array([neuron.jumps for neuron in neurons], np.int64),
        constants=base.constants(neurons, spec.dt_ms),
        thresholds=poisson_thresholds([background.rate_hz * spec.dt_ms / 1000 for background in backgrounds]),
        weight=np.array([background.weight_mv for background in backgrounds], np.float32),
        key=noise_key(spec),
    )


def _joined(packets: list[SpikePacket]) -> SpikePacket:
    return SpikePacket(np.concatenate([p.steps for p in packets]), np.concatenate([p.neurons for p in packets]))


def _amplitudes(layout: Layout) -> dict[str, NDArray[np.float32]]:
    """Oscillator or neuromodulator -> its drive of each population at a signal of 1, mV, shape (populations,)."""
    amplitudes: dict[str, NDArray[np.float32]] = {}
    for index, population in enumerate(layout.populations):
        for drive in population.drives:
            column = amplitudes.setdefault(drive.source, np.zeros(len(layout.populations), np.float32))
            column[index] += drive.amplitude_mv
    return amplitudes
