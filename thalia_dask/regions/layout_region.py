"""What every region made from a layout is, whatever computes its steps: named state, drives, gates, signals."""

from __future__ import annotations

import math
from abc import abstractmethod

import numpy as np
import torch
from numpy.typing import NDArray

from thalia_dask.errors import StateError
from thalia_dask.jit import Floats, Int32Array, Int64Array
from thalia_dask.modulation.neuromodulators import NEUROMODULATORS, NeuromodulatorLevels
from thalia_dask.modulation.oscillators import FREQUENCY_HZ, SEPTAL_DELAY_MS, phase
from thalia_dask.plasticity.base import nobodys_bytes
from thalia_dask.regions.base import MEMBRANE_POTENTIAL_MEAN, Region, Snapshot
from thalia_dask.regions.layout import Layout
from thalia_dask.regions.probes import MEAN, observables
from thalia_dask.regions.spec import RegionSpec
from thalia_dask.regions.wiring import Wiring, initial_membrane
from thalia_dask.spikes import Arrivals, Signal, SpikePacket
from thalia_dask.synapses.flight import is_flight, no_flight
from thalia_dask.ticks import NEVER, Window

_TRANSIENT = (
    "current",
    "refractory",
    "trace_pre",
    "trace_post",
    "late_spikes",
    "eligibility",
    "credit",
    "short_term_released",
)


class LayoutRegion(Region):
    """A region of spiking populations; a subclass owns the state in ``tensors`` and computes the steps.

    A snapshot has the same names, shapes and units in all subclasses, so that what one saved another can go on with.
    """

    shares_arrays = True

    def __init__(self, spec: RegionSpec, layout: Layout, wiring: Wiring) -> None:
        self.populations = {population.name: population.size for population in layout.populations}
        self.probes = spec.probes
        of_cells = observables(layout) if spec.probes else {}
        self.observables = MEAN | of_cells
        self.tensors: dict[str, torch.Tensor] = {}
        self._spec = spec
        self._layout = layout
        self._gates = wiring.gates
        self._row_start = wiring.synapses.row_start
        self._nobodys_bytes = nobodys_bytes(wiring.plastic)
        self._amplitudes = _amplitudes(layout)
        drives = ((source, *gates) for source, gates in self._amplitudes)
        self._listens_to = frozenset[str]().union(*drives, *self._gates)
        self._levels = NeuromodulatorLevels(spec.dt_ms)
        n_neurons = sum(self.populations.values())
        first_rows = np.cumsum([n_neurons, *(incoming.source_size for incoming in spec.incoming)])
        self._first_row = first_rows[:-1].astype(np.int32)
        self._names_seen = tuple(of_cells)
        self._membrane_mean = np.empty(0, np.float32)
        self._seen = np.empty((0, len(of_cells), len(spec.probes)), np.float32)

    def advance(self, window: Window, arrivals: Arrivals) -> SpikePacket:
        for signal in arrivals.signals:
            self._receive(signal)
        steps = np.ascontiguousarray(arrivals.steps, np.int32).reshape(-1)
        rows = np.ascontiguousarray(self._first_row[arrivals.projections] + arrivals.neurons, np.int32).reshape(-1)
        self._membrane_mean = np.empty(window.n_steps, np.float32)
        self._seen = np.empty((window.n_steps, *self._seen.shape[1:]), np.float32)
        signals = self._signals(window)
        drive, gate = self._drive(signals, window.n_steps), self._gate(signals, window.n_steps)
        return self._compute(window, steps, rows, drive, gate)

    @abstractmethod
    def _compute(
        self, window: Window, arrival_steps: Int32Array, arrival_rows: Int32Array, drive: Floats, gate: Floats
    ) -> SpikePacket:
        """Advance through the window and fill ``_membrane_mean``, mV, float32, shape (steps,), and ``_seen``.

        The latter is what ``regions.probes`` sees of the cells that are probed, shape (steps, observables, probes).

        ``arrival_rows`` are axons, as rows of the synapse table; ``drive`` (steps, populations) is in mV, ``gate``
        (steps, plastic connections) a factor on the learning rules.
        """

    @abstractmethod
    def _in_flight(self) -> Int64Array:
        """Spikes inside the region that have not reached all their synapses, as in ``synapses.flight``."""

    @abstractmethod
    def _put_in_flight(self, flight: Int64Array) -> None:
        """Replace the spikes inside the region."""

    @abstractmethod
    def _select_action(self, step: int, action: int, gate: Floats) -> None:
        """Tell the reward-modulated connections which action was selected; ``gate`` as for :meth:`_settle`."""

    @abstractmethod
    def _settle(self, gate: Floats) -> None:
        """Bring all efficacies up to the beginning of a step; ``gate`` (plastic connections,) as it is then."""

    @abstractmethod
    def _reinforce(self, step: int, amount: float) -> None:
        """Let the reward-modulated connections learn from a dopamine release."""

    def observe(self) -> dict[str, NDArray[np.float32]]:
        seen = {name: self._seen[:, index] for index, name in enumerate(self._names_seen)}
        return {MEMBRANE_POTENTIAL_MEAN: self._membrane_mean, **seen}

    def snapshot(self) -> Snapshot:
        state: Snapshot = {name: tensor.to("cpu", copy=True) for name, tensor in self.tensors.items()}
        state["in_flight"] = torch.from_numpy(self._in_flight())
        for name, (step, level) in self._levels.snapshot().items():
            state[f"{name}_step"], state[f"{name}_level"] = step, level
        return state

    def restore(self, snapshot: Snapshot) -> None:
        """Return to a state that :meth:`snapshot` gave.

        Raises
        ------
        StateError : naming the entry that is missing, or that a region that was built alike cannot have.
        """
        for name, tensor in self.tensors.items():
            given = self._given(snapshot, name)
            if (given.shape, given.dtype) != (tensor.shape, tensor.dtype):
                raise self._refusal(
                    f"'{name}' has shape {tuple(given.shape)} and dtype {given.dtype} in the snapshot, "
                    f"{tuple(tensor.shape)} and {tensor.dtype} here"
                )
        flight = self._given(snapshot, "in_flight").numpy()
        if not is_flight(flight, self._row_start):
            raise self._refusal("'in_flight' has spikes that are on no axon of it")
        if self._given(snapshot, "late_spikes").cpu().numpy().view(np.uint8)[self._nobodys_bytes].any():
            raise self._refusal("'late_spikes' has spikes of cells that it does not have")
        levels = {name: self._given_level(snapshot, name) for name in NEUROMODULATORS}
        for name, tensor in self.tensors.items():
            tensor.copy_(self._given(snapshot, name))
        self._put_in_flight(flight)
        self._levels.restore(levels)

    def settle(self, step: int) -> None:
        """Put what rules keep beside efficacies, until a spike needs it, into them, as of the beginning of a step."""
        self._settle(self._gate_at(step))

    def _given(self, snapshot: Snapshot, name: str) -> torch.Tensor:
        if name not in snapshot:
            raise self._refusal(f"the snapshot has no '{name}'")
        return torch.as_tensor(snapshot[name])

    def _given_level(self, snapshot: Snapshot, name: str) -> tuple[int, float]:
        step, level = snapshot.get(f"{name}_step"), snapshot.get(f"{name}_level")
        if not (isinstance(step, int) and 0 <= step < NEVER):
            raise self._refusal(f"'{name}_step' is {step!r}, which is no step")
        if not (isinstance(level, float) and NEUROMODULATORS[name].may_be(level)):
            raise self._refusal(f"'{name}_level' is {level!r}, which no level of {name} can be")
        return step, level

    def _refusal(self, why: str) -> StateError:
        return StateError(
            f"region '{self._spec.name}' cannot be restored: {why}; give a snapshot of a region that was built alike"
        )

    def _rest(self) -> None:
        """Clear membranes, currents, traces and spikes inside the region.

        Thresholds keep their adaptation: it is the gain control by which a region fits the input that it gets. An
        adaptation current is cleared with the others.
        """
        for population, (first, last) in zip(self._layout.populations, self._layout.slices().values(), strict=True):
            self.tensors["membrane"][first:last] = torch.from_numpy(initial_membrane(self._spec, population))
            if not population.neuron.adapts_threshold:
                self.tensors["adaptation"][first:last] = 0.0
        for name in _TRANSIENT:
            self.tensors[name].zero_()
        self.tensors["trace_fade"].fill_(1.0)
        self._put_in_flight(no_flight(0))

    def _receive(self, signal: Signal) -> None:
        if signal.name == "reset":
            self.settle(signal.step)
            self._rest()
        elif signal.name == "action":
            if self._layout.n_actions:
                self._select_action(signal.step, int(signal.value), self._gate_at(signal.step))
        else:
            self._levels.release(signal.name, signal.value, signal.step)
            if signal.name == "dopamine":
                self._reinforce(signal.step, signal.value)

    def _signals(self, window: Window) -> dict[str, Floats]:
        """Every oscillator and neuromodulator that this region listens to, float32, shape (steps,).

        An oscillator is the cosine of its phase as it is received here.
        """
        steps, dt_ms = range(window.start, window.stop), self._spec.dt_ms
        delay_ms = SEPTAL_DELAY_MS.get(self._spec.kind, 0.0)
        signals = {}
        for name in self._listens_to:
            if name in FREQUENCY_HZ:
                values = [math.cos(phase(name, step, dt_ms, delay_ms)) for step in steps]
            else:
                values = [self._levels.level(name, step) for step in steps]
            signals[name] = np.array(values, np.float32)
        return signals

    def _drive(self, signals: dict[str, Floats], n_steps: int) -> Floats:
        """Tonic drive in mV, float32, shape (steps, populations)."""
        drive = np.zeros((n_steps, len(self._layout.populations)), np.float32)
        for (source, gates), amplitudes in self._amplitudes.items():
            signal = signals[source]
            drive += (signal * _product(gates, signals, n_steps) if gates else signal)[:, None] * amplitudes
        return drive

    def _gate_at(self, step: int) -> Floats:
        """Factor on each plastic connection's rule in a step, float32, shape (plastic connections,)."""
        gate: Floats = self._gate(self._signals(Window(step, step + 1)), 1)[0]
        return gate

    def _gate(self, signals: dict[str, Floats], n_steps: int) -> Floats:
        """Factor on each plastic connection's rule, float32, shape (steps, plastic connections)."""
        gate = np.empty((n_steps, len(self._gates)), np.float32)
        products: dict[tuple[str, ...], Floats] = {}
        for column, names in enumerate(self._gates):
            if names not in products:
                products[names] = _product(names, signals, n_steps)
            gate[:, column] = products[names]
        return gate


def _product(names: tuple[str, ...], signals: dict[str, Floats], n_steps: int) -> Floats:
    """Product of what gates by its phase, (1 + cosine) / 2, or by its level, float32, shape (steps,)."""
    product = np.ones(n_steps, np.float32)
    for name in names:
        signal = signals[name]
        product *= (np.float32(1.0) + signal) / np.float32(2.0) if name in FREQUENCY_HZ else signal
    return product


def _amplitudes(layout: Layout) -> dict[tuple[str, tuple[str, ...]], Floats]:
    """Source and gates of a drive -> its drive of each population at a signal of 1, mV, shape (populations,)."""
    amplitudes: dict[tuple[str, tuple[str, ...]], Floats] = {}
    for index, population in enumerate(layout.populations):
        for drive in population.drives:
            column = amplitudes.setdefault((drive.source, drive.gates), np.zeros(len(layout.populations), np.float32))
            column[index] += drive.amplitude_mv
    return amplitudes
