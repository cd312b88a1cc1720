"""Python: what can be imported and called."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import cached_property
from types import ModuleType
from typing import Any

import thalia_dask
from docs.reference_pages.markdown import called, entry, listed, page, words
from thalia_dask import brain, config, errors, regions
from thalia_dask.brain import DynamicBrain, Result
from thalia_dask.config import load_cluster_config
from thalia_dask.engine.checkpoint import read_checkpoint
from thalia_dask.engine.executor import Emission, RecoveryReport
from thalia_dask.engine.observer import Observer, ProgressReport, Received, TrialReport, WindowReport
from thalia_dask.recording.reading import load_recording
from thalia_dask.regions.kind import SpikingKind, read_params, share
from thalia_dask.regions.spec import Incoming
from thalia_dask.spikes import Arrivals, Signal, SpikePacket
from thalia_dask.ticks import Window

HEAD = """# Python

What can be imported and called, by module. The models of a config are described in [Config](config.md), layouts,
neurons and learning rules in [Models](models.md), tasks in [Tasks](tasks.md)."""

RETURNED = (DynamicBrain, Result)
"""Classes whose objects are made by other calls."""


def python_page() -> str:
    top = _public(thalia_dask)
    of_brain = [item for item in _public(brain) if item not in top]
    models = [name for name in config.__all__ if inspect.isclass(getattr(config, name))]
    parts = [
        HEAD,
        "## `thalia_dask`",
        *map(_item, top),
        "## `thalia_dask.brain`",
        *map(_item, of_brain),
        "## `thalia_dask.config`",
        f"The models {listed(models)}, whose fields are the keys of [Config](config.md), as keyword arguments.",
        _item(load_cluster_config),
        "## `thalia_dask.recording.reading`",
        _item(load_recording),
        "## `thalia_dask.engine.checkpoint`",
        _item(read_checkpoint),
        "## `thalia_dask.engine.observer`",
        "How to write one: [Add a recorder](../how-to/add_a_recorder.md).",
        *map(_item, (Observer, WindowReport, Received, TrialReport, ProgressReport)),
        "## `thalia_dask.engine.executor`",
        *map(_item, (Emission, RecoveryReport)),
        "## `thalia_dask.regions`",
        "How to write one: [Add a region](../how-to/add_a_region.md).",
        *map(_item, _public(regions)),
        "## `thalia_dask.regions.kind`, `.spec`",
        *map(_item, (SpikingKind, read_params, share, Incoming)),
        "## `thalia_dask.spikes`, `thalia_dask.ticks`",
        "What regions are told, and what they tell.",
        *map(_item, (Window, Arrivals, Signal, SpikePacket)),
        "## `thalia_dask.errors`",
        words(errors),
        *map(_error, _errors(errors)),
    ]
    return page(parts)


def _public(module: ModuleType) -> list[Callable[..., Any]]:
    """What it says it has, as far as it can be called."""
    return [item for item in (getattr(module, name) for name in module.__all__) if callable(item)]


def _item(item: Any) -> str:
    """A function, or a class with its public methods."""
    name = item.__name__
    if not inspect.isclass(item):
        return entry(name, item)
    head = [f"### `{name}`", *map(words, _ancestry(item))] if item in RETURNED else [entry(name, item)]
    return "\n\n".join([*head, *(_method(name, *member) for member in _members(item))])


def _method(owner: str, name: str, member: Any) -> str:
    """A method or property of a class."""
    where = f"{owner}.{name}"
    if isinstance(member, property | cached_property):
        getter: Any = member.fget if isinstance(member, property) else member.func
        shown = f"```python\n{name}: {inspect.signature(getter).return_annotation}\n```"
        return f"#### `{where}`\n\n{shown}\n\n{words(getter)}"
    if isinstance(member, classmethod):
        return entry(where, member.__func__, level=4)
    return f"#### `{where}`\n\n{called(name, member)}\n\n{words(member)}"


def _members(kind: type) -> Iterator[tuple[str, Any]]:
    """Public methods and properties of a class and of what it inherits from in this package."""
    for name in dict.fromkeys(name for parent in _ancestry(kind) for name in vars(parent)):
        member = inspect.getattr_static(kind, name)
        is_called = inspect.isfunction(member) or isinstance(member, classmethod | property | cached_property)
        if not name.startswith("_") and is_called:
            yield name, member


def _ancestry(kind: type) -> list[type]:
    """A class, and those of this package that it inherits from."""
    return [parent for parent in kind.__mro__ if parent.__module__.startswith("thalia_dask")]


def _errors(module: ModuleType) -> Iterator[type[Exception]]:
    for item in vars(module).values():
        if inspect.isclass(item) and issubclass(item, Exception) and item.__module__ == module.__name__:
            yield item


def _error(kind: type[Exception]) -> str:
    bases = listed(parent.__name__ for parent in kind.__bases__)
    return f"### `{kind.__name__}`\n\nBases: {bases}.\n\n{words(kind)}"
