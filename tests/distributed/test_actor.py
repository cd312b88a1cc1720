"""The actors, called as Dask would call them: a region's in this process, a worker's on a worker."""

from __future__ import annotations

from functools import partial

import cloudpickle
import pytest
from distributed import Client

from tests.toy_regions import failing, failing_to_build, toy
from thalia_dask.distributed import wire
from thalia_dask.distributed.actor import RegionActor
from thalia_dask.distributed.executor import DaskExecutor
from thalia_dask.engine.executor import RegionCreator
from thalia_dask.errors import ClusterError, RegionError
from thalia_dask.spikes import Arrivals
from thalia_dask.ticks import Window


def actor(creator: RegionCreator | None = None) -> RegionActor:
    return RegionActor("a", cloudpickle.dumps(creator or partial(toy, "a")))


def spikes(region: RegionActor, start: int, stop: int) -> list[int]:
    return region.region.advance(Window(start, stop), Arrivals()).neurons.tolist()


def order(start: int, stop: int, *, sequence: int, epoch: int = 0) -> bytes:
    return wire.encode_order(wire.Order(epoch, sequence, Window(start, stop), 5, 1.0), [Arrivals()])


def test_restored_region_continues_alike() -> None:
    one, other = actor(), actor()
    spikes(one, 0, 5)
    wire.raise_if_failed(other.restore(one.snapshot()))
    assert spikes(other, 5, 15) == spikes(one, 5, 15) != []


def test_failures_are_data() -> None:
    with pytest.raises(RegionError, match="SystemExit: the membrane burst"):
        wire.raise_if_failed(actor(partial(failing_to_build, "exit")).ready())
    with pytest.raises(RegionError, match=r"(?s)region 'a'.*KeyError"):
        wire.raise_if_failed(actor().restore(wire.encode_snapshot({})))


@pytest.mark.cluster
def test_repeated_order_is_answered_but_not_repeated(three_workers: Client) -> None:
    for creator in (partial(toy, "a"), partial(failing, "value", at_step=0)):
        with DaskExecutor(three_workers) as executor:
            executor.start({"a": creator}, ())
            (home,) = executor._population._population.homes
            first = home.living.actor.advance(order(0, 5, sequence=7)).result(timeout=30)
            assert home.living.actor.advance(order(0, 5, sequence=7)).result(timeout=30) == first
            if creator.func is toy:
                assert executor.snapshot("a")["step"] == 5
                wire.decode_report(home.living.actor.advance(order(5, 6, sequence=8)).result(timeout=30))


@pytest.mark.cluster
def test_order_of_another_epoch_is_refused(three_workers: Client) -> None:
    with DaskExecutor(three_workers) as executor:
        executor.start({"a": partial(toy, "a")}, ())
        (home,) = executor._population._population.homes
        reply = home.living.actor.advance(order(0, 5, sequence=1, epoch=1)).result(timeout=30)
        with pytest.raises(ClusterError, match="regions of epoch 0 refused an order of epoch 1"):
            wire.decode_report(reply)
        assert executor.snapshot("a")["step"] == 0
