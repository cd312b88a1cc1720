"""Checkpoints that are whole, with the hashes that they must have, and say what cannot be: kernels never see them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pytest
import torch
from distributed import Client

from tests.brain.small_brains import forward
from tests.plasticity.forced import Forced
from thalia_dask import DynamicBrain, load_config
from thalia_dask.engine.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from thalia_dask.engine.sealed_file import SealedWriter
from thalia_dask.errors import CheckpointError, StateError
from thalia_dask.plasticity.stdp import STDP

REGIONS = {
    "cortex": {"kind": "cortex", "size": 30, "input_size": 10},
    "striatum": {"kind": "striatum", "size": 12, "params": {"n_actions": 2}},
}
CONFIG = {"brain": {"regions": REGIONS, "projections": [{"source": "cortex", "target": "striatum", "delay_ms": 5}]}}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    """A brain in the middle of a presentation: spikes are in flight within regions and between them."""
    path = tmp_path_factory.mktemp("whole") / "c.zarr"
    with DynamicBrain.from_thalia_config(load_config(CONFIG)) as brain:
        forward(brain, 0, 30)
        brain.select_action()
        brain.save(path)
    checkpoint = read_checkpoint(path)
    assert checkpoint.travel.flights
    assert len(checkpoint.travel.signals) == 1
    assert checkpoint.regions["cortex"]["in_flight"].shape[1] > 0
    return checkpoint


def entry(region: str, name: str, value: Any) -> Callable[[Checkpoint], Checkpoint]:
    """Replace an entry of a snapshot; a function changes it, None leaves it out."""

    def forge(whole: Checkpoint) -> Checkpoint:
        snapshot = dict(whole.regions[region])
        snapshot[name] = value(snapshot[name].clone()) if callable(value) else value
        if value is None:
            del snapshot[name]
        return replace(whole, regions={**whole.regions, region: snapshot})

    return forge


def spike(row: int, value: int) -> Callable[[torch.Tensor], torch.Tensor]:
    """Change one number of the first spike in flight inside a region."""

    def change(flight: torch.Tensor) -> torch.Tensor:
        flight[row, 0] = value
        return flight

    return change


def flight(projection: int | None = None, step: int | None = None, neuron: int | None = None, region: str = ""):
    """Change the first flight between regions."""

    def forge(whole: Checkpoint) -> Checkpoint:
        (target, index, steps, neurons), *others = whole.travel.flights
        steps, neurons = steps.copy(), neurons.copy()
        if step is not None:
            steps[0] = step
        if neuron is not None:
            neurons[-1] = neuron
        first = (region or target, index if projection is None else projection, steps, neurons)
        return replace(whole, travel=replace(whole.travel, flights=[first, *others]))

    return forge


def memory(name: str, value: Any) -> Callable[[Checkpoint], Checkpoint]:
    return lambda whole: replace(whole, memory={**whole.memory, name: value})


BETWEEN = r"^the state between regions cannot be restored: it has "
INSIDE = r"^region 'cortex' cannot be restored: "
FORGERIES: dict[str, tuple[Callable[[Checkpoint], Checkpoint], str]] = {
    "synapse before the table": (entry("cortex", "in_flight", spike(0, -5)), INSIDE + "'in_flight' has spikes that"),
    "synapse of another axon": (entry("cortex", "in_flight", spike(0, 10**12)), INSIDE + "'in_flight' has spikes"),
    "end beyond the table": (entry("cortex", "in_flight", spike(1, 10**12)), INSIDE + "'in_flight' has spikes that"),
    "end within an axon": (entry("cortex", "in_flight", lambda f: f + torch.tensor([[0], [1], [0]])), "'in_flight'"),
    "sent before time began": (entry("cortex", "in_flight", spike(2, -1)), INSIDE + "'in_flight' has spikes that"),
    "flights of two numbers": (entry("cortex", "in_flight", lambda f: f[:2].contiguous()), INSIDE + "'in_flight'"),
    "flights that are no integers": (entry("cortex", "in_flight", lambda f: f.double()), INSIDE + "'in_flight' has"),
    "flights that are a number": (entry("cortex", "in_flight", 3), INSIDE + "'in_flight' has spikes"),
    "no membrane": (entry("cortex", "membrane", None), INSIDE + "the snapshot has no 'membrane'; give a snapshot of"),
    "weights of another dtype": (entry("cortex", "weight", lambda w: w.double()), INSIDE + r"'weight' has .*float64"),
    "too few weights": (entry("cortex", "weight", lambda w: w[:-1].clone()), INSIDE + r"'weight' has shape \(\d+,\)"),
    "a level that is none": (
        entry("cortex", "dopamine_level", float("nan")),
        INSIDE + "'dopamine_level' is nan, whi",
    ),
    "less than nothing": (entry("cortex", "noradrenaline_level", -1.0), INSIDE + "'noradrenaline_level' is -1.0, wh"),
    "a level of never": (entry("cortex", "dopamine_step", 2**40), INSIDE + "'dopamine_step' is 1099511627776, whi"),
    "flight to another region": (flight(region="x"), BETWEEN + "spikes in flight to projection 0 of region 'x', wh"),
    "flight to another port": (flight(projection=7), BETWEEN + "spikes in flight to projection 7 of region 'striat"),
    "flight to a port before": (flight(projection=-1), BETWEEN + "spikes in flight to projection -1 of region"),
    "neuron beyond": (
        flight(neuron=2**31 - 1),
        BETWEEN + r"spikes in flight from cortex.* of neurons beyond the",
    ),
    "neuron before": (
        flight(neuron=-1),
        BETWEEN + r"spikes in flight from cortex.* of neurons beyond the",
    ),
    "arrival in the past": (flight(step=3), BETWEEN + ".* at steps that are not in order from step 30 on; give that"),
    "votes of another brain": (memory("votes", {"votes": [1], "heard_anything": True}), "^memory/votes/votes cannot"),
    "a level that is a text": (memory("levels", {}), "^memory/levels cannot be restored: its form is not that of"),
    "a level of the future": (
        lambda whole: memory("levels", {**whole.memory["levels"], "dopamine": [31, 0.0]})(whole),
        "^the checkpoint is whole, but memory/levels has a step that it has not reached$",
    ),
    "a level below nothing": (
        lambda whole: memory("levels", {**whole.memory["levels"], "acetylcholine": [3, -1.5]})(whole),
        "^the checkpoint is whole, but memory/levels/acetylcholine is -1.5, which it cannot be$",
    ),
    "a region too few": (
        lambda whole: replace(whole, regions={"cortex": whole.regions["cortex"]}),
        "^the checkpoint holds the regions cortex, and this brain has cortex, striatum; give one of this brain$",
    ),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_what_cannot_be_is_refused_by_name(tmp_path: Path, whole: Checkpoint, forgery: str) -> None:
    forge, told = FORGERIES[forgery]
    write_checkpoint(tmp_path / "c.zarr", forge(whole))
    with pytest.raises((StateError, CheckpointError), match=told):
        DynamicBrain.load(tmp_path / "c.zarr")


@pytest.mark.cluster
def test_workers_refuse_it_alike(whole: Checkpoint, three_workers: Client) -> None:
    forge, told = FORGERIES["end beyond the table"]
    with pytest.raises(StateError, match=told):
        DynamicBrain.load(forge(whole), parallel=True, client=three_workers)


def test_late_spikes_of_cells_that_there_are_not() -> None:
    region = Forced(STDP(dendritic_delay_ms=3.0), n_cells=5).region
    state = region.snapshot()
    late = state["late_spikes"].clone()
    late.numpy().view(np.uint8).reshape(3, 8)[:, :5] = 1
    region.restore({**state, "late_spikes": late})
    late.numpy().view(np.uint8).reshape(3, 8)[1, 5] = 1
    with pytest.raises(StateError, match="'late_spikes' has spikes of cells that it does not have"):
        region.restore({**state, "late_spikes": late})


def test_compressed_attributes_might_be_a_bomb(tmp_path: Path, whole: Checkpoint) -> None:
    path, bomb = tmp_path / "c.zarr", tmp_path / "bomb.zarr"
    write_checkpoint(path, whole)
    with ZipFile(path) as archive, ZipFile(bomb, "w") as forged:
        for name in archive.namelist():
            forged.writestr(name, archive.read(name), ZIP_DEFLATED if name == "zarr.json" else None)
    with pytest.raises(CheckpointError, match=r"bomb.zarr is damaged: attributes is not what was written"):
        read_checkpoint(bomb)


@pytest.mark.parametrize("part", ["flights", "steps", "neurons"])
def test_bundles_that_do_not_fit(
    tmp_path: Path, whole: Checkpoint, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    write = SealedWriter.array
    monkeypatch.setattr(
        SealedWriter,
        "array",
        lambda self, group, name, values: write(self, group, name, values[: None if name != part else -1]),
    )
    write_checkpoint(tmp_path / "c.zarr", whole)
    with pytest.raises(CheckpointError, match=r"c.zarr is damaged: in_flight/flights is not what was written"):
        read_checkpoint(tmp_path / "c.zarr")
