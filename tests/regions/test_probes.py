"""What is seen of single cells is their state after each step, and looking changes nothing.

stimulus and one axon in each port ──> here, of every kind
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.regions.contract import advance, assert_same_state, check_observables, pairs
from tests.regions.test_contract import spec_of, spiking_kinds
from thalia_dask.neurons.adex import AdExParams
from thalia_dask.neurons.conductance import ConductanceLIFParams
from thalia_dask.neurons.lif import LIFParams
from thalia_dask.regions import RegionSpec, create_region, find_kind
from thalia_dask.regions.layout import Layout, Population
from thalia_dask.regions.probes import observables

CELLS = (0, 5, 9)
devices = pytest.mark.parametrize("device", ["cpu", "cpu:0"], ids=["kernels", "torch"])


@devices
@spiking_kinds
def test_cells_are_seen_as_they_are_after_each_step(kind: str, device: str) -> None:
    spec = replace(spec_of(kind), device=device, probes=CELLS)
    region = create_region(spec)
    for step in range(40):
        advance(region, spec, step, step + 1)
        seen, state = region.observe(), region.snapshot()
        expected = {"membrane_potential": state["membrane"], "adaptation": state["adaptation"]}
        expected |= dict(zip(("ampa", "gaba", "nmda"), state["current"], strict=False))
        assert {name for name in seen if name != "membrane_potential_mean"} == expected.keys()
        for name, values in expected.items():
            np.testing.assert_array_equal(seen[name], np.asarray(values)[None, list(CELLS)], err_msg=name)


@devices
@spiking_kinds
def test_looking_changes_nothing_and_does_not_depend_on_windows(kind: str, device: str) -> None:
    spec = replace(spec_of(kind), device=device)
    watched, alone = replace(spec, probes=CELLS), create_region(spec)
    region = create_region(watched)
    assert pairs(advance(region, spec, 0, 40)) == pairs(advance(alone, spec, 0, 40))
    assert_same_state(region.snapshot(), alone.snapshot())
    check_observables(watched)


@spiking_kinds
def test_a_kind_declares_what_its_regions_observe(kind: str) -> None:
    spec = replace(spec_of(kind), probes=CELLS)
    assert create_region(spec).observables == find_kind(kind).anatomy(spec).observables


@pytest.mark.parametrize(
    ("neurons", "input_units", "adaptation_units"),
    [
        ((LIFParams(),), "mV", "mV"),
        ((ConductanceLIFParams(),), "nS", "mV"),
        ((AdExParams(),), "nS", "pA"),
        ((LIFParams(), AdExParams()), "nS or mV", "mV or pA"),
    ],
)
def test_units_are_those_of_the_neuron_models(neurons, input_units: str, adaptation_units: str) -> None:
    populations = tuple(Population(f"p{i}", 3, neuron) for i, neuron in enumerate(neurons))
    seen = observables(Layout(populations, (), ("in",), "in", "p0"))
    assert [one.units for one in seen.values()] == ["mV", adaptation_units, input_units, input_units]


def test_nothing_is_seen_of_cells_unless_it_is_asked_for() -> None:
    region = create_region(RegionSpec("here", "cortex", 24, 1.0, 3))
    assert region.observables.keys() == {"membrane_potential_mean"}
