"""The tiny world of these tests: two relays, a ⇄ b.

stimulus → a (2 excitatory, 1 inhibitory) ──3──▶ b (2 neurons)
                      ▲────────────────4──────────┘
"""

from types import MappingProxyType

import numpy as np
import pytest

from thalia_dask.engine.observer import TrialReport
from thalia_dask.engine.orchestrator import Orchestrator
from thalia_dask.engine.sequential import SequentialExecutor
from thalia_dask.recording.recorder import Recorder
from thalia_dask.regions.base import Observable, Region
from thalia_dask.regions.spec import Incoming, RegionSpec
from thalia_dask.spikes import SpikePacket
from thalia_dask.topology.plan import AxonalProjection, BrainPlan, StimulusPort


class Relay(Region):
    """Fires, in the step of arrival, the neuron with the index that arrived."""

    observables = MappingProxyType({"membrane_potential_mean": Observable("mV", "mean membrane potential")})

    def __init__(self, size, *, silent=False):
        self.populations = {"all": size}
        self.size = size
        self.silent = silent
        self.observed = {}

    def advance(self, window, arrivals):
        self.observed = {"membrane_potential_mean": np.arange(window.start, window.stop, dtype=np.float32) - 70}
        spikes = np.unique(np.stack([arrivals.steps, arrivals.neurons % self.size]), axis=1)
        return SpikePacket(spikes[0].astype(np.int32), spikes[1].astype(np.int32))

    def observe(self):
        return {} if self.silent else self.observed

    def snapshot(self):
        return {}

    def restore(self, snapshot):
        pass


@pytest.fixture
def plan():
    return BrainPlan(
        dt_ms=0.5,
        seed=1,
        regions=(
            RegionSpec("a", "relay", 3, 0.5, 1, incoming=(Incoming("b.all", 2, "in"), Incoming("stimulus", 3, "in"))),
            RegionSpec("b", "relay", 2, 0.5, 1, incoming=(Incoming("a.excitatory", 2, "in"),)),
        ),
        projections=(
            AxonalProjection("a", "excitatory", "b", "in", first=0, last=2, delay_steps=3, index=0),
            AxonalProjection("b", "all", "a", "in", first=0, last=2, delay_steps=4, index=0),
        ),
        stimuli=(StimulusPort("a", 3, index=1),),
        populations=(("a", (("excitatory", 2), ("inhibitory", 1))), ("b", (("all", 2),))),
    )


@pytest.fixture
def new_recorder(plan):
    """A recorder with two modulators and an oscillator."""

    def build(**options):
        return Recorder(
            plan,
            **{
                "modulators": ("dopamine", "noradrenaline"),
                "levels": lambda name, steps: steps + 0.25 * (name == "dopamine"),
                "oscillators": ("theta",),
                "phases": lambda name, steps: steps * 0.1,
            }
            | options,
        )

    return build


@pytest.fixture
def drive(plan):
    """Run the two relays under a recorder: a spikes at steps 0 (neuron 0) and 1 (neurons 0, 2), and so on round."""

    def run(recorder, n_steps=20, *, window_steps=None, trials=2, silent=()):
        executor = SequentialExecutor()
        executor.start({"a": lambda: Relay(3, silent="a" in silent), "b": lambda: Relay(2, silent="b" in silent)}, ())
        orchestrator = Orchestrator(plan, executor, [recorder], window_steps)
        recorder.on_start(plan)
        orchestrator.stimulate("a", 1, np.array([0, 1, 1], np.int32), np.array([0, 0, 2], np.int32))
        orchestrator.run(n_steps)
        for index in range(trials):
            recorder.on_trial(TrialReport(n_steps + index, action=index, reward=1.0, reward_prediction_error=0.5))
        return orchestrator

    return run
