"""One call to every worker for one span: issued together, gathered under a time limit."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from thalia_dask.distributed.creation import Living
from thalia_dask.distributed.wire import Effort, decode_report
from thalia_dask.engine.executor import Emission
from thalia_dask.errors import ClusterError, RegionError, ThaliaError, WorkerLostError

_ANSWER_WHO_IS_BUSY_S = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Home:
    """The regions that live on one worker, and the actor there that advances them."""

    regions: tuple[str, ...]
    living: Living


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """What a worker's regions emitted in one span, and where its time went."""

    effort: Effort
    emissions: Sequence[Emission]


async def call_homes(
    homes: Sequence[Home], orders: Sequence[bytes], sequence: int, step: int, timeout_s: float
) -> list[Report]:
    """Send every home its order and return their reports; runs on the event loop of the client.

    Parameters
    ----------
    homes, orders : one order for each home.
    sequence, step : number of the orders, and the first step of the span.
    timeout_s : how long a window may take.

    Raises
    ------
    WorkerLostError : as soon as one worker is known to be gone.
    RegionError : if a region failed; the earliest failure, where several are known.
    ClusterError : when the time is up, naming the regions that have not finished.
    """
    calls = {asyncio.create_task(_call(home, order, step)): home for home, order in zip(homes, orders, strict=True)}
    try:
        waiting = await _until_failure(calls, step, timeout_s)
        if waiting:
            await _abandon([calls[call] for call in waiting], sequence)
            await asyncio.wait(waiting, timeout=timeout_s)
    except BaseException:
        await _abandon(list(calls.values()), sequence)
        raise
    finally:
        for call in calls:
            call.cancel()
    errors = [error for call in calls if not call.cancelled() and (error := call.exception()) is not None]
    if errors:
        raise min(errors, key=_precedence)
    return [call.result() for call in calls]


def worker_lost(worker: str, regions: Sequence[str], step: int | None = None) -> WorkerLostError:
    """The error for a worker that is gone, and its regions with it; ``step`` if one was being computed."""
    when = "" if step is None else f" before step {step} was complete"
    return WorkerLostError(
        f"worker {worker} was lost{when}, and with it the state of {_named(regions)}; "
        "close this brain and build it again"
    )


async def _call(home: Home, order: bytes, step: int) -> Report:
    try:
        reply: bytes = await home.living.actor.advance(order)
    except (OSError, RuntimeError) as error:  # all that a call whose payloads are bytes can raise
        raise worker_lost(home.living.worker, home.regions, step) from error
    return Report(*decode_report(reply))


async def _until_failure(
    calls: dict[asyncio.Task[Report], Home], step: int, timeout_s: float
) -> set[asyncio.Task[Report]]:
    """Wait until all calls are answered or one has failed; returns those that are not answered.

    Raises
    ------
    ClusterError : if no window was finished for ``timeout_s``, or one takes longer than that.
    """
    waiting = set(calls)
    patience_s = timeout_s
    while waiting:
        done, waiting = await asyncio.wait(waiting, timeout=patience_s, return_when=asyncio.FIRST_COMPLETED)
        if any(call.exception() for call in done):
            break
        if not done:
            patience_s = await _patience_left([calls[call] for call in waiting], step, timeout_s)
    return waiting


async def _patience_left(late: Sequence[Home], step: int, timeout_s: float) -> float:
    """How much longer to wait for homes that have not answered."""
    activities = await asyncio.gather(*map(_activity, late))
    longest = max((seconds for _, running in activities for seconds in running.values()), default=0.0)
    longest = max(longest, min(stalled for stalled, _ in activities))
    if longest < timeout_s:
        return timeout_s - longest
    overdue = [
        f"{_named(list(running))} on worker {home.living.worker}"
        for home, (_, running) in zip(late, activities, strict=True)
        if running
    ]
    places = " and ".join(overdue) or f"worker {late[0].living.worker}"
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
    calls = [asyncio.create_task(_quietly_abandon(home, sequence)) for home in homes]
    await asyncio.wait(calls, timeout=_ANSWER_WHO_IS_BUSY_S)
    for call in calls:
        call.cancel()


async def _quietly_abandon(home: Home, sequence: int) -> None:
    try:
        await home.living.actor.abandon(sequence)
    except (OSError, RuntimeError):  # it is gone, and with it what it was to stop
        return


def _precedence(error: BaseException) -> tuple[int, int]:
    """Causes before consequences: a lost worker, then the region that failed first, then who waited in vain."""
    if isinstance(error, WorkerLostError):
        return 0, 0
    if isinstance(error, RegionError):
        return 1, error.step
    return (2 if isinstance(error, ThaliaError) else 3), 0


def _named(regions: Sequence[str]) -> str:
    return f"region{'s' * (len(regions) > 1)} " + ", ".join(f"'{region}'" for region in regions)
