"""Overview and Architecture: regions in processes of their own, joined by events with axonal delays."""

from __future__ import annotations

import os

import pytest
import torch
from distributed import Client

from tests.seed.conftest import config_of
from thalia_dask.core.dynamic_brain import DynamicBrain
from thalia_dask.engine.observer import Observer, WindowReport
from thalia_dask.events.parallel import get_axonal_delay


def regions_here(dask_worker) -> tuple[int, set[str]]:
    """The process, and the names of the regions whose actors live in it."""
    return os.getpid(), {key.rsplit("-", 1)[1] for key in dask_worker.state.actors if key.startswith("RegionActor")}


@pytest.mark.cluster
def test_every_region_is_an_actor_in_another_process(brain_par: DynamicBrain, three_workers: Client) -> None:
    homes = three_workers.run(regions_here)
    assert len({pid for pid, _ in homes.values()} | {os.getpid()}) == 4
    assert sorted(region for _, regions in homes.values() for region in regions) == sorted(brain_par.adapters)
    assert brain_par._parallel_executor.placement == {
        region: address for address, (_, regions) in homes.items() for region in regions
    }


class Diary(Observer):
    def __init__(self) -> None:
        self.left: dict[str, set[tuple[int, int]]] = {}
        self.arrived: dict[tuple[str, int], set[tuple[int, int]]] = {}

    def on_window(self, report: WindowReport) -> None:
        for region, emission in report.emissions.items():
            pairs = zip(emission.spikes.steps.tolist(), emission.spikes.neurons.tolist(), strict=True)
            self.left.setdefault(region, set()).update(pairs)
        for region, arrivals in report.arrivals.items():
            entries = zip(arrivals.steps, arrivals.projections, arrivals.neurons, strict=True)
            for step, projection, neuron in entries:
                self.arrived.setdefault((region, int(projection)), set()).add((int(step), int(neuron)))


@pytest.mark.cluster
def test_every_spike_arrives_once_and_after_its_delay(three_workers: Client, input_pattern: torch.Tensor) -> None:
    diary = Diary()
    config = config_of(parallel=True)
    with DynamicBrain.from_thalia_config(config, client=three_workers, observers=[diary]) as brain:
        brain.forward(input_pattern, n_timesteps=40)
        for p in brain.plan.projections:
            assert p.delay_steps == get_axonal_delay(p.source, p.target)
            expected = {
                (step + p.delay_steps, neuron - p.first)
                for step, neuron in diary.left[p.source]
                if p.first <= neuron < p.last and step + p.delay_steps < brain.now
            }
            assert diary.arrived.get((p.target, p.index), set()) == expected
        assert sum(map(len, diary.arrived.values())) > 100


def test_the_orchestrator_manages_theta_and_neuromodulators(brain: DynamicBrain, input_pattern: torch.Tensor) -> None:
    result = brain.forward(input_pattern, n_timesteps=15)
    brain.select_action()
    brain.deliver_reward(external_reward=1.0)
    after = brain.forward(input_pattern, n_timesteps=15)
    dopamine = [float(each.dataset["neuromodulator"].sel(modulator="dopamine")[0]) for each in (result, after)]
    assert dopamine[1] > dopamine[0]
    theta = result.dataset["oscillator_phase"].sel(oscillator="theta").values
    assert len(set(theta.tolist())) == 15


@pytest.mark.parametrize(
    ("source", "target", "delay_ms"),
    [("sensory", "cortex", 5.0), ("cortex", "hippocampus", 3.0), ("striatum", "motor", 5.0), ("pfc", "cortex", 8.0)],
)
def test_realistic_axonal_delays(source: str, target: str, delay_ms: float) -> None:
    assert get_axonal_delay(source, target) == delay_ms
