"""The standard brain, and the configs that are shipped."""

from pathlib import Path

import pytest

from thalia_dask.config import BrainConfig, RegionSizes, ThaliaConfig, load_cluster_config, load_config
from thalia_dask.topology.build import build_plan
from thalia_dask.topology.summary import summarize

CONFIGS = Path(__file__).parents[2] / "configs"


def test_the_pathways_of_the_standard_brain():
    plan = build_plan(ThaliaConfig())
    assert {str(p): p.delay_steps for p in plan.projections} == {
        "cortex.l23 -> hippocampus.perforant": 3,
        "cortex.l23 -> pfc.afferent": 6,
        "cortex.l5 -> striatum.cortical": 5,
        "cortex.l6 -> thalamus.corticothalamic": 5,
        "hippocampus.ca1 -> cortex.feedback": 4,
        "hippocampus.ca1 -> pfc.hippocampal": 5,
        "hippocampus.ca1 -> striatum.hippocampal": 5,
        "pfc.exc -> cerebellum.mossy": 5,
        "pfc.exc -> striatum.prefrontal": 4,
        "striatum.d1 -> pfc.gate": 5,
        "thalamus.relay -> cortex.feedforward": 5,
    }


def test_the_sizes_of_the_standard_brain():
    sizes = RegionSizes(input_size=30, cortex_size=41, pfc_size=42, n_actions=3, neurons_per_action=7)
    plan = build_plan(ThaliaConfig(brain=BrainConfig(sizes=sizes)))
    specs = {spec.name: spec for spec in plan.regions}
    assert list(specs) == ["cerebellum", "cortex", "hippocampus", "pfc", "striatum", "thalamus"]
    assert {name: spec.size for name, spec in specs.items()} == {
        "cerebellum": 100, "cortex": 41, "hippocampus": 200, "pfc": 42, "striatum": 21, "thalamus": 30,
    }  # fmt: skip
    assert ("n_actions", 3) in specs["striatum"].params
    assert specs["pfc"].kind == "prefrontal"
    assert [(port.region, port.size) for port in plan.stimuli] == [("thalamus", 30)]


def test_the_thalamus_may_differ_from_its_input():
    sizes = RegionSizes(input_size=30, thalamus_size=50)
    plan = build_plan(ThaliaConfig(brain=BrainConfig(sizes=sizes)))
    assert next(spec.size for spec in plan.regions if spec.name == "thalamus") == 50


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.name)
def test_every_shipped_brain_builds(path):
    plan = build_plan(load_config(path))
    assert summarize(plan).n_neurons > 0
    assert path.read_text(encoding="utf-8").startswith("# ")


def test_the_shipped_brains_are_these():
    assert {path.stem for path in CONFIGS.glob("*.yaml")} >= {
        "digits", "sensorimotor", "thalamocortical_loop", "two_regions",
    }  # fmt: skip


@pytest.mark.parametrize("path", sorted((CONFIGS / "clusters").glob("*.yaml")), ids=lambda path: path.name)
def test_every_shipped_cluster_loads(path):
    assert load_cluster_config(path).kind == path.stem


def test_sensorimotor_has_the_sizes_of_the_seed():
    sizes = load_config(CONFIGS / "sensorimotor.yaml").brain.sizes
    assert (
        sizes.input_size,
        sizes.thalamus_size,
        sizes.cortex_size,
        sizes.hippocampus_size,
        sizes.pfc_size,
        sizes.n_actions,
    ) == (784, 784, 128, 100, 64, 4)
