"""Running ahead in one thread: what interrupts it, and what it says of itself."""

from __future__ import annotations

from functools import partial

import pytest

from tests.toy_brains import plan, run, toys
from tests.toy_regions import SilentRegion, failing
from thalia_dask.engine.ahead import RunAheadExecutor
from thalia_dask.errors import RegionError
from thalia_dask.spikes import Arrivals, SpikePacket
from thalia_dask.ticks import Window

BRAIN = plan({"a": 5, "b": 5}, [("a", "b", 2), ("b", "a", 3)])


class Interrupted(SilentRegion):
    def advance(self, window: Window, arrivals: Arrivals) -> SpikePacket:
        if window.stop > 4:
            raise KeyboardInterrupt
        return SpikePacket()


def test_ctrl_c_in_a_region_is_ctrl_c() -> None:
    with pytest.raises(KeyboardInterrupt):
        run(RunAheadExecutor(), BRAIN, 10, creators=toys(BRAIN) | {"b": Interrupted})


def test_a_debugger_finds_what_a_region_raised() -> None:
    with pytest.raises(RegionError, match="the membrane burst") as caught:
        run(RunAheadExecutor(), BRAIN, 10, creators=toys(BRAIN) | {"b": partial(failing, "value")})
    assert isinstance(caught.value.__cause__, ValueError)


def test_counts_stretches_as_windows() -> None:
    """a ──2──> b ──3──> a: within a window they go one by one, in 20 steps from 2 to 5 at a time."""
    with RunAheadExecutor() as executor:
        executor.start(toys(BRAIN), BRAIN.projections)
        executor.advance(Window(0, 2), {})
        assert executor.n_windows == 1
        emissions = executor.advance(Window(2, 22), {})
        assert 4 <= executor.n_windows - 1 <= 6
    assert all(emission.observed["mean"].shape == (20,) for emission in emissions.values())


def test_how_executors_are_shown() -> None:
    executor = RunAheadExecutor()
    assert repr(executor) == "RunAheadExecutor(name='sequential', n_workers=1)"
    executor.reason = "one region"
    assert repr(executor) == "RunAheadExecutor(name='sequential', n_workers=1, reason='one region')"
