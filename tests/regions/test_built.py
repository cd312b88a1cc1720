"""What a kind of somebody's own builds is what it told of, on every executor."""

from __future__ import annotations

from functools import partial

import pytest

from tests.executors import NewExecutor
from tests.toy_brains import plan, toys
from tests.toy_regions import SilentRegion
from thalia_dask.errors import ConfigError
from thalia_dask.regions import REGIONS, Anatomy, Region, RegionKind, RegionSpec, create_region

SPEC = RegionSpec("a", "mine", 3, 1.0, seed=1)
BRAIN = plan({"a": 5, "b": 5}, [("a", "b", 2)])


class Bare(SilentRegion):
    """Forgets its populations."""

    def __init__(self) -> None:
        pass


class Sized(SilentRegion):
    def __init__(self, populations: object) -> None:
        self.populations = populations  # type: ignore[assignment]


class Kind(RegionKind):
    def __init__(self, built: object) -> None:
        self._built = built

    def anatomy(self, spec: RegionSpec) -> Anatomy:
        return Anatomy((("exc", spec.size), ("inh", 1)), ("in",), "in", "in", "exc", spec.size + 1)

    def create(self, spec: RegionSpec) -> Region:
        return self._built  # type: ignore[return-value]


def create(built: object) -> Region:
    """Build a region of a kind that is registered wherever that is called."""
    REGIONS["mine"] = Kind(built)
    try:
        return create_region(SPEC)
    finally:
        del REGIONS["mine"]


TOLD = "and anatomy() tells of {'exc': 3, 'inh': 1}; let both have the same names and sizes in the same order"


@pytest.mark.parametrize(
    ("built", "told"),
    [
        (None, "None; return a Region"),
        (Bare(), f"a region whose populations are None, {TOLD}"),
        (Sized(("exc", 3)), f"a region whose populations are ('exc', 3), {TOLD}"),
        (Sized({"exc": 4, "inh": 1}), f"a region whose populations are {{'exc': 4, 'inh': 1}}, {TOLD}"),
        (Sized({"inh": 1, "exc": 3}), f"a region whose populations are {{'inh': 1, 'exc': 3}}, {TOLD}"),
    ],
)
def test_a_region_that_is_not_what_its_kind_told_of(built: object, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        create(built)
    assert str(caught.value) == f"region 'a': create() of kind 'mine' returned {told}"


def test_a_region_that_is() -> None:
    region = Sized({"exc": 3, "inh": 1})
    assert create(region) is region


def test_it_is_told_by_every_executor_as_it_is_built(new_executor: NewExecutor) -> None:
    creators = toys(BRAIN) | {"b": partial(create, Sized({"exc": 9}))}
    with pytest.raises(ConfigError, match=r"^region 'a': create\(\) of kind 'mine' returned a region whose popul"):
        new_executor().start(creators, ())
