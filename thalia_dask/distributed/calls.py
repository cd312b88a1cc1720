"""One batch of actor futures for one window: issued together, gathered under a time limit."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from thalia_dask.distributed.creation import Living
from thalia_dask.distributed.wire import join, split
from thalia_dask.errors import ClusterError, WorkerLostError

_ANSWER_WHO_IS_BUSY_S = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Home:
    """The regions that live on one worker, and the actor there that advances them."""

    regions: tuple[str, ...]
    living: Living


async def call_homes(
    homes: Sequence[Home], batches: Sequence[list[bytes]], step: int, timeout_s: float
) -> dict[str, bytes]:
    """Send every home its batch and return region -> reply; runs on the event loop of the client.

    Parameters
    ----------
    homes, batches : one batch for each home, in it one payload for each region.
    step : first step of the window, for errors.

    Raises
    ------
    WorkerLostError : as soon as one worker is known to be gone.
    ClusterError : when the time is up, naming the regions that have not finished.
    """
    calls = [asyncio.ensure_future(_call(*call, step)) for call in zip(homes, batches, strict=True)]
    try:
        async with asyncio.timeout(timeout_s):
            replies = await asyncio.gather(*calls)
    except TimeoutError:
        late = [home for home, call in zip(homes, calls, strict=True) if call.cancelled()]
        raise await _overdue(late, step, timeout_s) from None
    finally:
        for call in calls:
            call.cancel()
    return {
        region: reply
        for home, batch in zip(homes, replies, strict=True)
        for region, reply in zip(home.regions, batch, strict=True)
    }


def worker_lost(worker: str, regions: Sequence[str], step: int | None = None) -> WorkerLostError:
    """The error for a worker that is gone, and its regions with it; ``step`` if one was being computed."""
    when = "" if step is None else f" before step {step} was complete"
    return WorkerLostError(
        f"worker {worker} was lost{when}, and with it the state of {_named(regions)}; "
        "close this brain and build it again"
    )


async def _call(home: Home, batch: list[bytes], step: int) -> list[bytes]:
    try:
        replies: bytes = await home.living.actor.step(join(batch))
    except (OSError, RuntimeError) as error:  # all that a call whose payloads are bytes can raise
        raise worker_lost(home.living.worker, home.regions, step) from error
    return split(replies)


async def _overdue(late: Sequence[Home], step: int, timeout_s: float) -> ClusterError:
    places = [f"{_named(await _busy_regions(home))} on worker {home.living.worker}" for home in late]
    return ClusterError(
        f"{' and '.join(places)} did not finish the window that starts at step {step} within {timeout_s:g} s; "
        "if it needs longer, raise execution.call_timeout_s; otherwise close this brain and build it again"
    )


async def _busy_regions(home: Home) -> list[str]:
    try:
        async with asyncio.timeout(_ANSWER_WHO_IS_BUSY_S):
            busy = await home.living.actor.busy()
    except (TimeoutError, OSError, RuntimeError):
        return list(home.regions)  # a worker that does not answer at all
    return [region for region, is_busy in zip(home.regions, busy, strict=True) if is_busy]


def _named(regions: Sequence[str]) -> str:
    return f"region{'s' * (len(regions) > 1)} " + ", ".join(f"'{region}'" for region in regions)
