"""Region kinds: populations, ports and parameters."""

from __future__ import annotations

from types import ModuleType

from docs.reference_pages.markdown import page, parameters_table, words
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

STAR, DAGGER = " \\*", " †"

PARAMS: dict[str, tuple[ModuleType, type]] = {
    "cerebellum": (cerebellum, cerebellum.CerebellumParams),
    "cortex": (cortex, cortex.CortexParams),
    "hippocampus": (hippocampus, hippocampus.HippocampusParams),
    "prefrontal": (prefrontal, prefrontal.PrefrontalParams),
    "striatum": (striatum, striatum.StriatumParams),
    "thalamus": (thalamus, thalamus.ThalamusParams),
    "torch_module": (torch_module, torch_module.TorchModuleParams),
}

HEAD = """# Region kinds

What `kind` may be in `brain.regions.NAME`, which populations and ports it has, and what `params` (or
`brain.region_params.NAME`) may hold. Population sizes are for `size: 100` with the default parameters. An asterisk
marks the population whose axons leave, and the port where axons end, when a projection names none; a dagger marks the
port that a stimulus enters.

*mV in all* is the sum of the efficacies of one connection onto one cell, on average. From a port, it is that of each
projection which ends there, times its `weight_scale`. Neurons are those of [`LIFParams`](models.md#lifparams), whose
efficacies are in mV; learning rules, oscillators and neuromodulators are described there, too. What joins the regions
of the standard brain: [Standard pathways](pathways.md)."""


def regions_page() -> str:
    return page([HEAD, *(_kind(name) for name in sorted(REGIONS))])


def _kind(name: str) -> str:
    module, params = PARAMS[name]
    anatomy = REGIONS[name].anatomy(RegionSpec("region", name, 100, dt_ms=1.0, seed=0))
    populations = (f"`{p}` {size}" + STAR * (p == anatomy.default_output) for p, size in anatomy.populations)
    ports = (
        f"`{port}`" + STAR * (port == anatomy.default_port) + DAGGER * (port == anatomy.stimulus_port)
        for port in anatomy.ports
    )
    parts = [
        f"## `{name}`",
        words(module),
        f"Populations: {', '.join(populations)}.  \nPorts: {', '.join(ports)}.",
        words(params),
        parameters_table(params),
    ]
    return "\n\n".join(parts)
