"""States that are put into regions: those of before, and changed ones.

stimulus ──> thalamus ──4 ms──> striatum (3 actions), which learns
"""

from __future__ import annotations

import re

import numpy as np
import pytest
from distributed import Client

from tests.brain.conftest import ACTING
from thalia_dask import DynamicBrain
from thalia_dask.config import BrainConfig, ExecutionConfig, ThaliaConfig
from thalia_dask.config.models import RegionConfig
from thalia_dask.errors import InputError
from thalia_dask.plasticity.dopamine_stdp import DopamineSTDP
from thalia_dask.plasticity.synaptic_scaling import SynapticScaling
from thalia_dask.regions import REGIONS
from thalia_dask.regions.kind import SpikingKind
from thalia_dask.regions.layout import Background, Connection, Layout, Population
from thalia_dask.regions.spec import RegionSpec

LIGHT = np.full(10, 0.8)
N_CELLS = 26
"""Of the striatum of ``ACTING``."""
ON_WORKERS = ACTING.model_copy(
    update={
        "brain": ACTING.brain.model_copy(update={"parallel": True}),
        "execution": ExecutionConfig(n_workers=2),
    }
)


def brain_on(config: ThaliaConfig, workers: Client) -> DynamicBrain:
    return DynamicBrain.from_thalia_config(config, client=workers if config.brain.parallel else None)


everywhere = pytest.mark.parametrize(
    "config",
    [pytest.param(ACTING, id="sequential"), pytest.param(ON_WORKERS, id="dask", marks=pytest.mark.cluster)],
)


@everywhere
def test_a_state_of_before_brings_back_what_followed(config: ThaliaConfig, three_workers: Client) -> None:
    with brain_on(config, three_workers) as brain:
        brain.forward(LIGHT, 30)
        before = {region: brain.state(region) for region in brain.plan.region_names}
        for region, state in before.items():
            brain.set_state(region, state)
        for region, state in before.items():
            for name, values in brain.state(region).items():
                np.testing.assert_array_equal(values, state[name], err_msg=name)
        brain.forward(LIGHT, 30)
        after = brain.recording["striatum"]["spike_step"].values
    with DynamicBrain.from_thalia_config(ACTING) as undisturbed:
        undisturbed.forward(LIGHT, 30)
        undisturbed.forward(LIGHT, 30)
        np.testing.assert_array_equal(after, undisturbed.recording["striatum"]["spike_step"].values)


@everywhere
def test_efficacies_are_set_synapse_by_synapse(config: ThaliaConfig, three_workers: Client) -> None:
    with brain_on(config, three_workers) as brain:
        chosen = brain.synapses("striatum", source="thalamus.relay", target="striatum.d1")["synapse"].values
        weight = brain.state("striatum")["weight"].copy()
        weight[chosen] = 0.0
        brain.set_state("striatum", {"weight": weight})
        assert not brain.synapses("striatum", target="striatum.d1", source="thalamus.relay")["efficacy"].any()
        assert brain.synapses("striatum", target="striatum.d2", source="thalamus.relay")["efficacy"].all()
        brain.forward(LIGHT, 60)
        striatum = brain.recording["striatum"]
        fired = set(striatum["population"].values[striatum["spike_neuron"].values])
    assert "d2" in fired
    assert "d1" not in fired


def test_efficacies_that_a_rule_has_not_brought_up_to_now_are_those_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """stimulus ──> learners, whose rules keep sums until a spike needs the efficacy."""

    def layout(spec: RegionSpec) -> Layout:
        cells = (Population("exc", spec.size, background=Background(800.0, 6.0)),)
        rules = (DopamineSTDP(potentiation=0.02), SynapticScaling(tau_scaling_ms=300.0, target_hz=20.0))
        learned = [Connection("in", "exc", 0.5, 40.0, rule=rule, gates=("dopamine",)) for rule in rules]
        return Layout(cells, tuple(learned), ("in",), "in", "exc")

    monkeypatch.setitem(REGIONS, "learners", SpikingKind(layout))
    regions = {"net": RegionConfig(kind="learners", size=14, input_size=10)}
    with DynamicBrain.from_thalia_config(ThaliaConfig(brain=BrainConfig(regions=regions))) as brain:
        brain.forward(LIGHT, 60)
        brain.release("dopamine", 0.5)
        brain.forward(LIGHT, 23)
        told = brain.synapses("net")["efficacy"]
        assert (told.values != brain.state("net")["weight"]).any(), "some are kept aside"
        for weight in (told, 0.5 * told, 0.0 * told):
            brain.set_state("net", {"weight": weight})
            np.testing.assert_array_equal(brain.synapses("net")["efficacy"], weight)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("wieght", [1.0], "'wieght' of region 'striatum': it has no such entry; did you mean 'weight'? write one of"),
        ("weight", [1.0, 2.0], "'weight' of region 'striatum' is of shape (2,) and dtype float64; write shape ("),
        ("refractory", 0.5, "'refractory' of region 'striatum' is of shape () and dtype float64; write shape ("),
        ("dopamine_level", np.nan, "'dopamine_level' of region 'striatum' has numbers that are not finite"),
        (
            "membrane",
            np.full(N_CELLS, 1e39),
            "'membrane' of region 'striatum' has numbers that are not finite in float32",
        ),
        (
            "refractory",
            np.full(N_CELLS, 2**32 + 7),
            "'refractory' of region 'striatum' has numbers that int32 does not h",
        ),
        (
            "membrane",
            [[1.0], [2.0, 3.0]],
            "'membrane' of region 'striatum' is a sequence of rows of different shapes",
        ),
        ("membrane", np.ma.masked_array([1.0], [True]), "'membrane' of region 'striatum' has masked values"),
    ],
)
def test_what_a_region_cannot_have_is_told(acting: DynamicBrain, name: str, value: object, message: str) -> None:
    before = acting.state("striatum")
    with pytest.raises(InputError, match=re.escape(f"set_state: {message}")):
        acting.set_state("striatum", {"membrane": before["membrane"] + 1, name: value})
    np.testing.assert_array_equal(acting.state("striatum")["membrane"], before["membrane"])


def test_numbers_of_another_kind_are_told(acting: DynamicBrain) -> None:
    halves = acting.state("striatum")["refractory"] + 0.5
    with pytest.raises(InputError, match=r"dtype float64; write shape .* and dtype int32, as brain\.state gives it"):
        acting.set_state("striatum", {"refractory": halves})


def test_what_is_no_state_is_told(acting: DynamicBrain) -> None:
    with pytest.raises(InputError, match="set_state: the state of region 'striatum' is 3; write a mapping, such as"):
        acting.set_state("striatum", 3)  # type: ignore[arg-type]
