"""Who is found missing while somebody else keeps the watch waiting."""

from __future__ import annotations

import asyncio

import pytest

from thalia_dask.distributed.home import Home, watch
from thalia_dask.errors import WorkerLostError


class Stopped:
    """A worker that is there and says nothing; tells when it is asked."""

    def __init__(self, worker: str) -> None:
        self.worker, self.actor, self.asked = worker, self, asyncio.Event()

    def lost(self) -> bool:
        return False

    async def activity(self) -> None:
        self.asked.set()
        await asyncio.Event().wait()


class Killed(Stopped):
    """A worker that ends when it is asked."""

    def lost(self) -> bool:
        return self.asked.is_set()


def test_a_worker_that_ends_while_another_is_silent_is_the_one_that_was_lost() -> None:
    async def told() -> str:
        homes = [Home(("a",), Stopped("tcp://one"), 1), Home(("b",), Killed("tcp://two"), 1)]
        with pytest.raises(WorkerLostError) as caught:
            await watch(homes, hung_after_s=2.0)
        return str(caught.value)

    assert asyncio.run(told()) == "worker tcp://two was lost, and with it the state of region 'b'"


def test_a_worker_that_says_nothing_is_given_up() -> None:
    async def told() -> str:
        with pytest.raises(WorkerLostError) as caught:
            await watch([Home(("a", "c"), Stopped("tcp://one"), 1)], hung_after_s=0.5)
        return str(caught.value)

    assert asyncio.run(told()) == (
        "worker tcp://one gave no sign of life for 0.5 s, and with it the state of regions 'a', 'c'"
    )
