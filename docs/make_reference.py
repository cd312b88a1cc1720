"""Write the reference pages that are tables of what the code declares: config, region kinds, output.

Run it as ``python docs/make_reference.py``.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Sequence
from dataclasses import MISSING, Field, fields
from pathlib import Path
from types import ModuleType, NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from thalia_dask.brain.performance import VARIABLES
from thalia_dask.config import models
from thalia_dask.config.clusters import CLUSTERS
from thalia_dask.declared import bounds, declared
from thalia_dask.recording import schema
from thalia_dask.regions import (
    REGIONS,
    RegionSpec,
    cerebellum,
    cortex,
    hippocampus,
    prefrontal,
    striatum,
    thalamus,
    torch_module,
)

REFERENCE = Path(__file__).parent / "reference"
GENERATED = "<!-- Written by docs/make_reference.py. Change the code that declares this, then run the script. -->"

STAR, DAGGER = " \\*", " †"

SECTIONS: tuple[tuple[str, type[BaseModel]], ...] = (
    ("global", models.GlobalConfig),
    ("brain", models.BrainConfig),
    ("brain.sizes", models.RegionSizes),
    ("brain.regions.NAME", models.RegionConfig),
    ("brain.projections[]", models.ProjectionConfig),
    ("execution", models.ExecutionConfig),
    ("recovery", models.RecoveryConfig),
    ("recording", models.RecordingConfig),
    ("checkpoint", models.CheckpointConfig),
    ("task", models.TaskConfig),
    ("training", models.TrainingConfig),
)
PARAMS: dict[str, tuple[ModuleType, type]] = {
    "cerebellum": (cerebellum, cerebellum.CerebellumParams),
    "cortex": (cortex, cortex.CortexParams),
    "hippocampus": (hippocampus, hippocampus.HippocampusParams),
    "prefrontal": (prefrontal, prefrontal.PrefrontalParams),
    "striatum": (striatum, striatum.StriatumParams),
    "thalamus": (thalamus, thalamus.ThalamusParams),
    "torch_module": (torch_module, torch_module.TorchModuleParams),
}


def config_page() -> str:
    """Every key of a config file, and of a cluster file."""
    parts = [
        GENERATED,
        "# Config: every key",
        "How to write, extend and override a config: [Configure](../how-to/configure.md). "
        "All keys have defaults unless the table says *required*; unknown keys are refused.",
    ]
    for name, model in SECTIONS:
        parts += [f"## `{name}`", _words(model), _config_table(model)]
    parts += [
        "## Cluster file",
        "What `--cluster CLUSTER.yaml` reads; `kind` says which keys there are. "
        "How to choose: [Choose a cluster](../how-to/clusters.md).",
    ]
    for kind, cluster in CLUSTERS.items():
        parts += [f"### `kind: {kind}`", _words(cluster), _config_table(cluster)]
    return _page(parts)


def regions_page() -> str:
    """Populations, ports and parameters of every region kind."""
    parts = [
        GENERATED,
        "# Region kinds",
        "What `kind` may be in `brain.regions.NAME`, which populations and ports it has, and what `params` (or "
        "`brain.region_params.NAME`) may hold. Population sizes are for `size: 100` with the default parameters. "
        "An asterisk marks the population whose axons leave, and the port where axons end, when a projection names "
        "none; a dagger marks the port that a stimulus enters.",
    ]
    for kind in sorted(REGIONS):
        module, params = PARAMS[kind]
        anatomy = REGIONS[kind].anatomy(RegionSpec("region", kind, 100, dt_ms=1.0, seed=0))
        populations = (
            f"`{name}` {size}" + STAR * (name == anatomy.default_output) for name, size in anatomy.populations
        )
        ports = (
            f"`{port}`" + STAR * (port == anatomy.default_port) + DAGGER * (port == anatomy.stimulus_port)
            for port in anatomy.ports
        )
        rows = [
            (f"`{f.name}`", *_declared(f.name, declared(params)[f.name]), _code(_default(f))) for f in fields(params)
        ]
        parts += [
            f"## `{kind}`",
            _words(module),
            f"Populations: {', '.join(populations)}.  \nPorts: {', '.join(ports)}.",
            _words(params),
            _table(("parameter", "type", "write", "default"), rows),
        ]
    return _page(parts)


def output_page() -> str:
    """Every variable of a recording."""
    everything = schema.groups(("REGION",), spikes=True, membrane_potential=True, modulators=True, oscillators=True)
    titles = {"/": "Root group", "REGION": "One group per region", "engine": "Group `engine`"}
    parts = [
        GENERATED,
        "# Output: every variable",
        "A recording is an `xarray.DataTree`: `brain.recording` in memory, `RUN.zarr` on disk (Zarr 3). Plain xarray "
        "opens it; this package need not be installed:",
        "```python\nimport xarray as xr\n\n"
        'tree = xr.open_datatree("runs/digits.zarr", engine="zarr", consolidated=False)\n```',
        "`result.dataset` and `simulate(...)` give the root group without the trials, for the steps that were "
        "computed. Time is the start of a step: step `k` is at `k * dt_ms`. A variable with the name of its only "
        "dimension is a coordinate.",
    ]
    for path, variables in everything.items():
        rows = [
            (f"`{v.name}`", ", ".join(v.dims), f"`{v.dtype}`", v.units or "-", f"{v.long_name}{_comment(v.comment)}")
            for v in variables
        ]
        parts += [f"## {titles[path]}", _table(("variable", "dims", "dtype", "units", "what"), rows)]
    performance_rows = [
        (f"`{v.name}`", ", ".join(v.dims) or "-", v.units or "-", f"{v.long_name}{_comment(v.comment)}")
        for v in VARIABLES
    ]
    parts += [
        "`recording.spikes: false` leaves out `spike_step` and `spike_neuron`; `recording.membrane_potential: false` "
        "leaves out `membrane_potential_mean`, which is NaN for regions that do not report it. The values in "
        "`engine` differ from run to run; nothing else does.",
        "## Attributes of the root",
        _table(
            ("attribute", "what"),
            [
                ("`config`", "the resolved config as JSON; `load_config(json.loads(...))` reads it"),
                ("`seed`, `dt_ms`", "as in the config"),
                ("`executor`", "`sequential` or `dask`"),
                ("`executor_reason`", "why it was chosen, where `brain.parallel` is `auto`"),
                ("`source`, `versions`, `schema_version`", "what wrote it; `schema_version` is that of this page"),
                ("`task`, `accuracy_by_epoch`, `accuracy_heldout`", "of a training, when it is over"),
                ("`trials_per_epoch`, `chance_accuracy`", "of a training on a task of right and wrong answers"),
                ("`mean_return_by_epoch`, `mean_return_evaluation`", "of a training on any other task"),
            ],
        ),
    ]
    parts += [
        "## `brain.performance`",
        "A Dataset of where the time went, of all calls of `forward` together; not recorded. "
        "[Decide about parallel](../how-to/decide_about_parallel.md) reads it.",
        _table(("variable", "dims", "units", "what"), performance_rows),
    ]
    return _page(parts)


def _config_table(model: type[BaseModel]) -> str:
    rows = []
    for name, field in model.model_fields.items():
        if field.default is not PydanticUndefined:
            default = "see below" if isinstance(field.default, BaseModel) else _code(json.dumps(field.default))
        else:
            default = "*required*" if field.is_required() else "`{}`"
        rows.append((f"`{name}`", _kind(field.annotation), default, str(field.description)))
    return _table(("key", "type", "default", "write"), rows)


def _kind(annotation: Any) -> str:
    """A type as people write it in YAML."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _kind(arguments[0])
    if origin is Literal:
        return " or ".join(_code(json.dumps(value)) for value in arguments)
    if origin in (Union, UnionType):
        return " or ".join(_kind(argument) for argument in arguments)
    if origin is dict:
        return "mapping"
    if origin is list:
        return "list"
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        return "mapping"
    return {NoneType: "`null`", bool: "boolean", int: "integer", float: "number", str: "text"}[annotation]


def _default(field: Field[Any]) -> str:
    return "required" if field.default is MISSING else json.dumps(field.default)


def _comment(text: str) -> str:
    return f", {text}" if text else ""


def _declared(name: str, annotation: Any) -> tuple[str, str]:
    """Type of a parameter, and what may be written."""
    kind: type = get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation
    is_number = kind in (float, int)
    return _code(kind.__name__), bounds(name, annotation).told if is_number else f"a value of type {kind.__name__}"


def _code(text: object) -> str:
    return f"`{text}`"


def _words(documented: object) -> str:
    """A docstring as Markdown."""
    return (inspect.getdoc(documented) or "").replace("``", "`")


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _page(parts: Sequence[str]) -> str:
    return "\n\n".join(parts) + "\n"


PAGES = {"config.md": config_page, "regions.md": regions_page, "output.md": output_page}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (REFERENCE / name).write_text(page(), encoding="utf-8")
        print(f"docs/reference/{name}")
