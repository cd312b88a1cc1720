"""Synapses one by one: given ones come back as they were, and efficacies as they are.

stimulus ──> a.all ──3 ms──> b.exc ──> b.inh, where what b hears learns from dopamine
"""

from __future__ import annotations

import numpy as np
import pytest
from distributed import Client

from thalia_dask import DynamicBrain
from thalia_dask.config import ThaliaConfig, load_config
from thalia_dask.errors import ConfigError, InputError
from thalia_dask.neurons.base import SLOW
from thalia_dask.plasticity.dopamine_stdp import DopamineSTDP
from thalia_dask.regions import REGIONS
from thalia_dask.regions.kind import SpikingKind
from thalia_dask.regions.layout import Background, ExplicitConnection, Layout, Population
from thalia_dask.regions.spec import RegionSpec
from thalia_dask.synapses.connectivity import EdgeList

EDGES = EdgeList(
    np.array([2, 0, 1], np.int32),
    np.array([1, 1, 0], np.int32),
    np.array([3.0, -1.0, 2.0], np.float32),
    np.array([4, 1, 2], np.int32),
)
HEARD = EdgeList(*(np.array([3, 0]), np.array([0, 2]), np.array([40.0, 50.0], np.float32), np.array([0, 2])))


def first(_: RegionSpec) -> Layout:
    return Layout((Population("all", 4, background=Background(500.0, 5.0)),), (), ("in",), "in", "all")


def second(_: RegionSpec) -> Layout:
    inside = ExplicitConnection("exc", "inh", EDGES, channel=SLOW)
    heard = ExplicitConnection("in", "exc", HEARD, rule=DopamineSTDP(potentiation=0.5), gates=("dopamine",))
    cells = Population("exc", 3, background=Background(500.0, 5.0)), Population("inh", 2)
    return Layout(cells, (inside, heard), ("in",), "in", "exc")


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch) -> ThaliaConfig:
    monkeypatch.setitem(REGIONS, "first", SpikingKind(first))
    monkeypatch.setitem(REGIONS, "second", SpikingKind(second))
    regions = {
        "a": {"kind": "first", "size": 4, "input_size": 2},
        "b": {"kind": "second", "size": 5},
        "c": {"kind": "torch_module", "size": 3, "input_size": 3},
    }
    return load_config(
        {"brain": {"regions": regions, "projections": [{"source": "a", "target": "b", "delay_ms": 3.0}]}}
    )


def test_given_synapses_are_told_with_their_ends(config: ThaliaConfig) -> None:
    with DynamicBrain.from_thalia_config(config) as brain:
        inside = brain.synapses("b", source="b.exc").to_dataframe()
        heard = brain.synapses("b", target="b.exc").to_dataframe()
        assert brain.synapses("b").sizes["synapse"] == 5
        assert brain.synapses("a").sizes["synapse"] == 0
    assert inside.to_numpy().tolist() == [
        ["b.exc", 0, "b.inh", 1, "nmda", 1.0, -1.0, -1.0],
        ["b.exc", 1, "b.inh", 0, "nmda", 2.0, 2.0, 2.0],
        ["b.exc", 2, "b.inh", 1, "nmda", 4.0, 3.0, 3.0],
    ]
    assert heard.to_numpy().tolist() == [
        ["a.all", 0, "b.exc", 2, "ampa", 5.0, 50.0, 50.0],
        ["a.all", 3, "b.exc", 0, "ampa", 3.0, 40.0, 40.0],
    ]


def test_efficacies_are_those_of_now(config: ThaliaConfig) -> None:
    """What dopamine has earned them, which a region puts into them when an axon fires."""
    with DynamicBrain.from_thalia_config(config) as brain:
        for _ in range(5):
            brain.forward(None, 60)
            brain.release("dopamine", 2.0)
        brain.forward(None, 3)
        kept, now = brain.state("b")["weight"], brain.synapses("b")["efficacy"].values
        assert not np.array_equal(kept, now)
        brain.reset_episode()
        brain.forward(None, 1)
        assert brain.state("b")["weight"].tolist() == now.tolist()


@pytest.mark.cluster
def test_on_workers(three_workers: Client) -> None:
    sizes = {"input_size": 10, "cortex_size": 20, "hippocampus_size": 20, "pfc_size": 20}
    told = []
    for client, parallel in ((None, False), (three_workers, True)):
        config = load_config({"brain": {"sizes": sizes, "parallel": parallel}})
        with DynamicBrain.from_thalia_config(config, client=client) as brain:
            brain.forward(np.ones(10, np.float32), 50)
            told.append(brain.synapses("striatum"))
    assert told[0].identical(told[1])


def test_what_has_none(config: ThaliaConfig) -> None:
    with DynamicBrain.from_thalia_config(config) as brain:
        with pytest.raises(InputError, match=r"^region 'c' is of kind 'torch_module', which has no table of syn"):
            brain.synapses("c")
        with pytest.raises(InputError, match=r"^there is no region 'd'; the regions are: a, b, c$"):
            brain.synapses("d")
        with pytest.raises(ConfigError, match=r"^synapses: target: there is no population called 'b.in'; did you"):
            brain.synapses("b", target="b.in")
