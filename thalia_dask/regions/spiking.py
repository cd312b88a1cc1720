"""The region on the CPU: one neuron array, one synapse table, one compiled call a window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
import torch
from numpy.typing import NDArray

from thalia_dask.held import hold
from thalia_dask.jit import Floats, Int32Array, Int64Array, for_types_of
from thalia_dask.neurons import base
from thalia_dask.neurons.background import lots
from thalia_dask.neurons.mean import N_LANES
from thalia_dask.neurons.models import n_flags
from thalia_dask.plasticity import updates
from thalia_dask.plasticity.base import STATE
from thalia_dask.regions.advance import Scratch, Tables, advance
from thalia_dask.regions.layout import Layout
from thalia_dask.regions.layout_region import LayoutRegion
from thalia_dask.regions.populations import population_table
from thalia_dask.regions.spec import RegionSpec
from thalia_dask.regions.wiring import wire
from thalia_dask.spikes import Arrivals, SpikePacket
from thalia_dask.synapses.flight import agenda_from, agenda_room, no_flight
from thalia_dask.ticks import Window

_Array = TypeVar("_Array", bound=NDArray[Any])
_LEAST_ROOM = 1 << 14
"""Spikes that may be emitted before they are taken out of the kernel, besides those of two steps."""


class SpikingRegion(LayoutRegion):
    """Simulates any :class:`~thalia_dask.regions.layout.Layout` by the kernels.

    State is owned by torch tensors (``tensors``); the kernels see the same memory as NumPy arrays.
    """

    def __init__(self, spec: RegionSpec, layout: Layout) -> None:
        wiring = wire(spec, layout)
        super().__init__(spec, layout, wiring)
        n_neurons = sum(self.populations.values())
        flags = torch.zeros(n_flags(n_neurons), dtype=torch.uint8).numpy()
        self._tables = Tables(
            base.NeuronState(
                membrane=self._zeros("membrane", n_neurons),
                current=self._zeros("current", layout.n_channels, n_neurons),
                adaptation=self._zeros("adaptation", n_neurons),
                refractory=self._zeros("refractory", n_neurons, dtype=torch.int32),
            ),
            population_table(spec, layout),
            wiring.synapses._replace(weight=self._own("weight", wiring.synapses.weight)),
            wiring.short_term._replace(
                released=self._own("short_term_released", wiring.short_term.released),
                share=self._own("short_term_share", wiring.short_term.share),
                resources=self._own("short_term_resources", wiring.short_term.resources),
            ),
            wiring.plastic._replace(
                **{field: self._own(name, getattr(wiring.plastic, field)) for name, field in STATE.items()}
            ),
            Scratch(flags, flags.view(np.uint64), torch.zeros(N_LANES).numpy(), lots()),
            np.array(spec.probes, np.int32),
        )
        self._held = hold(self._tables)
        self._agenda_room = agenda_room(wiring.synapses, wiring.short_term)
        self._flight, self._n_flying = no_flight(2 * n_neurons), 0
        room = 2 * n_neurons + _LEAST_ROOM
        self._spike_steps, self._spike_neurons = np.empty(room, np.int32), np.empty(room, np.int32)
        self._advance: Callable[..., tuple[int, int, int, int]] | None = None
        self._load_kernels()
        self._rest()

    def _compute(
        self, window: Window, arrival_steps: Int32Array, arrival_rows: Int32Array, drive: Floats, gate: Floats
    ) -> SpikePacket:
        packets: list[SpikePacket] = []
        step, arrival = window.start, 0
        agenda = agenda_from(window.start, self._agenda_room)
        while True:
            self._make_room(len(arrival_rows) - arrival)
            done = step - window.start
            arguments = (
                step,
                window.stop,
                arrival,
                arrival_steps,
                arrival_rows,
                drive[done:],
                gate[done:],
                agenda,
                self._flight,
                self._n_flying,
                self._spike_steps,
                self._spike_neurons,
                self._membrane_mean[done:],
                self._seen[done:],
                self._held,
            )
            if self._advance is None:
                self._advance = for_types_of(advance, *arguments)
            step, n_spikes, arrival, self._n_flying = self._advance(*arguments)
            packets.append(SpikePacket(self._spike_steps[:n_spikes].copy(), self._spike_neurons[:n_spikes].copy()))
            if step == window.stop:
                return SpikePacket.joined(packets)

    def _in_flight(self) -> Int64Array:
        return self._flight[:, : self._n_flying].copy()

    def _put_in_flight(self, flight: Int64Array) -> None:
        self._n_flying = 0
        self._make_room(flight.shape[1])
        self._n_flying = flight.shape[1]
        self._flight[:, : self._n_flying] = flight

    def _make_room(self, n_arrivals: int) -> None:
        """See to it that all of so many arrivals, and a step in which every neuron fires, can be in flight."""
        needed = self._n_flying + n_arrivals + len(self._tables.state.membrane)
        if needed > self._flight.shape[1]:
            flight = no_flight(2 * needed)
            flight[:, : self._n_flying] = self._flight[:, : self._n_flying]
            self._flight = flight

    def _load_kernels(self) -> None:
        """Compile the kernels, or load them from the cache: no step shall wait for that. Nothing changes."""
        self.advance(Window(0, 0), Arrivals())
        closed = np.zeros(len(self._gates), np.float32)
        updates.action_selected(0, 0, 1, closed, self._tables.plastic)
        updates.dopamine_released(0, 0.0, self._tables.plastic, self._tables.synapses)
        updates.settle(closed, self._tables.plastic, self._tables.synapses)

    def _zeros(self, name: str, *shape: int, dtype: torch.dtype = torch.float32) -> NDArray[Any]:
        """State that torch has made: its memory begins with a cache line, at which wide instructions are fastest."""
        self.tensors[name] = torch.zeros(shape, dtype=dtype)
        return self.tensors[name].numpy()

    def _own(self, name: str, array: _Array) -> _Array:
        """Let a torch tensor own an array of state; the view returned shares its memory."""
        self.tensors[name] = torch.from_numpy(np.ascontiguousarray(array))
        return cast("_Array", self.tensors[name].numpy())

    def _select_action(self, step: int, action: int, gate: Floats) -> None:
        updates.action_selected(step, action, self._layout.n_actions, gate, self._tables.plastic)

    def _settle(self, gate: Floats) -> None:
        updates.settle(gate, self._tables.plastic, self._tables.synapses)

    def _reinforce(self, step: int, amount: float) -> None:
        updates.dopamine_released(step, amount, self._tables.plastic, self._tables.synapses)
