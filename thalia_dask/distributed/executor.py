"""The Dask executor: regions as actors, one call to each worker for each span of steps."""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence

from distributed import Client
from distributed.deploy.cluster import Cluster as DaskCluster

from thalia_dask.config import RecoveryConfig
from thalia_dask.distributed.calls import Limits
from thalia_dask.distributed.cluster import Cluster, join, open_local
from thalia_dask.distributed.creation import pickle_creator
from thalia_dask.distributed.live_page import LivePage
from thalia_dask.distributed.population import Advance, Population
from thalia_dask.distributed.recovery import LastingPopulation
from thalia_dask.distributed.wire import decode_snapshot, encode_snapshot
from thalia_dask.engine.effort import WorkerEffort
from thalia_dask.engine.executor import Emission, Exchange, Executor, RegionCreator
from thalia_dask.engine.page import Screen
from thalia_dask.errors import ClusterError, StateError
from thalia_dask.regions.base import Snapshot
from thalia_dask.spikes import Arrivals
from thalia_dask.ticks import Window
from thalia_dask.topology.plan import AxonalProjection


class DaskExecutor(Executor):
    """Every region a stateful actor on a worker of a Dask cluster.

    Parameters
    ----------
    client : a synchronous client or cluster whose workers are used and which stays open; None starts a LocalCluster.
    n_workers : how many workers hold regions; None for as many as fit this machine, or for all of the client's.
    threads_per_worker : threads of each worker, on which its regions compute side by side; None to choose, or for
        those that the client's workers have.
    exchange : ``"direct"`` where workers carry spikes to each other, ``"orchestrated"`` where the caller does.
    window_steps : length of a window of direct exchange; None for the best up to the shortest delay.
    costs : region -> relative cost of a step, by which regions are spread over workers; None for equal ones.
    memory_bytes : region -> what it takes, by estimate, so that workers without room are refused; None for no check.
    call_timeout_s, start_timeout_s : seconds that a window, and the start of workers and regions, may take.
    recovery : what to do when workers are lost; None for the defaults.
    dashboard_port : where a LocalCluster has its dashboard, on the loopback interface; 0 for any free port.

    Attributes
    ----------
    placement : region -> address of its worker.
    """

    name = "dask"

    def __init__(
        self,
        client: Client | DaskCluster | None = None,
        *,
        n_workers: int | None = None,
        threads_per_worker: int | None = None,
        exchange: Exchange = "direct",
        window_steps: int | None = None,
        costs: Mapping[str, float] | None = None,
        memory_bytes: Mapping[str, int] | None = None,
        call_timeout_s: float = 60.0,
        start_timeout_s: float = 180.0,
        recovery: RecoveryConfig | None = None,
        dashboard_port: int = 0,
    ) -> None:
        self.n_workers = 0
        self.placement: dict[str, str] = {}
        self.carries_spikes = exchange == "direct"
        self._window_steps = window_steps
        self._user_client = client
        self._n_wanted = n_workers
        self._threads_per_worker = threads_per_worker
        self._costs = costs or {}
        self._memory_bytes = memory_bytes or {}
        self._call_timeout_s = call_timeout_s
        self._start_timeout_s = start_timeout_s
        self._recovery = recovery or RecoveryConfig()
        self._dashboard_port = dashboard_port
        self._cluster: Cluster | None = None
        self._population: LastingPopulation | None = None
        self._efforts: dict[str, WorkerEffort] = {}
        self._unfinished: Window | None = None

    def start(self, creators: Mapping[str, RegionCreator], projections: Sequence[AxonalProjection]) -> None:
        """Open or join the cluster and build every region on its worker.

        Raises
        ------
        ConfigError : if a creator cannot be pickled, or refuses its configuration.
        RegionError : if a creator raised anything else.
        ClusterError : if workers are missing or regions are not built in time.
        RecoveryError : if workers were lost meanwhile, and could not be replaced.
        StateError : if it is running already.
        """
        if self._cluster is not None:
            raise StateError("the executor is already running: call close() before another start()")
        pickled = {name: pickle_creator(name, create) for name, create in creators.items()}
        if self._user_client is None:
            self._cluster = open_local(
                self._n_wanted,
                self._threads_per_worker,
                self._start_timeout_s,
                dashboard_address=f"127.0.0.1:{self._dashboard_port}",
                n_regions=len(pickled),
            )
        else:
            self._cluster = join(self._user_client, self._n_wanted, self._threads_per_worker, self._start_timeout_s)
        weakref.finalize(self, self._cluster.close)
        try:
            population = Population(
                self._cluster,
                pickled,
                {name: self._costs.get(name, 1.0) for name in pickled},
                self._memory_bytes,
                tuple(projections),
                carries_spikes=self.carries_spikes,
                window_steps=self._window_steps,
                limits=Limits(self._start_timeout_s, self._call_timeout_s, self._recovery.hung_after_s),
            )
            self._population = LastingPopulation(self._cluster, population, self._recovery)
            self._population.settle()
        except BaseException:
            self.close()
            raise
        self.recoveries = self._population.reports
        self.placement = population.placement
        self.n_workers = len(population.homes)
        self.n_windows = 0
        self._efforts = {home.worker: WorkerEffort(home.n_threads) for home in population.homes}

    def advance(self, steps: Window, arrivals: Mapping[str, Arrivals]) -> dict[str, Emission]:
        """Advance every region, all workers at the same time.

        Raises
        ------
        RegionError : if a region failed.
        RecoveryError : if workers were lost, and could not be replaced.
        ClusterError : if a window took longer than ``call_timeout_s``.
        """
        population = self._usable()
        if self._unfinished is not None:
            raise StateError(
                f"the span that starts at step {self._unfinished.start} was interrupted, so that regions may be at "
                "different steps: close this brain and build or load it again"
            )
        self._unfinished = steps
        advance = population.advance(steps, arrivals)
        self._unfinished = None
        self._note(population, advance)
        emissions = advance.emissions()
        return {name: emissions[name] for name in self.placement}

    def _note(self, population: LastingPopulation, advance: Advance) -> None:
        """Take note of where the regions are, and where the workers' time went."""
        self.placement = population.placement
        self.n_workers = len(advance.homes)
        self.n_windows += advance.n_windows
        for home, report in zip(advance.homes, advance.reports, strict=True):
            effort, seconds = report.effort, sum(emission.compute_seconds for emission in report.emissions)
            done = self._efforts.setdefault(home.worker, WorkerEffort())
            done.n_threads = home.n_threads
            done.add(effort.wall_seconds, seconds, effort.waiting_seconds)

    def efforts(self) -> dict[str, WorkerEffort]:
        """Worker -> what it has done; of orders that were answered."""
        return self._efforts

    def snapshot(self, region: str) -> Snapshot:
        """A copy of the complete state of one region, its tensors on the CPU."""
        return decode_snapshot(self._usable().snapshot([region])[region])

    def restore(self, region: str, snapshot: Snapshot) -> None:
        """Put a region back into a state that :meth:`snapshot` gave."""
        self.restores({region: snapshot})

    def snapshots(self) -> dict[str, Snapshot]:
        """The state of every region; workers answer at the same time."""
        population = self._usable()
        return {name: decode_snapshot(state) for name, state in population.snapshot(self.placement).items()}

    def restores(self, snapshots: Mapping[str, Snapshot]) -> None:
        """Put regions back into states that :meth:`snapshots` gave; workers do so at the same time."""
        self._usable().restore({name: encode_snapshot(snapshot) for name, snapshot in snapshots.items()})

    def open_page(self, screen: Screen) -> LivePage:
        """Show a screen in the dashboard of the scheduler, until :meth:`close`.

        Raises
        ------
        ClusterError : if the scheduler has no dashboard, or lacks this package.
        """
        cluster = self._usable().cluster
        page = LivePage(cluster.client, screen)
        cluster.close_first(page)
        return page

    def close(self) -> None:
        """Let go of the actors and close what :meth:`start` opened; a user's client stays as it was."""
        self._population = None
        if self._cluster is not None:
            self._cluster.close()
            self._cluster = None

    def _usable(self) -> LastingPopulation:
        if self._cluster is None or self._population is None:
            raise StateError("the executor is not running: call start() first, and nothing after close()")
        if self._cluster.client.status in ("closing", "closed"):
            raise ClusterError(
                "the client was closed with its regions; build this brain again, and close it before its client"
            )
        return self._population
