"""``parallel: auto`` with regions that are classes of somebody's own: they are tried as they would run."""

from __future__ import annotations

import pytest

from tests.toy_regions import ToyRegion
from thalia_dask import DynamicBrain
from thalia_dask.brain import trial
from thalia_dask.brain.trial import try_out
from thalia_dask.config import ThaliaConfig, load_config
from thalia_dask.errors import RegionError
from thalia_dask.performance import calibration
from thalia_dask.regions import REGIONS, Anatomy, Region, RegionKind, RegionSpec
from thalia_dask.spikes import Arrivals, SpikePacket
from thalia_dask.ticks import Window
from thalia_dask.topology.build import build_plan


class Kind(RegionKind):
    """Of toys, which refuse windows that are not adjacent; ``advance`` is told of them."""

    def __init__(self, told) -> None:
        self._told = told

    def anatomy(self, spec: RegionSpec) -> Anatomy:
        return Anatomy((("all", spec.size),), ("in",), "in", "in", "all", spec.size)

    def create(self, spec: RegionSpec) -> Region:
        told = self._told

        class Toy(ToyRegion):
            def advance(self, window: Window, arrivals: Arrivals) -> SpikePacket:
                told(window)
                return super().advance(window, arrivals)

        return Toy(spec.name, spec.size)


def pair(delay_ms: float = 5.0) -> ThaliaConfig:
    region = {"kind": "own", "size": 5, "input_size": 5}
    projections = [{"source": s, "target": t, "delay_ms": delay_ms} for s, t in ("ab", "ba")]
    regions = {"a": region, "b": region}
    execution = {"n_workers": 1, "threads_per_worker": 2}
    brain = {"regions": regions, "projections": projections, "parallel": "auto"}
    return load_config({"brain": brain, "execution": execution})


@pytest.fixture(autouse=True)
def two_free_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration, "free_cores", float)


def test_windows_are_adjacent_and_the_trial_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two threads would take turns, whatever anatomy says."""
    monkeypatch.setitem(REGIONS, "own", Kind(lambda window: None))
    with DynamicBrain.from_thalia_config(pair()) as brain:
        assert brain.executor.reason.startswith("sequential: by a short trial, ")


def test_what_they_raise_is_told_as_in_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(REGIONS, "own", Kind(lambda window: 1 / 0))
    with pytest.raises(RegionError, match=r"region 'a' .*step 0"):
        DynamicBrain.from_thalia_config(pair())


@pytest.mark.parametrize("delay_ms", [2.0, 5.0, 100.0])
@pytest.mark.parametrize("step_seconds", [1e-4, 1e-3, 0.01, 0.06, 0.2])
def test_a_trial_of_slow_regions_is_short(monkeypatch: pytest.MonkeyPatch, step_seconds, delay_ms) -> None:
    """Less than two seconds, by a clock of theirs."""
    now = 0.0

    def tell(window: Window) -> None:
        nonlocal now
        now += step_seconds * window.n_steps / 2

    monkeypatch.setitem(REGIONS, "own", Kind(tell))
    monkeypatch.setattr(trial, "perf_counter", lambda: now)
    spent, _ = try_out(build_plan(pair(delay_ms)), 100.0, None)
    assert spent.n_steps > 0
    assert now < 2.0


def test_a_slow_first_step_does_not_make_pieces_shorter(monkeypatch: pytest.MonkeyPatch) -> None:
    """It loads kernels."""
    now = 0.0

    def tell(window: Window) -> None:
        nonlocal now
        now += 0.4 if window.start == 0 else 1e-4 * window.n_steps

    monkeypatch.setitem(REGIONS, "own", Kind(tell))
    monkeypatch.setattr(trial, "perf_counter", lambda: now)
    spent, brief = try_out(build_plan(pair()), 100.0, None)
    assert brief is not None
    assert spent.n_steps % 20 == 0
