"""Regions as Thalia's region creators make them: a description with a name and targets, built when it first steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from thalia_dask.config.models import RegionConfig
from thalia_dask.errors import ConfigError, InputError
from thalia_dask.events.system import Event, EventType, SpikePayload, firing_axons
from thalia_dask.names import check_named
from thalia_dask.regions import Anatomy, Region, RegionSpec, create_region, find_kind
from thalia_dask.regions.base import Snapshot
from thalia_dask.regions.layered_cortex import LayeredCortex
from thalia_dask.regions.spec import Incoming
from thalia_dask.spikes import Arrivals, SpikePacket
from thalia_dask.ticks import Window, to_ms, to_steps
from thalia_dask.topology.delays import WITHIN_REGION_MS, delay_between_kinds
from thalia_dask.topology.plan import STIMULUS
from thalia_dask.topology.presets import standard_pathway

DT_MS = 1.0
_SEED = 42
_NEXT_STEP = "event_step"
"""The entry of a snapshot that tells how far the region is."""


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
        bare = RegionSpec(config.name, region.kind, region.size, DT_MS, _SEED, tuple(sorted(region.params.items())))
        anatomy = find_kind(region.kind).anatomy(bare)
        stimulus = Incoming(STIMULUS, region.input_size or region.size, anatomy.stimulus_port)
        self.spec = replace(bare, incoming=(stimulus,))
        self.impl = Blueprint(region, anatomy)
        self.populations = dict(anatomy.populations)
        self._next_step = 0
        self._ways = [(target, self._layer_towards(target), self._delay_ms(target)) for target in self.output_targets]

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
        return {**self.neurons.snapshot(), _NEXT_STEP: self._next_step}

    def restore(self, snapshot: Snapshot) -> None:
        rest = dict(snapshot)
        self._next_step = int(rest.pop(_NEXT_STEP))
        self.neurons.restore(rest)

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

        events = []
        for step in np.unique(packet.steps):
            left_ms, neurons = to_ms(int(step), self.spec.dt_ms), packet.neurons[packet.steps == step]
            for target, layer, delay_ms in self._ways:
                first, size = self._first_of(layer), self.populations[layer]
                fired = neurons[(neurons >= first) & (neurons < first + size)] - first
                if len(fired):
                    spikes = torch.zeros(size)
                    spikes[torch.from_numpy(fired).long()] = 1.0
                    payload = SpikePayload(spikes, source_layer=layer)
                    events.append(Event(left_ms + delay_ms, EventType.SPIKE, self.name, target, payload))
        return events

    def _layer_towards(self, target: str) -> str:
        """The population whose axons lead to a region, as :class:`ParallelExecutor` would join the two."""
        layer = standard_pathway(self.name, target).source.partition(".")[2] or self.impl.anatomy.default_output
        check_named(f"region '{self.name}' -> {target}", "population", layer, self.populations)
        return layer

    def _delay_ms(self, target: str) -> float:
        return WITHIN_REGION_MS if target == self.name else delay_between_kinds(self.spec.kind, target)

    def _first_of(self, layer: str) -> int:
        names = list(self.populations)
        return sum(self.populations[name] for name in names[: names.index(layer)])


class EventDrivenCortex(EventDrivenRegion):
    """A :class:`~thalia_dask.regions.cortex.LayeredCortex` among other regions."""

    def __init__(self, config: EventRegionConfig, cortex: LayeredCortex) -> None:
        super().__init__(config, cortex.region)
