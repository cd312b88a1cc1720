"""The region on any torch device: the same state and equations as on the CPU, in torch operations.

The host does not wait for the device within a window: what goes in is uploaded before, what comes out is fetched
behind, and all shapes are fixed. What cannot be known, how many neurons fire in a step and how many synapses are
reached, has fixed room; where that was too little, the steps are computed again with more.

Differences from the kernels are those of rounding: efficacies that arrive together are summed in double precision, so
that their order, which a GPU does not keep, hardly matters. On the CPU the kernels are many times faster; there, this
is tested against them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from thalia_dask.jit import Floats, Int32Array, Int64Array
from thalia_dask.neurons.background_on_torch import Bombardment
from thalia_dask.neurons.base import EXCITATORY
from thalia_dask.neurons.on_torch import TensorState, groups
from thalia_dask.plasticity.base import STATE, PlasticTable
from thalia_dask.plasticity.on_torch.base import Learner, Traces
from thalia_dask.plasticity.on_torch.learners import learners
from thalia_dask.regions.layout import Layout
from thalia_dask.regions.layout_region import LayoutRegion
from thalia_dask.regions.one_thread import one_thread
from thalia_dask.regions.populations import population_table
from thalia_dask.regions.recorded_step import recorded
from thalia_dask.regions.spec import RegionSpec
from thalia_dask.regions.wiring import wire
from thalia_dask.spikes import SpikePacket
from thalia_dask.synapses.on_torch import Axons
from thalia_dask.synapses.short_term_on_torch import Sites
from thalia_dask.ticks import Window

_AT_ONCE = 1 << 24
"""Steps times neurons whose noise and spikes are held at a time: about a hundred bytes each."""


class TorchSpikingRegion(LayoutRegion):
    """Simulates any :class:`~thalia_dask.regions.layout.Layout` on ``spec.device``.

    Parameters
    ----------
    fixed_room : see :class:`~thalia_dask.synapses.on_torch.Axons`; None for fixed room everywhere but on the CPU.
    record : on CUDA, record the operations of a step once, as a graph, and repeat them without the interpreter.
    """

    def __init__(
        self, spec: RegionSpec, layout: Layout, *, fixed_room: bool | None = None, record: bool = True
    ) -> None:
        wiring, table = wire(spec, layout), population_table(spec, layout)
        super().__init__(spec, layout, wiring)
        device = torch.device(spec.device)
        self._device, self._record = device, record and device.type == "cuda"
        self._fixed_room = device.type != "cpu" if fixed_room is None else fixed_room
        n_neurons = sum(self.populations.values())
        self._state = self._new_state(n_neurons, layout.n_channels)
        weight = self.tensors["weight"] = torch.from_numpy(wiring.synapses.weight).to(device, copy=True)
        self._own_traces(wiring.plastic)
        neurons = [population.neuron for population in layout.populations]
        self._groups = groups(neurons, list(self.populations.values()), table.constants, self._state)
        slices = list(layout.slices().values())
        self._bombardment = Bombardment(slices, table.thresholds, table.weight, table.key, device)
        sites = Sites(wiring.short_term, device)
        self.tensors |= sites.tensors
        self._axons = Axons(wiring.synapses, n_neurons, layout.n_channels, weight, sites, fixed_room=self._fixed_room)
        self._traces = Traces(wiring.plastic, self.tensors)
        self._gate_now = torch.zeros(len(wiring.gates), device=device)
        self._learners = learners(wiring.plastic, weight, self._gate_now, self.tensors, n_neurons)
        self._now = torch.zeros((), dtype=torch.int64, device=device)
        self._drive_now = torch.zeros(len(neurons), device=device)
        self._arriving = self._nothing_arriving()
        self._counts = torch.zeros(self._axons.n_rows - n_neurons + 1, device=device)
        self._noise = torch.zeros(n_neurons, device=device)
        self._mean = torch.zeros((), device=device)
        self._probed = torch.tensor(spec.probes, dtype=torch.int64, device=device)
        self._recording: tuple[int, Callable[[], None]] | None = None
        self._rest()

    def _new_state(self, n_neurons: int, n_channels: int) -> TensorState:
        shapes = {"membrane": (n_neurons,), "current": (n_channels, n_neurons), "adaptation": (n_neurons,)}
        for name, shape in shapes.items():
            self.tensors[name] = torch.zeros(shape, device=self._device)
        self.tensors["refractory"] = torch.zeros(n_neurons, dtype=torch.int32, device=self._device)
        spiked = torch.zeros(n_neurons, dtype=torch.bool, device=self._device)
        return TensorState(**self.tensors, spiked=spiked)

    def _own_traces(self, plastic: PlasticTable) -> None:
        for name, field in STATE.items():
            self.tensors[name] = torch.from_numpy(getattr(plastic, field)).to(self._device, copy=True)

    @one_thread()
    @torch.no_grad()
    def _compute(
        self, window: Window, arrival_steps: Int32Array, arrival_rows: Int32Array, drive: Floats, gate: Floats
    ) -> SpikePacket:
        n_neurons = len(self._state.membrane)
        at_once = max(1, _AT_ONCE // max(1, n_neurons))
        steps, neurons = [np.empty(0, np.int32)], [np.empty(0, np.int32)]
        for start in range(window.start, window.stop, at_once):
            part = Window(start, min(start + at_once, window.stop))
            here = slice(start - window.start, part.stop - window.start)
            first, last = np.searchsorted(arrival_steps, [part.start, part.stop])
            arriving = self._begin(part, arrival_steps[first:last], arrival_rows[first:last])
            drives, gates = (torch.from_numpy(values[here]).to(self._device) for values in (drive, gate))
            spiked, means, seen = self._advance_surely(part, arriving, drives, gates)
            self._membrane_mean[here], self._seen[here] = means.cpu().numpy(), seen.cpu().numpy()
            when, who = torch.nonzero(spiked).to(torch.int32).T.cpu().numpy()
            steps.append(when + np.int32(start))
            neurons.append(who)
        return SpikePacket(np.concatenate(steps), np.concatenate(neurons))

    def _begin(self, part: Window, steps: Int32Array, rows: Int32Array) -> Tensor:
        """Upload the rows on which spikes arrive in each step, int64, shape (steps, room), the rest ``n_rows``."""
        n_before = np.searchsorted(steps, np.arange(part.start, part.stop + 1))
        self._axons.begin(part.start, int(np.diff(n_before).max(initial=0)))
        room = self._axons.outside_room
        if room != len(self._arriving):
            self._arriving = self._nothing_arriving()
        arriving = np.full((part.n_steps, room), self._axons.n_rows)
        offsets = steps - part.start
        arriving[offsets, np.arange(len(rows)) - n_before[offsets]] = rows
        return torch.from_numpy(arriving).to(self._device)

    def _nothing_arriving(self) -> Tensor:
        return torch.full((self._axons.outside_room,), self._axons.n_rows, device=self._device)

    def _advance_surely(self, part: Window, arriving: Tensor, drive: Tensor, gate: Tensor) -> tuple[Tensor, ...]:
        """Advance, again and again until there was room for everything."""
        while True:
            before = self._kept() if self._fixed_room else {}
            result = self._advance_part(part, arriving, drive, gate)
            if self._axons.sufficed():
                self._axons.end(part.stop)
                return result
            self._go_back(before)

    def _advance_part(self, part: Window, arriving: Tensor, drive: Tensor, gate: Tensor) -> tuple[Tensor, ...]:
        """Spikes, bool, shape (steps, neurons), mean membrane potentials, mV, shape (steps,), and what is seen."""
        spiked = torch.empty((part.n_steps, len(self._noise)), dtype=torch.bool, device=self._device)
        means = torch.empty(part.n_steps, device=self._device)
        seen = torch.empty((part.n_steps, *self._seen.shape[1:]), device=self._device)
        noise = self._bombardment.inputs(part.start, part.n_steps) if self._bombardment else None
        self._now.fill_(part.start)
        advance_by_one = self._step_function()
        for offset in range(part.n_steps):
            self._arriving.copy_(arriving[offset])
            self._drive_now.copy_(drive[offset])
            self._gate_now.copy_(gate[offset])
            if noise is not None:
                self._noise.copy_(noise[offset])
            advance_by_one()
            spiked[offset] = self._state.spiked
            means[offset] = self._mean
            if self.probes:
                seen[offset] = self._look()
        return spiked, means, seen

    def _step_function(self) -> Callable[[], None]:
        if not self._record:
            return self._step
        if self._recording is None or self._recording[0] != self._axons.n_enlarged:
            before = self._kept()
            self._recording = self._axons.n_enlarged, recorded(self._step, self._device)
            self._go_back(before)
        return self._recording[1]

    def _step(self) -> None:
        """Advance by a step: the same order as in ``regions.advance``, nothing that the host must wait for."""
        now, state = self._now, self._state
        if self._learners:
            self._traces.decay()
        for group in self._groups:
            if not group.jumps:
                group.step(now, self._drive_now)
        if self._learners:
            self._hear()
        self._axons.receive(now, self._arriving)
        self._axons.deliver(now, state.current)
        if self._bombardment:
            state.current[EXCITATORY].add_(self._noise)
        for group in self._groups:
            if group.jumps:
                group.step(now, self._drive_now)
        self._mean.copy_(state.membrane.mean(dtype=torch.float64))
        self._axons.send(now, state.spiked)
        if self._learners:
            self._learn()
        self._now.add_(1)

    def _look(self) -> Tensor:
        """What ``regions.probes.look`` writes."""
        state, cells = self._state, self._probed
        return torch.cat((state.membrane[None, cells], state.adaptation[None, cells], state.current[:, cells]))

    def _hear(self) -> None:
        counts, outside = self._counts, self._arriving - len(self._noise)
        counts.zero_().index_add_(0, outside, torch.ones_like(outside, dtype=torch.float32))
        for learner in self._learners:
            learner.hear(self._now)
        self._axons_fire([learner for learner in self._learners if learner.from_outside], counts)

    def _learn(self) -> None:
        spiked = self._state.spiked
        for learner in self._learners:
            learner.learn(self._now, spiked)
        own = [learner for learner in self._learners if not learner.from_outside]
        self._axons_fire(own, spiked.to(torch.float32))
        for learner in self._learners:
            learner.end_step(self._now, spiked)

    def _axons_fire(self, learners: Sequence[Learner], spikes: Tensor) -> None:
        """What ``plasticity.updates.axons_fire`` does."""
        for learner in learners:
            learner.axons_fire(learner.own(spikes), self._now)
        for learner in learners:
            learner.teach(learner.own(spikes))
        for learner in learners:
            learner.mark_axons(learner.own(spikes))

    def _kept(self) -> dict[str, Tensor]:
        """Copies of what a step changes."""
        changing = {"now": self._now, "record": self._axons.record, **self.tensors}
        if not self._learners:
            del changing["weight"]
        return {name: tensor.clone() for name, tensor in changing.items()}

    def _go_back(self, before: dict[str, Tensor]) -> None:
        self._axons.go_back(before["record"])
        self._now.copy_(before["now"])
        for name in self.tensors.keys() & before.keys():
            self.tensors[name].copy_(before[name])

    def _in_flight(self) -> Int64Array:
        return self._axons.in_flight()

    def _put_in_flight(self, flight: Int64Array) -> None:
        self._axons.put_in_flight(flight)

    @torch.no_grad()
    def _select_action(self, step: int, action: int, gate: Floats) -> None:
        for learner, factor in zip(self._learners, gate.tolist(), strict=True):
            learner.select(step, action, self._layout.n_actions, factor)

    @torch.no_grad()
    def _settle(self, gate: Floats) -> None:
        for learner, factor in zip(self._learners, gate.tolist(), strict=True):
            learner.settle(factor)

    @torch.no_grad()
    def _reinforce(self, step: int, amount: float) -> None:
        for learner in self._learners:
            learner.reinforce(step, amount)
