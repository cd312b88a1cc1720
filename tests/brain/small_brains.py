"""Random small brains, and what is left when one has lived: to be compared bit by bit."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.toy_brains import Diary
from thalia_dask import DynamicBrain
from thalia_dask.config import BrainConfig, GlobalConfig, RecordingConfig, ThaliaConfig, TrainingConfig
from thalia_dask.config.models import ProjectionConfig, RegionConfig
from thalia_dask.regions import REGIONS, RegionSpec, find_kind
from thalia_dask.seeds import generator

KINDS = sorted(REGIONS)


@st.composite
def regions(draw: st.DrawFn, n_actions: int) -> RegionConfig:
    """One region of any kind; spontaneous, so that it need not be reached: some have no axons at all."""
    kind = draw(st.sampled_from(KINDS))
    size = draw(st.integers(4, 20))
    params: dict[str, Any] = {}
    if kind == "striatum":
        params = {"n_actions": n_actions}
        size -= size % n_actions
    input_size = draw(st.none() | st.integers(1, 12))
    return RegionConfig(kind=kind, size=size, input_size=input_size, spontaneous=True, params=params)


@st.composite
def small_brains(draw: st.DrawFn) -> ThaliaConfig:
    """One to six regions with any projections: cycles, self-projections, unequal delays, none at all.

    Some of their cells are probed, and efficacies are recorded where synapses learn.
    """
    names = [f"r{i}" for i in range(draw(st.integers(1, 6)))]
    n_actions = draw(st.integers(1, 3))
    chosen = {name: draw(regions(n_actions)) for name in names}
    ends: dict[str, list[str]] = {"from": [], "to": []}
    probes: dict[str, list[int]] = {}
    learning: list[str] = []
    for name, region in chosen.items():
        spec = RegionSpec(name, region.kind, region.size, 1.0, 0, params=tuple(region.params.items()))
        anatomy = find_kind(region.kind).anatomy(spec)
        ends["from"] += [f"{name}.{population}" for population, _ in anatomy.populations]
        ends["to"] += [f"{name}.{port}" for port in anatomy.ports]
        learning += [f"{name}.{population}" for population in anatomy.learning]
        if region.kind != "torch_module":
            probes[name] = draw(st.lists(st.integers(0, anatomy.n_neurons - 1), max_size=2))
    pair = st.tuples(st.sampled_from(ends["from"]), st.sampled_from(ends["to"]))
    projections = [
        ProjectionConfig(
            source=source,
            target=target,
            delay_ms=float(draw(st.integers(1, 8))),
            weight_scale=draw(st.sampled_from([0.5, 1.0, 3.0])),
        )
        for source, target in draw(st.lists(pair, unique=True, max_size=10))
    ]
    return ThaliaConfig(
        global_=GlobalConfig(seed=draw(st.integers(0, 2**32))),
        brain=BrainConfig(regions=chosen, projections=projections, max_input_rate_hz=500.0),
        training=TrainingConfig(exploration=0.3),
        recording=RecordingConfig(
            probes=probes,
            efficacies=draw(st.lists(st.sampled_from(learning), max_size=2)) if learning else [],
            efficacies_every_ms=float(draw(st.integers(1, 12))),
        ),
    )


def stimulus(brain: DynamicBrain, trial: int) -> dict[str, np.ndarray]:
    return {
        port.region: generator(9, "stimulus", port.region, trial).random(port.size, np.float32)
        for port in brain.plan.stimuli
    }


def forward(brain: DynamicBrain, trial: int, *n_timesteps: int) -> tuple[dict[str, int], int]:
    """Show one stimulus, in one or several calls; spike counts and events together."""
    results = [brain.forward(stimulus(brain, trial), n) for n in n_timesteps]
    counts = {region: sum(r["spike_counts"][region] for r in results) for region in brain.plan.region_names}
    return counts, sum(r["events_processed"] for r in results)


def act(brain: DynamicBrain, reward: float) -> tuple[int, float, float] | None:
    """Select an action and reward it, in a brain that can."""
    if not any(spec.kind == "striatum" for spec in brain.plan.regions):
        brain.release("dopamine", reward)
        return None
    action, confidence = brain.select_action()
    return action, confidence, brain.deliver_reward(reward)


def final_state(brain: DynamicBrain) -> dict[tuple[str, str], tuple[str, bytes]]:
    return {
        (region, name): (str(value.dtype), value.tobytes())
        for region in brain.plan.region_names
        for name, value in brain.state(region).items()
    }


def recorded(brain: DynamicBrain) -> dict[tuple[str, str], tuple[str, bytes]]:
    """What the groups of the regions hold."""
    tree = brain.recording
    return {
        (region, str(name)): (str(values.dtype), values.values.tobytes())
        for region in brain.plan.region_names
        for name, values in tree[region].to_dataset(inherit=False).variables.items()
    }


def live(brain: DynamicBrain, diary: Diary, first: tuple[int, ...] = (15,)) -> dict[str, Any]:
    """Thirty-odd steps with two rewards and a new episode; everything that came of them."""
    return {
        "seen": [forward(brain, 0, *first), forward(brain, 1, 9)],
        "acted": [act(brain, 1.0), brain.forward(None, 3)["spike_counts"], act(brain, -0.5), brain.reset_episode()],
        "after": forward(brain, 2, 6),
        "voted": act(brain, 0.25),
        "rest": brain.forward(None, 1)["spike_counts"],
        "state": final_state(brain),
        "recorded": recorded(brain),
        "spikes": diary.spikes,
        "observed": diary.observed,
    }


def life(config: ThaliaConfig, first: tuple[int, ...] = (15,), **options: Any) -> dict[str, Any]:
    """Build a brain, let it live and close it."""
    diary = Diary()
    with DynamicBrain.from_thalia_config(config, observers=[diary], **options) as brain:
        return live(brain, diary, first)
