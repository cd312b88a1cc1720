"""The regions of one worker, and how to tell that the worker is no longer there."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from thalia_dask.distributed.creation import Living
from thalia_dask.errors import WorkerLostError

_LOOK_EVERY_S = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Home:
    """The regions that live on one worker, the actor there that advances them, and on how many threads."""

    regions: tuple[str, ...]
    living: Living
    n_threads: int

    @property
    def worker(self) -> str:
        return self.living.worker


async def watch(homes: Sequence[Home], hung_after_s: float) -> NoReturn:
    """Look after workers whose answer somebody awaits: what was asked of them may hang for ever.

    Dask tells of a worker that ended within milliseconds, but nothing for long of one that is stopped or cut off. So
    all are asked for a sign of life, which a worker gives while its regions compute.

    Raises
    ------
    WorkerLostError : as soon as one is gone, or ``hung_after_s`` after one gave its last sign.
    """
    while True:
        await _look(homes, hung_after_s / 2)
        signs = [asyncio.create_task(_sign_of_life(home)) for home in homes]
        try:
            await _look(homes, hung_after_s / 2, until=signs)
            silent = [home for home, sign in zip(homes, signs, strict=True) if not (sign.done() and sign.result())]
        finally:
            for sign in signs:
                sign.cancel()
        if silent:
            raise workers_lost(silent, f"gave no sign of life for {hung_after_s:g} s")


async def _look(homes: Sequence[Home], duration_s: float, until: Sequence[asyncio.Task[bool]] = ()) -> None:
    """Wait, but for no lost worker, and for no longer than all of ``until`` take where these are given."""
    loop = asyncio.get_running_loop()
    end = loop.time() + duration_s
    while loop.time() < end and not (until and all(sign.done() for sign in until)):
        await asyncio.sleep(min(_LOOK_EVERY_S, max(0.0, end - loop.time())))
        if lost := [home for home in homes if home.living.lost()]:
            raise workers_lost(lost, "was lost")


def workers_lost(homes: Sequence[Home], how: str) -> WorkerLostError:
    """The error for workers that are gone, and their regions with them."""
    what = " and ".join(
        f"worker {home.worker} {how}, and with it the state of {named(home.regions)}" for home in homes
    )
    error = WorkerLostError(what)
    error.workers = tuple(home.worker for home in homes)
    return error


def named(regions: Sequence[str]) -> str:
    """Regions, as errors name them."""
    return f"region{'s' * (len(regions) > 1)} " + ", ".join(f"'{region}'" for region in regions)


async def _sign_of_life(home: Home) -> bool:
    try:
        await home.living.actor.activity()
    except (OSError, RuntimeError):
        return False
    return True
