"""The stateful Dask actors: one for each region, and one on each worker that advances the regions there.

Everything in and out is flat, and every failure travels as data: an exception that does not survive
unpickling would leave the caller waiting for ever.
"""

from __future__ import annotations

import asyncio
import traceback
import weakref
from collections.abc import Callable, Mapping, Sequence
from time import perf_counter
from typing import TypeVar, cast

import cloudpickle
from distributed import get_worker
from distributed.threadpoolexecutor import ThreadPoolExecutor

from thalia_dask.distributed.links import Links
from thalia_dask.distributed.mailbox import Mailbox
from thalia_dask.distributed.wire import (
    DONE,
    Effort,
    Order,
    decode_order,
    decode_snapshot,
    encode_emission,
    encode_failure,
    encode_packets,
    encode_report,
    encode_snapshot,
    join,
)
from thalia_dask.engine.executor import Emission
from thalia_dask.engine.neighbourhood import Neighbourhood
from thalia_dask.engine.packets import load_kernels
from thalia_dask.engine.span import Packets, Span
from thalia_dask.errors import ClusterError, ConfigError, RegionError, StateError, ThaliaError, WorkerLostError
from thalia_dask.regions.base import Region
from thalia_dask.spikes import Arrivals
from thalia_dask.topology.plan import AxonalProjection

THREADS = "thalia-dask-regions"
"""How the names of the threads begin in which regions are advanced."""
_NOT_A_REGION = "(not raised by a region)"
_Given = TypeVar("_Given")
_Answer = TypeVar("_Answer")


class RegionActor:
    """One region, built from its creator in the process where it lives.

    Parameters
    ----------
    name : the region's name.
    creator : a :data:`~thalia_dask.engine.executor.RegionCreator`, pickled by cloudpickle.
    """

    def __init__(self, name: str, creator: bytes) -> None:
        self.name = name
        self._built = self._answer(lambda: self._build(creator), declare=ConfigError)

    def ready(self) -> bytes:
        """Whether the region could be built: empty of content, or the failure."""
        return self._built

    def snapshot(self) -> bytes:
        """The region's complete state, or the failure."""
        return self._answer(lambda: encode_snapshot(self.region.snapshot()))

    def restore(self, payload: bytes) -> bytes:
        """Put the region into a state that :meth:`snapshot` gave."""
        return self._answer(lambda: self._restore(payload), declare=StateError)

    def _build(self, creator: bytes) -> bytes:
        import torch

        torch.set_num_threads(1)  # the order of a sum must not depend on the machine's cores
        self.region: Region = cloudpickle.loads(creator)()
        return DONE

    def _restore(self, payload: bytes) -> bytes:
        self.region.restore(decode_snapshot(payload))
        return DONE

    def _answer(self, work: Callable[[], bytes], declare: type[ThaliaError] | None = None) -> bytes:
        try:
            return work()
        except BaseException as error:  # a region's SystemExit, too, must not end the worker
            declared = error if declare and isinstance(error, declare) else None
            return encode_failure(self.name, 0, traceback.format_exc(), declared)


class WorkerRegions:
    """The regions of one worker, advanced by one call for each span.

    A call costs about half a millisecond whatever it carries, so a worker's regions share one, and a span has as
    many windows as somebody else need not look into. With several threads they are computed side by side.

    Parameters
    ----------
    keys : keys of the :class:`RegionActor` on this worker.
    n_threads : threads to compute on.
    homes : region -> address of its worker, for all regions of the brain.
    projections : those whose spikes the workers carry themselves.
    run : a name that only this brain has.
    epoch : how often the regions have been rebuilt; orders of another epoch are refused.
    """

    def __init__(
        self,
        keys: Sequence[str],
        n_threads: int,
        homes: Mapping[str, str],
        projections: Sequence[AxonalProjection],
        run: str,
        epoch: int = 0,
    ) -> None:
        worker = get_worker()
        actors = [cast("RegionActor", worker.state.actors[key]) for key in keys]
        self._actors = {actor.name: actor for actor in actors}
        self._regions = {actor.name: actor.region for actor in actors if actor.ready() == DONE}
        self._neighbourhood = Neighbourhood(homes, worker.address, projections)
        self._numbers = {name: number for number, name in enumerate(homes)}
        self._built_in_epoch = self._epoch = epoch
        self._sequence, self._reply = -1, b""
        self._n_helpers = min(n_threads, len(keys)) - 1
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=THREADS)
        self._pool = ThreadPoolExecutor(self._n_helpers, thread_name_prefix=THREADS) if self._n_helpers else None
        for pool in filter(None, (self._thread, self._pool)):  # which would wait for work for ever
            weakref.finalize(self, pool.shutdown, wait=False)
        self._mailbox = Mailbox(tuple(homes))
        self._links = Links(worker, run, self._mailbox.receive, self._mailbox.lose)
        weakref.finalize(self, self._links.close)
        load_kernels()

    def ready(self, regions: Sequence[str]) -> dict[str, bytes]:
        """What :meth:`RegionActor.ready` tells of regions."""
        return {name: self._actors[name].ready() for name in regions}

    async def connect(self, worker: str) -> dict[str, bytes]:
        """Connect this ``worker`` to those that hear from it; all of them must have their regions already."""
        try:
            await self._links.open(self._neighbourhood.workers)
        except OSError:
            error = WorkerLostError(f"worker {worker} cannot reach another worker")
            return {"": encode_failure("", 0, traceback.format_exc(), error)}
        return {}

    async def advance(self, payload: bytes) -> bytes:
        """Carry out an order: what all regions emitted, or the failure.

        A repeated order is answered as before: a call that its caller gave up is still carried out.
        """
        return await self._in_turn(self._advance, payload)

    async def snapshot(self, regions: Sequence[str]) -> dict[str, bytes]:
        """What :meth:`RegionActor.snapshot` gives of regions."""
        return await self._in_turn(self._snapshot, regions)

    async def restore(self, states: Mapping[str, bytes]) -> dict[str, bytes]:
        """Put regions into states that :meth:`snapshot` gave."""
        return await self._in_turn(self._restore, states)

    async def _in_turn(self, work: Callable[[_Given], _Answer], given: _Given) -> _Answer:
        """Let the thread of this brain's regions do it, after what it was told before.

        In Dask's one thread for actors, regions that wait for another worker would keep those of another brain from
        being computed, for which that worker may be waiting.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, given)

    def _advance(self, payload: bytes) -> bytes:
        order, arrivals = decode_order(payload)
        if order.epoch != self._epoch:
            return join([_refusal(f"regions of epoch {self._epoch} refused an order of epoch {order.epoch}")])
        if order.sequence != self._sequence:
            self._sequence = order.sequence
            self._reply = self._carry_out(order, dict(zip(self._regions, arrivals, strict=True)))
        return self._reply

    def _snapshot(self, regions: Sequence[str]) -> dict[str, bytes]:
        return {name: self._actors[name].snapshot() for name in regions}

    def _restore(self, states: Mapping[str, bytes]) -> dict[str, bytes]:
        if self._epoch != self._built_in_epoch:
            return {"": _refusal("regions of an epoch that is over refused to be restored")}
        return {name: self._actors[name].restore(state) for name, state in states.items()}

    async def fence(self, epoch: int) -> None:
        """End this epoch: what was asked and not begun is refused, what has begun given up."""
        self._epoch = epoch
        self._links.close()
        self._mailbox.close()

    async def abandon(self, sequence: int) -> None:
        """Stop carrying out an order, because another worker cannot."""
        self._mailbox.abandon(sequence)

    async def activity(self) -> tuple[float, dict[str, float]]:
        """Since how many seconds nothing was finished, and the regions that are being computed, since how many.

        A coroutine, so that it answers during an order.
        """
        return self._mailbox.activity()

    def _carry_out(self, order: Order, arrivals: Mapping[str, Arrivals]) -> bytes:
        began = perf_counter()

        def send(worker: str, packets: Packets) -> None:
            self._links.send(worker, encode_packets(order.sequence, packets, self._numbers))

        span = Span(
            self._regions,
            self._neighbourhood,
            order.steps,
            order.window_steps,
            arrivals,
            self._n_helpers + 1,
            send,
            order.patience_s,
            self._links.inlets or None,
        )
        self._mailbox.attach(order.sequence, span)
        helpers = [self._pool.submit(span.work) for _ in range(self._n_helpers)] if self._pool else []
        span.work()
        for helper in helpers:
            helper.result()
        self._mailbox.detach()
        try:
            emissions = [_encode(name, order, emission) for name, emission in span.result().items()]
        except RegionError as error:
            return join([encode_failure(error.region, error.step, error.remote_traceback)])
        except ClusterError as error:
            return join([encode_failure("", 0, _NOT_A_REGION, error)])
        return encode_report(Effort(perf_counter() - began, span.waiting_seconds), emissions)


def _encode(region: str, order: Order, emission: Emission) -> bytes:
    try:
        return encode_emission(emission)
    except Exception as error:
        raise RegionError(region, order.steps.start, traceback.format_exc()) from error


def _refusal(why: str) -> bytes:
    return encode_failure("", 0, _NOT_A_REGION, ClusterError(why))
