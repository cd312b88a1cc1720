"""What happens when workers are lost: fence off what is left of the epoch, rebuild, go back, and replay.

What regions emit while they replay is thrown away, because it has been told already; so nobody but the clock notices.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Collection, Mapping
from time import perf_counter
from typing import TypeVar

from thalia_dask.config import RecoveryConfig
from thalia_dask.distributed.cluster import Cluster
from thalia_dask.distributed.crew import NoWorkersError, find_crew
from thalia_dask.distributed.journal import Journal
from thalia_dask.distributed.population import Advance, Population
from thalia_dask.engine.executor import RecoveryReport
from thalia_dask.errors import ClusterError, RecoveryError, RegionError, WorkerLostError
from thalia_dask.spikes import Arrivals
from thalia_dask.ticks import Window

_logger = logging.getLogger(__name__)
_Result = TypeVar("_Result")

_BYTES_PER_SECOND = 100e6
"""Of states, as long as nobody knows: by loopback it is somewhat more."""
_FROM_DISK = "go on from the last checkpoint on disk (thalia-dask resume, or DynamicBrain.load)"


class LastingPopulation:
    """A population that outlives its workers.

    Parameters
    ----------
    cluster, population : whose workers, and what lives on them.
    config : how often, and how long to wait.

    Attributes
    ----------
    cluster : as given.
    reports : what happened so far.
    """

    def __init__(self, cluster: Cluster, population: Population, config: RecoveryConfig) -> None:
        self.reports: list[RecoveryReport] = []
        self.cluster = cluster
        self._population = population
        self._config = config
        self._journal = Journal()
        self._n_wanted = len(cluster.threads)
        self._now = 0

    @property
    def placement(self) -> dict[str, str]:
        """Region -> worker, at present."""
        return self._population.placement

    def settle(self) -> None:
        """Build all regions.

        Raises
        ------
        RecoveryError, WorkerLostError : as :meth:`advance`.
        ConfigError, RegionError, ClusterError : as :meth:`Population.settle`.
        """
        self._insist(self._settle_once)

    def _settle_once(self) -> None:
        """Build all regions, unless recovering from a loss meanwhile has done so."""
        if not self._population.homes:
            self._population.settle(self.cluster.threads, math.inf)

    def advance(self, steps: Window, arrivals: Mapping[str, Arrivals]) -> Advance:
        """Advance every region, as :meth:`Population.advance` does.

        Raises
        ------
        RecoveryError : if workers are lost again and again, or no worker is left.
        WorkerLostError : if a worker is lost and nothing shall be done about it.
        RegionError, ClusterError : as :meth:`Population.advance`.
        """
        self._now = steps.start
        if self._journal.due() and not self._journal.knows_costs:
            self._try_states()
        if self._journal.due():
            self._keep_states()
        began = perf_counter()
        advance = self._insist(lambda: self._population.advance(steps, arrivals))
        self._now = steps.stop
        if self._config.max_failures:
            self._journal.note(steps, arrivals, perf_counter() - began)
        return advance

    def snapshot(self, regions: Collection[str]) -> dict[str, bytes]:
        """The encoded states of regions; raises what :meth:`advance` does.

        Where they are those of all regions, replaying starts from them.
        """
        began = perf_counter()
        states = self._insist(lambda: self._population.snapshot(regions))
        if self._config.max_failures and len(states) == len(self.placement):
            self._journal.keep(states, perf_counter() - began)
        return states

    def restore(self, states: Mapping[str, bytes]) -> None:
        """Put regions into states that :meth:`snapshot` gave; raises what :meth:`advance` does."""
        if self._journal.entries:
            self._keep_states()
        self._insist(lambda: self._population.restore(states))
        if self._config.max_failures:
            self._journal.states |= states

    def _try_states(self) -> None:
        """Find out from the state of the largest region how long it would take to get all of them."""
        shares = self._population.shares
        largest = max(shares, key=lambda region: shares[region])
        state = self._take([largest])[largest]
        self._journal.expect(len(state) * sum(shares.values()) / shares[largest] / _BYTES_PER_SECOND)

    def _keep_states(self) -> None:
        """Shorten what would have to be replayed to nothing."""
        self._take(self.placement)

    def _take(self, regions: Collection[str]) -> dict[str, bytes]:
        _logger.debug("taking the states of %d regions at step %d", len(regions), self._now)
        try:
            return self.snapshot(regions)
        except RegionError as error:
            error.add_note(
                "The region's snapshot() was called so that it could be rebuilt if its worker were lost; "
                "write recovery.max_failures: 0 to run without that"
            )
            raise

    def _insist(self, work: Callable[[], _Result]) -> _Result:
        """The result of some work with the population, however many workers are lost over it."""
        if self._population.epoch and not self._population.homes:
            raise ClusterError(
                "the regions were lost with their workers: close this brain and build or load it again"
            )
        lost: WorkerLostError | None = None
        n_failures = 0
        while True:
            try:
                if lost is not None:
                    self._recover(lost)
                return work()
            except NoWorkersError as error:
                raise _stopped(
                    f"{error}; step {self._now} and what follows could not be computed: start workers, then "
                    f"{_FROM_DISK}",
                    self._now,
                ) from error
            except WorkerLostError as error:
                n_failures += 1
                if n_failures > self._config.max_failures:
                    self._population.fence(error.workers)
                    raise self._enough(error, n_failures) from error
                lost = error

    def _recover(self, lost: WorkerLostError) -> None:
        """Bring all regions to the present step again."""
        journal, client = self._journal, self.cluster.client
        _logger.warning("%s: going back from step %d to step %d", lost, self._now, self._now - journal.n_steps)
        began = perf_counter()
        gone = self._population.fence(lost.workers)
        crew: dict[str, int] = client.sync(
            find_crew,
            client,
            self._population.workers,
            self._n_wanted,
            self._config.replacement_s,
            self._config.timeout_s,
        )
        self._population.keep(crew, journal.states)
        rebuilt = self._population.settle(crew, self._config.hung_after_s)
        self._population.restore(journal.states)
        for steps, arrivals in journal.entries:
            self._population.advance(steps, arrivals)
        report = RecoveryReport(
            step=self._now,
            reason=str(lost),
            workers=tuple(sorted(gone)),
            regions=tuple(rebuilt),
            steps_replayed=journal.n_steps,
            seconds=perf_counter() - began,
        )
        self.reports.append(report)
        _logger.warning("%s", report)

    def _enough(self, error: WorkerLostError, n_failures: int) -> WorkerLostError:
        if self._config.max_failures:
            return _stopped(
                f"workers were lost {n_failures} times in a row before step {self._now} was complete, the last time "
                f"because {error}; look into their logs for the cause, such as a region that ends its process or too "
                f"little memory, then {_FROM_DISK}, or raise recovery.max_failures",
                self._now,
            )
        told = WorkerLostError(
            f"{error}, before step {self._now} was complete; close this brain and build it again, and write a "
            "recovery.max_failures greater than 0 to have that done for you"
        )
        told.workers = error.workers
        return told


def _stopped(why: str, step: int) -> RecoveryError:
    error = RecoveryError(why)
    error.step = step
    return error
