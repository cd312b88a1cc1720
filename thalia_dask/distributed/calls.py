"""One call to every worker: issued together, gathered under a time limit, while somebody looks after the workers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from thalia_dask.distributed.home import Home, named, watch, workers_lost
from thalia_dask.distributed.wire import Effort, decode_report
from thalia_dask.engine.executor import Emission
from thalia_dask.errors import ClusterError, RegionError, ThaliaError, WorkerLostError

_ANSWER_WHO_IS_BUSY_S = 1.0
_HEAR_THE_CAUSE_S = 0.2

_Answer = TypeVar("_Answer")

PatienceLeft = Callable[[Sequence[Home]], Awaitable[float]]
"""How many seconds more to wait for homes that are late; raises when it is enough."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to wait, in seconds.

    Attributes
    ----------
    start_s : for workers to start, and for regions to be built.
    call_s : for a region to finish a window, or to answer anything else.
    hung_s : for a sign of life of a worker.
    """

    start_s: float
    call_s: float
    hung_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """What a worker's regions emitted in one span, and where its time went."""

    effort: Effort
    emissions: Sequence[Emission]


async def ask_homes(
    homes: Sequence[Home], question: str, arguments: Sequence[object], limits: Limits
) -> dict[str, bytes]:
    """Call one method of every home, each with its argument; runs on the event loop of the client.

    Returns
    -------
    region -> answer, which may be a failure.

    Raises
    ------
    WorkerLostError : as soon as one worker is known to be gone, or to hang.
    ClusterError : when no answer comes for as long as a call may take.
    """

    async def too_late(late: Sequence[Home]) -> float:
        raise ClusterError(
            f"{named(late[0].regions)} on worker {late[0].worker} did not answer '{question}' within "
            f"{limits.call_s:g} s; if it needs longer, raise execution.call_timeout_s"
        )

    async with _calling(homes, question, arguments, dict[str, bytes], limits) as calls:
        await calls.wait(limits.call_s, too_late)
        if errors := calls.errors():
            raise min(errors, key=_precedence)
        return {region: answer for answers in calls.answers() for region, answer in answers.items()}


async def advance_homes(
    homes: Sequence[Home], orders: Sequence[bytes], sequence: int, step: int, limits: Limits
) -> list[Report]:
    """Send every home its order and return their reports; runs on the event loop of the client.

    Parameters
    ----------
    homes, orders : one order for each home.
    sequence, step : number of the orders, and the first step of the span.

    Raises
    ------
    WorkerLostError : as soon as one worker is known to be gone, to hang, or to be cut off from another.
    RegionError : if a region failed; the earliest failure, where several are known.
    ClusterError : if a window takes longer than it may, naming the regions that have not finished.
    """

    async def patience_left(late: Sequence[Home]) -> float:
        return await _patience_left(late, step, limits.call_s)

    async with _calling(homes, "advance", orders, _report, limits) as calls:
        try:
            await calls.wait(limits.call_s, patience_left)
        except BaseException:
            await _abandon(homes, sequence)
            raise
        errors = calls.errors()
        if late := calls.late() if errors and not _gone(errors) else []:
            await _abandon(late, sequence)
            cut_off = any(isinstance(error, WorkerLostError) for error in errors)
            await calls.wait_longer(_HEAR_THE_CAUSE_S if cut_off else limits.call_s)
            errors = calls.errors()
        if errors:
            raise min(errors, key=_precedence)
        return calls.answers()


async def fence_homes(homes: Sequence[Home], epoch: int, patience_s: float) -> list[Home]:
    """Tell homes that another epoch begins; returns those that could be told."""
    told = await _tell(homes, "fence", epoch, patience_s)
    return [home for home, heard in zip(homes, told, strict=True) if heard]


class _Calls(Generic[_Answer]):
    """Calls on their way, and somebody who looks after the workers meanwhile."""

    def __init__(self, calls: dict[asyncio.Task[_Answer], Home], watcher: asyncio.Task[None]) -> None:
        self._calls = calls
        self._watcher = watcher

    async def wait(self, patience_s: float, patience_left: PatienceLeft) -> None:
        """Wait until all calls are answered, one has failed, or a worker is gone."""
        timeout_s = patience_s
        while (waiting := self._waiting()) and not self.errors():
            done, _ = await asyncio.wait(
                {*waiting, self._watcher}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED
            )
            timeout_s = patience_s if done else await patience_left(self.late())

    async def wait_longer(self, seconds: float) -> None:
        """Wait for the rest of the calls, whatever has failed."""
        if waiting := self._waiting():
            await asyncio.wait(waiting, timeout=seconds)

    def errors(self) -> list[BaseException]:
        tasks = (*self._calls, self._watcher)
        return [error for task in tasks if task.done() and (error := task.exception()) is not None]

    def late(self) -> list[Home]:
        return [self._calls[call] for call in self._waiting()]

    def answers(self) -> list[_Answer]:
        return [call.result() for call in self._calls]

    def _waiting(self) -> list[asyncio.Task[_Answer]]:
        return [call for call in self._calls if not call.done()]


@asynccontextmanager
async def _calling(
    homes: Sequence[Home],
    question: str,
    arguments: Sequence[object],
    decode: Callable[[Any], _Answer],
    limits: Limits,
) -> AsyncIterator[_Calls[_Answer]]:
    calls = {
        asyncio.create_task(_call(home, question, given, decode)): home
        for home, given in zip(homes, arguments, strict=True)
    }
    watcher: asyncio.Task[None] = asyncio.create_task(watch(homes, limits.hung_s))
    try:
        yield _Calls(calls, watcher)
    finally:
        for task in (*calls, watcher):
            task.cancel()


async def _call(home: Home, question: str, argument: object, decode: Callable[[Any], _Answer]) -> _Answer:
    """Ask one home; ``decode`` raises the failure that an answer tells of."""
    try:
        reply = await getattr(home.living.actor, question)(argument)
    except (OSError, RuntimeError) as error:  # all that a call whose payloads are bytes can raise
        raise workers_lost([home], "was lost") from error
    return decode(reply)


def _report(reply: bytes) -> Report:
    return Report(*decode_report(reply))


async def _patience_left(late: Sequence[Home], step: int, timeout_s: float) -> float:
    """How much longer to wait for homes that have not answered."""
    activities = await asyncio.gather(*map(_activity, late))
    longest = max((seconds for _, running in activities for seconds in running.values()), default=0.0)
    longest = max(longest, min(stalled for stalled, _ in activities))
    if longest < timeout_s:
        return timeout_s - longest
    overdue = [
        f"{named(list(running))} on worker {home.worker}"
        for home, (_, running) in zip(late, activities, strict=True)
        if running
    ]
    places = " and ".join(overdue) or f"worker {late[0].worker}"
    raise ClusterError(
        f"{places} did not finish a window of the span that starts at step {step} within {timeout_s:g} s; "
        "if it needs longer, raise execution.call_timeout_s; otherwise close this brain and build it again"
    )


async def _activity(home: Home) -> tuple[float, dict[str, float]]:
    """What :meth:`WorkerRegions.activity` tells; everything is late on a worker that does not answer."""
    try:
        async with asyncio.timeout(_ANSWER_WHO_IS_BUSY_S):
            stalled, running = await home.living.actor.activity()
            return stalled, running
    except (TimeoutError, OSError, RuntimeError):
        return float("inf"), dict.fromkeys(home.regions, float("inf"))


async def _abandon(homes: Sequence[Home], sequence: int) -> None:
    """Let the workers that have not answered stop, as well as that can be told them."""
    await _tell(homes, "abandon", sequence, _ANSWER_WHO_IS_BUSY_S)


async def _tell(homes: Sequence[Home], what: str, number: int, patience_s: float) -> list[bool]:
    """Tell every home something that it answers at once; returns which of them heard it."""
    tellings = [asyncio.create_task(_hears(home, what, number)) for home in homes]
    if tellings:
        await asyncio.wait(tellings, timeout=patience_s)
    heard = [telling.done() and telling.result() for telling in tellings]
    for telling in tellings:
        telling.cancel()
    return heard


async def _hears(home: Home, what: str, number: int) -> bool:
    try:
        await getattr(home.living.actor, what)(number)
    except (OSError, RuntimeError):  # it is gone, and with it what it was to stop
        return False
    return True


def _gone(errors: Sequence[BaseException]) -> bool:
    """Whether a worker is known to be gone, so that nothing else need be heard."""
    return any(isinstance(error, WorkerLostError) and error.workers for error in errors)


def _precedence(error: BaseException) -> tuple[int, int]:
    """Causes before consequences: who is gone, who was cut off, the region that failed first, who waited in vain."""
    if isinstance(error, WorkerLostError):
        return (0 if error.workers else 1), 0
    if isinstance(error, RegionError):
        return 2, error.step
    return (3 if isinstance(error, ThaliaError) else 4), 0
