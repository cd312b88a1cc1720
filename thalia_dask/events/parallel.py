"""Thalia's parallel interface on this package's engine: the orchestrator, and regions as Dask actors."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np

from thalia_dask.brain.tally import Tally
from thalia_dask.config.models import BrainConfig, GlobalConfig, ThaliaConfig
from thalia_dask.engine.executor import Executor
from thalia_dask.engine.orchestrator import Orchestrator
from thalia_dask.errors import ConfigError, DeviceWarning, InputError, StateError
from thalia_dask.events.adapters import DT_MS, EventDrivenRegion
from thalia_dask.events.creators import create_cortex_region, create_region_creator
from thalia_dask.events.system import Event, EventScheduler, EventType, SpikePayload, firing_axons
from thalia_dask.performance.costs import step_costs
from thalia_dask.regions.spec import RegionSpec
from thalia_dask.ticks import to_ms, to_steps
from thalia_dask.topology.build import build_plan
from thalia_dask.topology.delays import get_axonal_delay
from thalia_dask.topology.plan import BrainPlan, longest_window_steps
from thalia_dask.topology.presets import standard_pathway

if TYPE_CHECKING:
    from distributed import Client
    from torch import Tensor

__all__ = [
    "Event",
    "EventScheduler",
    "EventType",
    "ParallelExecutor",
    "SpikePayload",
    "create_cortex_region",
    "create_region_creator",
    "deserialize_event",
    "get_axonal_delay",
    "serialize_event",
]


def serialize_event(event: Event) -> Event:
    """The event with its tensor in host memory, where it can be pickled for another process."""
    return deserialize_event(event, "cpu")


def deserialize_event(event: Event, device: str) -> Event:
    """The event with its tensor on a device."""
    return replace(event, payload=replace(event.payload, spikes=event.payload.spikes.to(device)))


class ParallelExecutor:
    """Regions made by creators, each an actor on a worker, joined by their ``output_targets``.

    Parameters
    ----------
    region_creators : name -> call without arguments that returns an adapter (:mod:`thalia_dask.events.adapters`).
    batch_tolerance_ms : span in which events form one batch; bounded by the shortest delay. No result depends on it.
    seed : root of all random numbers.
    client : the Dask client to use; None starts a LocalCluster.
    """

    def __init__(
        self,
        region_creators: Mapping[str, Callable[[], EventDrivenRegion]],
        batch_tolerance_ms: float = 0.1,
        *,
        seed: int = 42,
        client: Client | None = None,
    ) -> None:
        if not region_creators:
            raise ConfigError("region_creators is empty; write at least one name and the creator of its region")
        self.region_names = list(region_creators)
        self.plan = _plan({name: _described(name, create) for name, create in region_creators.items()}, seed)
        self._creators = region_creators
        self._client = client
        self._tally = Tally(self.plan)
        self._window_steps = _window_steps(batch_tolerance_ms, self.plan)
        self._executor: Executor | None = None

    def start(self) -> None:
        """Start the workers and build every region on one of them, at time 0.

        Raises
        ------
        StateError : if they are there already.
        ConfigError, ClusterError : if they cannot be built, as in ``DaskExecutor.start``.
        """
        if self._executor is not None:
            raise StateError("the regions are there already: call stop() before another start()")
        from thalia_dask.distributed.executor import DaskExecutor  # so that importing events need not import Dask

        executor = DaskExecutor(self._client, costs=step_costs(self.plan), window_steps=self._window_steps)
        creators = {spec.name: partial(_joined, self._creators[spec.name], spec) for spec in self.plan.regions}
        executor.start(creators, self.plan.projections)
        self._executor = executor
        self._tally.clear()
        self._orchestrator = Orchestrator(self.plan, executor, [self._tally], self._window_steps)

    def stop(self) -> None:
        """Let go of the regions and their workers. May be called more than once."""
        executor, self._executor = self._executor, None
        if executor is not None:
            executor.close()

    def inject_sensory_input(self, pattern: Tensor, target: str = "cortex", time: float | None = None) -> None:
        """Let the sensory axons of a region fire where the pattern is not zero.

        Parameters
        ----------
        pattern : shape (axons,).
        target : name of the region; the spikes arrive after the delay from ``"sensory"`` to it.
        time : when they leave, in ms; now if None.

        Raises
        ------
        InputError : for a region that does not exist, a pattern of another size or with NaN, or a time in the past.
        ConfigError : if the time is not that of a step.
        """
        self._running()
        ports = {port.region: port for port in self.plan.stimuli}
        if target not in ports:
            raise InputError(f"there is no region '{target}' to stimulate; write one of {', '.join(ports)}")
        port = ports[target]
        axons = firing_axons(pattern, port.size, target)
        now_ms = to_ms(self._orchestrator.now, self.plan.dt_ms)
        left_ms = now_ms if time is None else time
        if left_ms < now_ms:
            raise InputError(f"input at {left_ms:g} ms lies in the past; write a time of at least {now_ms:g} ms")
        step = to_steps(left_ms + get_axonal_delay("sensory", target), self.plan.dt_ms, "the time of the input")
        self._orchestrator.stimulate(target, port.index, np.full(len(axons), step, np.int32), axons)

    def run_until(self, end_time: float) -> dict[str, Any]:
        """Advance all regions to ``end_time`` (ms).

        Returns
        -------
        ``events_processed`` (packets of spikes that arrived), ``final_time`` (ms) and ``spike_counts`` (region ->
        spikes fired), all since :meth:`start`.

        Raises
        ------
        InputError : if ``end_time`` has passed already.
        ConfigError : if it is not the time of a step.
        """
        self._running()
        steps = to_steps(end_time, self.plan.dt_ms, "end_time") - self._orchestrator.now
        if steps < 0:
            raise InputError(
                f"end_time is {end_time:g} ms, which has passed; write a time of at least "
                f"{to_ms(self._orchestrator.now, self.plan.dt_ms):g} ms"
            )
        self._orchestrator.run(steps)
        return {
            "events_processed": self._tally.events,
            "final_time": to_ms(self._orchestrator.now, self.plan.dt_ms),
            "spike_counts": dict(self._tally.spikes),
        }

    def __enter__(self) -> ParallelExecutor:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _running(self) -> None:
        if self._executor is None:
            raise StateError("the regions are not there yet: call start() first")


def _described(name: str, create: Callable[[], EventDrivenRegion]) -> EventDrivenRegion:
    region = create()
    if not isinstance(region, EventDrivenRegion):
        raise ConfigError(
            f"the creator of region '{name}' returned a {type(region).__name__}; "
            "return an EventDrivenRegion of thalia_dask.events.adapters"
        )
    if region.device != "cpu":
        warnings.warn(
            f"device '{region.device}' was asked for region '{name}', but regions on workers run on the CPU: using "
            "'cpu'. Write device 'cpu' to silence this",
            DeviceWarning,
            stacklevel=4,
        )
    return region


def _plan(regions: Mapping[str, EventDrivenRegion], seed: int) -> BrainPlan:
    """Join the regions as their targets say; a target that is not among them receives nothing."""
    projections = [
        standard_pathway(name, target)
        for name, region in regions.items()
        for target in region.output_targets
        if target in regions
    ]
    brain = BrainConfig(
        regions={name: region.impl.config for name, region in regions.items()}, projections=projections
    )
    return build_plan(ThaliaConfig(global_=GlobalConfig(dt_ms=DT_MS, seed=seed), brain=brain))


def _window_steps(batch_tolerance_ms: float, plan: BrainPlan) -> int:
    if not math.isfinite(batch_tolerance_ms) or batch_tolerance_ms < 0:
        raise ConfigError(f"batch_tolerance_ms is {batch_tolerance_ms!r}; write a number of at least 0")
    wanted = max(1, math.ceil(batch_tolerance_ms / plan.dt_ms))
    return min(wanted, longest_window_steps(plan.look_ahead_steps))


def _joined(create: Callable[[], EventDrivenRegion], spec: RegionSpec) -> EventDrivenRegion:
    """Create a region as one among others; runs on its worker."""
    region = create()
    region.spec = spec
    region.observables = region.neurons.observables
    return region
