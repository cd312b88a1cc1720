"""A region's actor, called as Dask would call it but in this process."""

from __future__ import annotations

from functools import partial

import cloudpickle
import pytest

from tests.toy_regions import failing, failing_to_build, toy
from thalia_dask.distributed import wire
from thalia_dask.distributed.actor import RegionActor
from thalia_dask.engine.executor import RegionCreator
from thalia_dask.errors import ClusterError, RegionError
from thalia_dask.spikes import Arrivals
from thalia_dask.ticks import Window


def actor(creator: RegionCreator | None = None, epoch: int = 0) -> RegionActor:
    return RegionActor("a", cloudpickle.dumps(creator or partial(toy, "a")), epoch)


def batch(start: int, stop: int, *, sequence: int, epoch: int = 0) -> bytes:
    return wire.encode_batch(wire.Batch(epoch, sequence, Window(start, stop), Arrivals()))


def test_repeated_call_is_answered_but_not_repeated() -> None:
    region = actor()
    first = region.step(batch(0, 5, sequence=1))
    assert region.step(batch(0, 5, sequence=1)) == first
    assert wire.decode_snapshot(region.snapshot())["step"] == 5
    wire.decode_emission(region.step(batch(5, 6, sequence=2)))


def test_repeated_call_that_failed_fails_again_alike() -> None:
    region = actor(partial(failing, "value", at_step=0))
    assert region.step(batch(0, 5, sequence=1)) == region.step(batch(0, 5, sequence=1))


def test_call_of_another_epoch_is_refused() -> None:
    region = actor(epoch=2)
    with pytest.raises(ClusterError, match="region 'a' belongs to epoch 2 and refused a call of epoch 1"):
        wire.decode_emission(region.step(batch(0, 5, sequence=1, epoch=1)))
    assert wire.decode_snapshot(region.snapshot())["step"] == 0


def test_restored_region_continues_alike() -> None:
    one, other = actor(), actor()
    one.step(batch(0, 5, sequence=1))
    wire.raise_if_failed(other.restore(one.snapshot()))
    pairs = [wire.decode_emission(region.step(batch(5, 15, sequence=2))) for region in (one, other)]
    assert pairs[0].spikes.neurons.tolist() == pairs[1].spikes.neurons.tolist()
    assert len(pairs[0].spikes) > 0


def test_failures_are_data() -> None:
    with pytest.raises(RegionError, match="SystemExit: the membrane burst"):
        wire.raise_if_failed(actor(partial(failing_to_build, "exit")).ready())
    region = actor()
    region.step(batch(0, 4, sequence=1))
    region.step(batch(4, 5, sequence=2))
    with pytest.raises(RegionError, match=r"(?s)step 4: .*KeyError"):
        wire.raise_if_failed(region.restore(wire.encode_snapshot({})))
