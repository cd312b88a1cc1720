"""The stateful Dask actors: one for each region, and one on each worker that advances the regions there.

Everything in and out is flat, and every failure travels as data: an exception that does not survive
unpickling would leave the caller waiting for ever.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import cast

import cloudpickle
from distributed import get_worker
from distributed.threadpoolexecutor import ThreadPoolExecutor

from thalia_dask.distributed.wire import (
    DONE,
    Batch,
    decode_batch,
    decode_snapshot,
    encode_emission,
    encode_failure,
    encode_snapshot,
    join,
    split,
)
from thalia_dask.engine.executor import Emission
from thalia_dask.errors import ClusterError, ConfigError, ThaliaError
from thalia_dask.regions.base import Region


class RegionActor:
    """One region, built from its creator in the process where it lives.

    Parameters
    ----------
    name : the region's name.
    creator : a :data:`~thalia_dask.engine.executor.RegionCreator`, pickled by cloudpickle.
    epoch : how often the region has been rebuilt; calls of another epoch are refused.
    """

    def __init__(self, name: str, creator: bytes, epoch: int = 0) -> None:
        self._name = name
        self._epoch = epoch
        self._sequence = -1
        self._step = 0
        self._built = self._answer(lambda: self._build(creator), declare=ConfigError)
        self._reply = self._built

    def ready(self) -> bytes:
        """Whether the region could be built: empty of content, or the failure."""
        return self._built

    def step(self, payload: bytes) -> bytes:
        """Advance through the window of a batch and return the emission, or the failure.

        A repeated call returns the reply it had before: a call that its caller gave up is still carried out.
        """
        batch = decode_batch(payload)
        if batch.epoch != self._epoch:
            stale = ClusterError(
                f"region '{self._name}' belongs to epoch {self._epoch} and refused a call of epoch {batch.epoch}"
            )
            return encode_failure(self._name, batch.window.start, "(not raised)", stale)
        if batch.sequence != self._sequence:
            self._sequence, self._step = batch.sequence, batch.window.start
            self._reply = self._answer(lambda: self._advance(batch))
        return self._reply

    def snapshot(self) -> bytes:
        """The region's complete state, or the failure."""
        return self._answer(lambda: encode_snapshot(self._region.snapshot()))

    def restore(self, payload: bytes) -> bytes:
        """Put the region into a state that :meth:`snapshot` gave."""
        return self._answer(lambda: self._restore(payload))

    def _build(self, creator: bytes) -> bytes:
        import torch

        torch.set_num_threads(1)  # the order of a sum must not depend on the machine's cores
        self._region: Region = cloudpickle.loads(creator)()
        return DONE

    def _advance(self, batch: Batch) -> bytes:
        began = perf_counter()
        spikes = self._region.advance(batch.window, batch.arrivals)
        observed = self._region.observe()
        return encode_emission(Emission(spikes, observed, perf_counter() - began))

    def _restore(self, payload: bytes) -> bytes:
        self._region.restore(decode_snapshot(payload))
        return DONE

    def _answer(self, work: Callable[[], bytes], declare: type[ThaliaError] | None = None) -> bytes:
        try:
            return work()
        except BaseException as error:  # a region's SystemExit, too, must not end the worker
            declared = error if declare and isinstance(error, declare) else None
            return encode_failure(self._name, self._step, traceback.format_exc(), declared)


class WorkerRegions:
    """The regions of one worker, advanced by one call for each window.

    A call costs about half a millisecond whatever it carries, so a worker's regions share one; with several
    threads they are computed side by side.

    Parameters
    ----------
    keys : keys of the :class:`RegionActor` on this worker.
    n_threads : threads to compute on.
    """

    def __init__(self, keys: Sequence[str], n_threads: int) -> None:
        actors = get_worker().state.actors
        self._actors = [cast("RegionActor", actors[key]) for key in keys]
        self._busy = [False] * len(keys)
        self._pool = ThreadPoolExecutor(n_threads) if min(n_threads, len(keys)) > 1 else None

    def step(self, joined: bytes) -> bytes:
        """:meth:`RegionActor.step` of every region: joined payloads, and replies, in the order of ``keys``."""
        payloads = split(joined)
        self._busy = [True] * len(self._actors)
        run = self._pool.map if self._pool else map
        return join(list(run(self._step, range(len(payloads)), payloads)))

    async def busy(self) -> list[bool]:
        """Which regions have not finished the present call; a coroutine, so that it answers during one."""
        return self._busy

    def _step(self, index: int, payload: bytes) -> bytes:
        reply = self._actors[index].step(payload)
        self._busy[index] = False
        return reply
