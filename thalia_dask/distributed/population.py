"""All regions of a brain on the workers of a cluster. What is built on it and ends with it is an epoch."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from uuid import uuid4

from thalia_dask.distributed.actor import RegionActor, WorkerRegions
from thalia_dask.distributed.calls import Limits, Report, advance_homes, ask_homes, fence_homes
from thalia_dask.distributed.cluster import Cluster
from thalia_dask.distributed.creation import ActorOrder, Living, create_actors
from thalia_dask.distributed.home import Home, named
from thalia_dask.distributed.pace import Pace
from thalia_dask.distributed.placement import assign
from thalia_dask.distributed.room import check_room
from thalia_dask.distributed.wire import Order, encode_order, raise_if_failed
from thalia_dask.engine.executor import Emission
from thalia_dask.spikes import NOTHING, Arrivals
from thalia_dask.ticks import Window
from thalia_dask.topology.plan import AxonalProjection

_PATIENCE = 3.0
"""How much longer than its caller a worker waits for another: the caller knows more, and shall be the one to tell."""


@dataclass(frozen=True, slots=True, eq=False)
class Advance:
    """What a span brought, from each home.

    Attributes
    ----------
    homes, reports : one report for each home.
    n_windows : windows into which the span was cut.
    """

    homes: Sequence[Home]
    reports: Sequence[Report]
    n_windows: int

    def emissions(self) -> dict[str, Emission]:
        """Region -> what it emitted."""
        return {
            name: emission
            for home, report in zip(self.homes, self.reports, strict=True)
            for name, emission in zip(home.regions, report.emissions, strict=True)
        }


class Population:
    """Regions as actors, and on each worker an actor that advances those there.

    Parameters
    ----------
    cluster : where they live.
    creators : region -> its pickled creator, for all regions of the brain.
    costs : region -> relative cost of a step.
    memory_bytes : region -> what it takes, by estimate; those that are missing are not counted.
    projections : of the brain.
    carries_spikes : whether workers send spikes to each other.
    window_steps : length of a window of direct exchange; None for the best.
    limits : how long to wait.

    Attributes
    ----------
    placement : region -> address of its worker.
    homes : one for each worker that holds regions.
    epoch : how often the population has been fenced.
    """

    def __init__(
        self,
        cluster: Cluster,
        creators: Mapping[str, bytes],
        costs: Mapping[str, float],
        memory_bytes: Mapping[str, int],
        projections: Sequence[AxonalProjection],
        *,
        carries_spikes: bool,
        window_steps: int | None,
        limits: Limits,
    ) -> None:
        self.placement: dict[str, str] = {}
        self.homes: list[Home] = []
        self.epoch = 0
        self._cluster = cluster
        self._creators = creators
        self._costs = costs
        self._memory_bytes = memory_bytes
        self._projections = projections
        self._carried = projections if carries_spikes else ()
        self._window_steps = window_steps
        self._limits = limits
        self._regions: dict[str, Living] = {}
        self._sequence = 0
        self._pace = Pace((), {}, None)

    def settle(self, crew: Mapping[str, int], hung_s: float) -> list[str]:
        """Build the regions that are missing, and begin an epoch.

        Parameters
        ----------
        crew : worker -> number of its threads, for all workers that may be used.
        hung_s : how long a worker may give no sign of life while it builds.

        Returns
        -------
        The regions that were built.

        Raises
        ------
        ConfigError : if a creator refuses its configuration.
        RegionError : if a creator raised anything else.
        WorkerLostError : if a worker was lost meanwhile.
        ClusterError : if a worker has too little memory, or regions are not built in time.
        """
        settled = {name: living.worker for name, living in self._regions.items()}
        self.placement = assign(self._costs, list(crew), self._projections, settled)
        if self._memory_bytes:
            check_room(self._memory_bytes, self.placement, self._cluster.memory_bytes)
        missing = [name for name in self._creators if name not in settled]
        with self._cluster.client.as_current():  # a handle binds to the current client
            self._build(missing, hung_s)
            self._open(crew, hung_s)
        return missing

    def fence(self, lost: Collection[str]) -> set[str]:
        """End the epoch, so that nothing that was asked in it can change a region any more.

        Parameters
        ----------
        lost : workers that are known to be gone.

        Returns
        -------
        The workers that are gone; their regions are missing now.
        """
        self.epoch += 1
        asked = [home for home in self.homes if home.worker not in lost]
        told = self._cluster.client.sync(fence_homes, asked, self.epoch, self._limits.hung_s)
        gone = {*lost, *(home.worker for home in self.homes)} - {home.worker for home in told}
        self.homes = []
        self._regions = {
            name: living for name, living in self._regions.items() if living.worker not in gone and not living.lost()
        }
        return gone

    def keep(self, workers: Collection[str], regions: Collection[str]) -> None:
        """Let go of everything but those of some regions that live on some workers."""
        self._regions = {
            name: living for name, living in self._regions.items() if name in regions and living.worker in workers
        }
        kept = {living.key for living in self._regions.values()}
        self._cluster.let_go([future for future in self._cluster.futures if future.key not in kept])

    @property
    def shares(self) -> Mapping[str, float]:
        """Region -> how large it is, compared with others."""
        return self._memory_bytes or self._costs

    @property
    def workers(self) -> set[str]:
        """Those that hold regions."""
        return {living.worker for living in self._regions.values()}

    def advance(self, steps: Window, arrivals: Mapping[str, Arrivals]) -> Advance:
        """Advance every region, all workers at the same time.

        Raises
        ------
        RegionError : if a region failed.
        WorkerLostError : if a worker is gone, hangs, or is cut off.
        ClusterError : if a window took too long.
        """
        self._sequence += 1
        began, window_steps = perf_counter(), self._pace.window_steps(steps)
        order = Order(self.epoch, self._sequence, steps, window_steps, _PATIENCE * self._limits.call_s)
        orders = [encode_order(order, [arrivals.get(name, NOTHING) for name in home.regions]) for home in self.homes]
        reports = self._cluster.client.sync(
            advance_homes, self.homes, orders, self._sequence, steps.start, self._limits
        )
        self._pace.learn(steps, perf_counter() - began)
        return Advance(self.homes, reports, n_windows=-(-steps.n_steps // window_steps))

    def snapshot(self, regions: Collection[str]) -> dict[str, bytes]:
        """The encoded states of some regions, from all workers at the same time.

        Raises
        ------
        RegionError : if a region failed.
        WorkerLostError, ClusterError : as :meth:`advance`.
        """
        asked = [(home, [name for name in home.regions if name in regions]) for home in self.homes]
        return self._ask("snapshot", [(home, names) for home, names in asked if names])

    def restore(self, states: Mapping[str, bytes]) -> None:
        """Put regions into states that :meth:`snapshot` gave; raises what that does."""
        asked = [(home, {name: states[name] for name in home.regions if name in states}) for home in self.homes]
        self._ask("restore", [(home, wanted) for home, wanted in asked if wanted])

    def _ask(self, question: str, asked: Sequence[tuple[Home, object]]) -> dict[str, bytes]:
        homes, arguments = [home for home, _ in asked], [argument for _, argument in asked]
        answers: dict[str, bytes] = self._cluster.client.sync(ask_homes, homes, question, arguments, self._limits)
        for _, answer in sorted(answers.items()):
            raise_if_failed(answer)
        return answers

    def _build(self, missing: Sequence[str], hung_s: float) -> None:
        orders = {
            name: ActorOrder(f"region '{name}'", RegionActor, self.placement[name], (name, self._creators[name]))
            for name in missing
        }
        self._regions |= create_actors(self._cluster, orders, self._limits.start_s, hung_s)

    def _open(self, crew: Mapping[str, int], hung_s: float) -> None:
        """Give each worker an actor that advances the regions there, and connect the workers."""
        inhabitants: dict[str, list[str]] = {}
        for name, worker in self.placement.items():
            inhabitants.setdefault(worker, []).append(name)
        run = uuid4().hex
        orders = {
            worker: ActorOrder(
                f"what advances {named(names)}",
                WorkerRegions,
                worker,
                (
                    [self._regions[name].key for name in names],
                    crew[worker],
                    self.placement,
                    self._carried,
                    run,
                    self.epoch,
                ),
            )
            for worker, names in inhabitants.items()
        }
        living = create_actors(self._cluster, orders, self._limits.start_s, hung_s)
        self.homes = [
            Home(tuple(names), living[worker], min(crew[worker], len(names))) for worker, names in inhabitants.items()
        ]
        self._ask("ready", [(home, home.regions) for home in self.homes])
        self._ask("connect", [(home, home.worker) for home in self.homes])
        self._pace = Pace(self._carried, self.placement, self._window_steps)
