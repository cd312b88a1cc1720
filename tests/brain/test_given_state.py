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
from thalia_dask.config import ExecutionConfig, ThaliaConfig
from thalia_dask.errors import InputError

LIGHT = np.full(10, 0.8)
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


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("wieght", [1.0], "'wieght' of region 'striatum': it has no such entry; did you mean 'weight'? write one of"),
        ("weight", [1.0, 2.0], "'weight' of region 'striatum' is of shape (2,) and dtype float64; write shape ("),
        ("refractory", 0.5, "'refractory' of region 'striatum' is of shape () and dtype float64; write shape ("),
        ("dopamine_level", np.nan, "'dopamine_level' of region 'striatum' has numbers that are not finite"),
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
