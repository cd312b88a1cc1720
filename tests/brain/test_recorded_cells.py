"""Single cells and efficacies in a recording, and whatever else a region lets be seen.

stimulus ──> thalamus ──4 ms──> striatum (3 actions), which learns; clock, of a kind of its own, beside them
"""

from __future__ import annotations

import signal
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from tests.brain.conftest import ACTING
from thalia_dask import DynamicBrain
from thalia_dask.config import RecordingConfig, RegionConfig, ThaliaConfig
from thalia_dask.engine.observer import WindowReport
from thalia_dask.errors import ConfigError, StateError
from thalia_dask.jit import Floats
from thalia_dask.recording.layout import Block
from thalia_dask.recording.memory import MemoryStore
from thalia_dask.recording.pending import Pending
from thalia_dask.recording.reading import load_recording
from thalia_dask.regions import REGIONS, Anatomy, Region, RegionKind, RegionSpec
from thalia_dask.regions.base import Observable, Snapshot
from thalia_dask.spikes import Arrivals, SpikePacket
from thalia_dask.ticks import Window

HAND = Observable("rad", "angle of the hand", comment="clockwise")
LIGHT = Observable("1", "whether a lamp is on", ("probe",))


class Clock(Region):
    """Tells the time, and which of its lamps are on."""

    observables = {"hand": HAND, "light": LIGHT}  # noqa: RUF012

    def __init__(self, spec: RegionSpec) -> None:
        self.populations, self.probes = {"lamps": spec.size}, spec.probes

    def advance(self, window: Window, arrivals: Arrivals) -> SpikePacket:
        self._steps = np.arange(window.start, window.stop)
        return SpikePacket()

    def observe(self) -> dict[str, np.ndarray]:
        return {"hand": self._steps * 0.5, "light": self._steps[:, None] % (2 + np.array(self.probes)) == 0}

    def snapshot(self):
        return {}

    def restore(self, snapshot) -> None:
        pass


class ClockKind(RegionKind):
    def __init__(self, **observables: Observable) -> None:
        self._observables = observables

    def anatomy(self, spec: RegionSpec) -> Anatomy:
        return Anatomy(
            (("lamps", spec.size),), ("in",), "in", "in", "lamps", spec.size, observables=self._observables
        )

    def create(self, spec: RegionSpec) -> Region:
        return Clock(spec)


def recording(config: ThaliaConfig, **what: object) -> ThaliaConfig:
    return config.model_copy(update={"recording": RecordingConfig(**what)})


def with_clock(monkeypatch: pytest.MonkeyPatch, probes: list[int], **observables: Observable) -> ThaliaConfig:
    monkeypatch.setitem(REGIONS, "clock", ClockKind(**observables))
    regions = {**ACTING.brain.regions, "clock": RegionConfig(kind="clock", size=4, spontaneous=True)}
    brain = ACTING.brain.model_copy(update={"regions": regions})
    return recording(ACTING.model_copy(update={"brain": brain}), probes={"clock": probes})


def live(brain: DynamicBrain, *n_timesteps: int) -> xr.DataTree:
    for n in n_timesteps:
        brain.forward(np.full(10, 0.8), n)
        if brain.now % 50 == 0:
            brain.select_action()
            brain.deliver_reward(1.0)
    return brain.recording.load()


def test_cells_are_found_by_population_and_seen_step_by_step() -> None:
    config = recording(ACTING, probes={"striatum": [3], "striatum.d2": [0, 2]})
    with DynamicBrain.from_thalia_config(config) as brain:
        seen = []
        for _ in range(30):
            brain.forward(np.full(10, 0.8), 1)
            seen.append(brain.state("striatum")["membrane"])
        striatum = brain.recording["striatum"]
        populations = dict(dict(brain.plan.populations)["striatum"])
    before_d2 = sum(list(populations.values())[: list(populations).index("d2")])
    assert striatum["probe"].values.tolist() == [3, before_d2, before_d2 + 2]
    traces = striatum["membrane_potential"]
    assert (traces.dims, traces.attrs) == (("probe", "time"), {"units": "mV", "long_name": "membrane potential"})
    np.testing.assert_array_equal(traces.values, np.array(seen)[:, striatum["probe"].values].T)
    assert traces.sel(time=7.0).shape == (3,)
    assert "membrane_potential" not in brain.recording["thalamus"]


def test_efficacies_are_recorded_as_they_were_then() -> None:
    config = recording(ACTING, efficacies=["striatum.d1"], efficacies_every_ms=25.0)
    with DynamicBrain.from_thalia_config(config) as brain:
        at_first = brain.synapses("striatum", target="striatum.d1")
        then = {}
        for _ in range(4):
            live(brain, 25)
            then[float(brain.now)] = brain.synapses("striatum", target="striatum.d1")["efficacy"]
        striatum = brain.recording["striatum"].to_dataset()
    assert striatum["sample"].values.tolist() == list(then)
    assert set(striatum["target"].values) == {"striatum.d1"}
    assert set(striatum["source"].values) == {"thalamus.relay"}, "inhibition from the fsi does not learn"
    assert "striatum.fsi" in at_first["source"].values
    for name in ("source", "source_neuron", "target_neuron", "delay_ms"):
        assert striatum[name].equals(at_first[name].sel(synapse=striatum["synapse"])), name
    np.testing.assert_array_equal(striatum["initial_efficacy"], at_first["efficacy"].sel(synapse=striatum["synapse"]))
    for time, efficacies in then.items():
        np.testing.assert_array_equal(
            striatum["efficacy"].sel(sample=time), efficacies.sel(synapse=striatum["synapse"])
        )
    assert (striatum["efficacy"].isel(sample=-1) != striatum["initial_efficacy"]).any()


def test_looking_changes_no_spike() -> None:
    watching = recording(ACTING, probes={"thalamus": [0, 1]}, efficacies=["striatum"], efficacies_every_ms=7.0)
    with DynamicBrain.from_thalia_config(ACTING) as alone, DynamicBrain.from_thalia_config(watching) as watched:
        left, right = live(alone, 40, 10, 50), live(watched, 40, 10, 50)
        for region in ("striatum", "thalamus"):
            assert left[region]["spike_step"].equals(right[region]["spike_step"])
            assert left[region]["spike_neuron"].equals(right[region]["spike_neuron"])
            for name, values in alone.state(region).items():
                np.testing.assert_array_equal(values, watched.state(region)[name], err_msg=name)


@pytest.mark.parametrize("flush_every_ms", [20.0, 10_000.0])
def test_what_is_on_disk_is_what_is_in_memory_also_after_an_interruption(
    tmp_path: Path, flush_every_ms: float
) -> None:
    config = recording(
        ACTING,
        probes={"striatum.d1": [1], "thalamus": [0]},
        efficacies=["striatum"],
        efficacies_every_ms=15.0,
        flush_every_ms=flush_every_ms,
    )
    with DynamicBrain.from_thalia_config(config) as brain:
        expected = live(brain, 50, 50, 50)
    assert expected["striatum"]["sample"].values.tolist() == [15.0 * i for i in range(1, 11)]
    with DynamicBrain.from_thalia_config(config, out=tmp_path / "run.zarr") as brain:
        live(brain, 50)
        brain.save(tmp_path / "then.ckpt")
        live(brain, 37)
    with DynamicBrain.load(tmp_path / "then.ckpt", out=tmp_path / "run.zarr", append=True) as brain:
        live(brain, 50, 50)
    for region in ("striatum", "thalamus"):
        assert load_recording(tmp_path / "run.zarr")[region].to_dataset().identical(expected[region].to_dataset())


def test_what_a_region_of_ones_own_lets_be_seen_is_recorded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = with_clock(monkeypatch, [1, 3], hand=HAND, light=LIGHT)
    with DynamicBrain.from_thalia_config(config, out=tmp_path / "run.zarr") as brain:
        live(brain, 7, 5)
    clock = load_recording(tmp_path / "run.zarr")["clock"]
    assert clock["hand"].attrs == {"units": "rad", "long_name": "angle of the hand", "comment": "clockwise"}
    assert (clock["hand"].dims, clock["hand"].values.tolist()) == (("time",), (np.arange(12) * 0.5).tolist())
    assert (clock["light"].dims, clock["probe"].values.tolist()) == (("probe", "time"), [1, 3])
    assert clock["light"].sel(probe=3).values.tolist() == [1.0, 0, 0, 0, 0] * 2 + [1.0, 0]


@pytest.mark.parametrize("name", ["neuron", "sample", "trial", "modulator", "oscillator", "a/b"])
def test_an_observable_that_the_group_of_a_region_would_hide(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        DynamicBrain.from_thalia_config(with_clock(monkeypatch, [1], **{name: HAND, "light": LIGHT}))
    assert str(caught.value).startswith(f"region 'clock': its kind has an observable '{name}', which the recording")


def test_the_mean_potential_is_not_one_of_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=r"'membrane_potential_mean' of dims .* it is that of a region: write"):
        DynamicBrain.from_thalia_config(with_clock(monkeypatch, [1], membrane_potential_mean=LIGHT))


def test_an_observable_that_a_region_leaves_out_is_nan(monkeypatch: pytest.MonkeyPatch) -> None:
    config = with_clock(monkeypatch, [2], hand=HAND, light=LIGHT, mood=Observable("1", "mood", ("probe",)))
    with DynamicBrain.from_thalia_config(config) as brain:
        assert np.isnan(live(brain, 4)["clock"]["mood"].values).all()


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ({"probes": {"striatm": [0]}}, "recording.probes.striatm: there is no region called 'striatm'; did you mean"),
        (
            {"probes": {"striatum.d3": [0]}},
            "recording.probes.striatum.d3: there is no population of region 'striatum' called 'd3'; write one of: ",
        ),
        (
            {"probes": {"striatum.d1": [0, 600]}},
            "recording.probes.striatum.d1: there is no neuron 600 among the 12 of 'striatum.d1'; write numbers from "
            "0 to 11",
        ),
        (
            {"efficacies": ["thalamus"]},
            "recording.efficacies: 'thalamus': no synapse onto it learns; write one of: striatum.d1, striatum.d2",
        ),
        ({"efficacies": ["striatum.d4"]}, "recording.efficacies: 'striatum.d4': there is no population of region"),
        (
            {"efficacies": ["striatum"], "efficacies_every_ms": 0.4},
            "recording.efficacies_every_ms is 0.4 ms",
        ),
    ],
)
def test_what_cannot_be_recorded_is_told(what: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        DynamicBrain.from_thalia_config(recording(ACTING, **what))
    assert str(caught.value).startswith(message)


def test_a_negative_neuron_is_refused_in_the_config() -> None:
    with pytest.raises(ConfigError, match=r"probes\.striatum\.0|probes.*-1"):
        RecordingConfig(probes={"striatum": [-1]})


@pytest.mark.parametrize(
    ("observables", "message"),
    [
        ({}, "recording.probes.clock: region 'clock' is of a kind that lets nothing of single cells be seen"),
        (
            {"light": Observable("1", "light", ("lamp",))},
            "region 'clock': kind 'clock': anatomy() has the observable",
        ),
        (
            {"light": LIGHT, "neuron": HAND},
            "region 'clock': its kind has an observable 'neuron', which the recording",
        ),
    ],
)
def test_a_kind_that_declares_what_cannot_be_is_told(
    monkeypatch: pytest.MonkeyPatch, observables: dict[str, Observable], message: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        DynamicBrain.from_thalia_config(with_clock(monkeypatch, [0], **observables))
    assert str(caught.value).startswith(message)


def test_a_region_that_looks_at_other_cells_than_it_was_asked_to_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Clock, "observe", lambda _: {"light": np.ones((3, 2))})
    with (
        DynamicBrain.from_thalia_config(with_clock(monkeypatch, [0], light=LIGHT)) as brain,
        pytest.raises(Exception, match=r"return one number for each step and probe, shape \(3, 1\)"),
    ):
        brain.forward(None, 3)


@pytest.mark.parametrize("on_disk", [False, True])
def test_a_recording_is_whole_after_an_interruption_of_a_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, on_disk: bool
) -> None:
    """Of the window that was interrupted it has nothing, and no other can follow."""
    config = recording(ACTING, efficacies=["striatum"], efficacies_every_ms=7.0)
    path = tmp_path / "run.zarr"
    with DynamicBrain.from_thalia_config(config, out=path if on_disk else None) as brain:
        live(brain, 20)
        snapshot = brain.executor.snapshot

        def interrupted(region: str) -> Snapshot:
            if brain.now < 35:
                return snapshot(region)
            raise KeyboardInterrupt

        monkeypatch.setattr(brain.executor, "snapshot", interrupted)
        with pytest.raises(KeyboardInterrupt):
            live(brain, 40)
        with pytest.raises(StateError, match="the recording ends before step 28"):
            live(brain, 1)
        kept = brain.recording.load()
    for tree in (kept, load_recording(path).load()) if on_disk else (kept,):
        assert tree["time"].values.tolist() == list(range(28))
        assert tree["striatum"]["sample"].values.tolist() == [7.0, 14.0, 21.0, 28.0]
        assert tree["striatum"]["efficacy"].sizes["sample"] == 4


def test_an_interruption_of_a_flush_waits_for_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    append = MemoryStore.append

    def interrupted(self: MemoryStore, block: Block) -> None:
        signal.raise_signal(signal.SIGINT)
        append(self, block)

    with DynamicBrain.from_thalia_config(ACTING) as brain:
        brain.forward(None, 30)
        monkeypatch.setattr(MemoryStore, "append", interrupted)
        with pytest.raises(KeyboardInterrupt):
            _ = brain.recording
        monkeypatch.undo()
        brain.forward(None, 30)
        assert brain.recording["time"].values.tolist() == list(range(60))


@pytest.mark.parametrize("n_flushed", [0, 20])
def test_of_windows_that_were_half_noted_nothing_is_recorded(monkeypatch: pytest.MonkeyPatch, n_flushed: int) -> None:
    def interrupted(self: Pending, report: WindowReport, levels: Floats) -> None:
        self.starts.append(report.window.start)
        self.levels.append(levels)
        raise KeyboardInterrupt

    with DynamicBrain.from_thalia_config(ACTING) as brain:
        brain.forward(None, 20)
        if n_flushed:
            _ = brain.recording
        monkeypatch.setattr(Pending, "add", interrupted)
        with pytest.raises(KeyboardInterrupt):
            brain.forward(None, 20)
        monkeypatch.undo()
        with pytest.raises(StateError, match=f"the recording ends before step {n_flushed}"):
            brain.forward(None, 1)
        assert brain.recording["time"].values.tolist() == list(range(n_flushed))
