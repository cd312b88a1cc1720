import json

import pytest

from thalia_dask.recording.attributes import run_attributes
from thalia_dask.recording.schema import groups, reserved_names


def test_attributes_say_what_the_run_was():
    attributes = run_attributes('{"global": {}}', seed=7, dt_ms=0.5, executor="sequential")
    assert json.loads(attributes["config"]) == {"global": {}}
    assert (attributes["seed"], attributes["dt_ms"], attributes["executor"]) == (7, 0.5, "sequential")
    assert set(json.loads(attributes["versions"])) == {"thalia_dask", "torch", "numpy", "xarray", "python"}


@pytest.mark.parametrize("path", ["/", "a", "engine"])
def test_every_variable_is_declared_once_and_says_what_it_is(path):
    declared = groups(("a",), {}, (), spikes=True, membrane_potential=True, modulators=True, oscillators=True)[path]
    assert len({v.name for v in declared}) == len(declared)
    assert all(v.long_name and v.attributes["long_name"] for v in declared)
    assert all(v.units for v in declared if v.dtype != "str")


def test_the_names_that_no_region_may_have():
    assert {"engine", "time", "region", "trial", "spike_count", "dopamine"} - reserved_names() == {"dopamine"}
