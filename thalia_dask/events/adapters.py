"""Regions as Thalia's region creators make them: a description with a name and targets, built when it first steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from thalia_dask.config.models import RegionConfig
from thalia_dask.errors import ConfigError, InputError
from thalia_dask.events.system import Event, EventType, SpikePayload, firing_axons
from thalia_dask.regions import Anatomy, Region, RegionSpec, create_region, find_kind
from thalia_dask.regions.base import Snapshot
from thalia_dask.regions.layered_cortex import LayeredCortex
from thalia_dask.regions.spec import Incoming
from thalia_dask.spikes import Arrivals, SpikePacket
from thalia_dask.ticks import Window, to_ms, to_steps
from thalia_dask.topology.delays import get_axonal_delay
from thalia_dask.topology.plan import STIMULUS

_DT_MS = 1.0
_SEED = 42


@dataclass(frozen=True, slots=True)
class EventRegionConfig:
    """A region's place among others: its name, the regions it projects to, and the device asked for."""

    name: str
    output_targets: Sequence[str] = ()
    device: str = "cpu"


@dataclass(frozen=True, slots=True)
class Blueprint:
    """What a region will be: the ``impl`` of an adapter."""

    config: RegionConfig
    anatomy: Anatomy

    @property
    def n_neurons(self) -> int:
        return self.anatomy.n_neurons


class EventDrivenRegion(Region):
    """A described region with a name and targets; its neurons are made when it first steps.

    Attributes
    ----------
    name, output_targets, device : as in the config.
    impl : the blueprint; ``impl.n_neurons`` is the region's size.
    spec : what it is built from; until it is joined to others, it receives its stimulus and nothing else.
    """

    def __init__(self, config: EventRegionConfig, region: RegionConfig) -> None:
        if isinstance(config.output_targets, str):
            raise ConfigError(
                f"output_targets of region '{config.name}' is the text {config.output_targets!r}; "
                f"write a list of names: [{config.output_targets!r}]"
            )
        self.name = config.name
        self.output_targets = tuple(config.output_targets)
        self.device = config.device
        bare = RegionSpec(config.name, region.kind, region.size, _DT_MS, _SEED, tuple(sorted(region.params.items())))
        anatomy = find_kind(region.kind).anatomy(bare)
        stimulus = Incoming(STIMULUS, region.input_size or region.size, anatomy.stimulus_port)
        self.spec = replace(bare, incoming=(stimulus,))
        self.impl = Blueprint(region, anatomy)
        self.populations = dict(anatomy.populations)
        self._next_step = 0

    @cached_property
    def neurons(self) -> Region:
        """The region itself, built from ``spec`` when it is first asked for."""
        return create_region(self.spec)

    def advance(self, window: Window, arrivals: Arrivals) -> SpikePacket:
        self._next_step = window.stop
        return self.neurons.advance(window, arrivals)

    def observe(self) -> dict[str, np.ndarray]:
        return self.neurons.observe()

    def snapshot(self) -> Snapshot:
        return self.neurons.snapshot()

    def restore(self, snapshot: Snapshot) -> None:
        self.neurons.restore(snapshot)

    def process_event(self, event: Event) -> list[Event]:
        """Advance a region that stands alone up to an event, through it, and return what it sends to its targets.

        Raises
        ------
        InputError : for an event of another region, one that lies before what the region has computed, or spikes on
            other axons than the region has.
        ConfigError : if the time of the event is not that of a step.
        """
        if event.target != self.name:
            raise InputError(
                f"an event for '{event.target}' came to region '{self.name}'; give it to the region that it names"
            )
        step = to_steps(event.time, self.spec.dt_ms, f"the time of an event for region '{self.name}'")
        if step < self._next_step:
            raise InputError(
                f"an event at {event.time:g} ms came to region '{self.name}', which has already computed the time "
                f"until {to_ms(self._next_step, self.spec.dt_ms):g} ms; process events in the order of their time, "
                "and spikes of the same time as one event"
            )
        axons = firing_axons(event.payload.spikes, self.spec.incoming[0].source_size, self.name)
        arrivals = Arrivals(np.full(len(axons), step, np.int32), np.zeros(len(axons), np.int32), axons)
        return self._events(self.advance(Window(self._next_step, step + 1), arrivals))

    def _events(self, packet: SpikePacket) -> list[Event]:
        import torch

        anatomy = self.impl.anatomy
        output = anatomy.default_output
        names = [name for name, _ in anatomy.populations]
        first = sum(self.populations[name] for name in names[: names.index(output)])
        events = []
        for step in np.unique(packet.steps):
            fired = packet.neurons[packet.steps == step] - first
            fired = fired[(fired >= 0) & (fired < self.populations[output])]
            if not len(fired):
                continue
            spikes = torch.zeros(self.populations[output])
            spikes[torch.from_numpy(fired).long()] = 1.0
            for target in self.output_targets:
                arrival_ms = to_ms(int(step), self.spec.dt_ms) + get_axonal_delay(self.name, target)
                payload = SpikePayload(spikes, source_layer=output)
                events.append(Event(arrival_ms, EventType.SPIKE, self.name, target, payload))
        return events


class EventDrivenCortex(EventDrivenRegion):
    """A :class:`~thalia_dask.regions.cortex.LayeredCortex` among other regions."""

    def __init__(self, config: EventRegionConfig, cortex: LayeredCortex) -> None:
        super().__init__(config, cortex.region)
