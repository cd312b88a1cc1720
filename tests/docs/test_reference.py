"""The pages that scripts write are those that the scripts would write now, and leave nothing out."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

import pytest

from docs import make_rates, make_reference
from docs.reference_pages.config import sections
from docs.reference_pages.models import NEURONS
from docs.reference_pages.regions import PARAMS
from thalia_dask import neurons, plasticity
from thalia_dask.config import ThaliaConfig, models
from thalia_dask.config.base import Config
from thalia_dask.declared import declared, meaning
from thalia_dask.neurons.base import Neuron
from thalia_dask.plasticity.base import Rule
from thalia_dask.plasticity.updates import RULES
from thalia_dask.regions import REGIONS, connections
from thalia_dask.regions.connections import AnyConnection
from thalia_dask.synapses import distributions
from thalia_dask.synapses.distributions import Distribution
from thalia_dask.synapses.short_term import TsodyksMarkram

DOCS = Path(__file__).parents[2] / "docs"
REFERENCE = DOCS / "reference"
PARAMETERS = (*(params for _, params in PARAMS.values()), *NEURONS, *RULES, TsodyksMarkram)


def classes(module: ModuleType, base: type) -> Iterator[type]:
    """Those that a module makes of a base, and that are no bases themselves."""
    for item in vars(module).values():
        own = inspect.isclass(item) and item.__module__ == module.__name__
        if own and issubclass(item, base) and not inspect.isabstract(item):
            yield item


@pytest.mark.parametrize("name", make_reference.PAGES)
def test_reference_is_up_to_date(name: str) -> None:
    written = (REFERENCE / name).read_text(encoding="utf-8")
    assert written == make_reference.PAGES[name](), "run: python docs/make_reference.py"


def test_rates_are_up_to_date() -> None:
    assert make_rates.PAGE.read_text(encoding="utf-8") == make_rates.page(), "run: python docs/make_rates.py"


def test_every_page_is_in_the_index() -> None:
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    assert [page.name for page in sorted(REFERENCE.glob("*.md")) if f"(reference/{page.name})" not in index] == []


def test_every_part_of_a_config_has_a_section() -> None:
    described = {model for _, model in sections(ThaliaConfig)}
    assert described | {ThaliaConfig} == set(classes(models, Config))


def test_every_region_kind_has_its_parameters_described() -> None:
    assert PARAMS.keys() == REGIONS.keys()


@pytest.mark.parametrize("parameters", PARAMETERS, ids=lambda parameters: parameters.__name__)
def test_every_parameter_has_a_meaning(parameters: type) -> None:
    assert [name for name, annotation in declared(parameters).items() if not meaning(annotation)] == []


def test_every_model_is_described() -> None:
    page = (REFERENCE / "models.md").read_text(encoding="utf-8")
    titles = [line for line in page.splitlines() if line.startswith("###")]
    modules = [
        (import_module(f"{package.__name__}.{found.name}"), base)
        for package, base in ((neurons, Neuron), (plasticity, Rule))
        for found in iter_modules(package.__path__)
        if not found.name.endswith("on_torch")
    ]
    modules += [(connections, AnyConnection), (distributions, Distribution)]
    there = [kind.__name__ for module, base in modules for kind in classes(module, base)]
    assert len(there) > 15
    assert [name for name in there if not any(f"`{name}`" in title for title in titles)] == []
