"""Output: every variable of a recording."""

from __future__ import annotations

from docs.reference_pages.markdown import page, table
from thalia_dask.brain.performance import VARIABLES
from thalia_dask.recording import schema
from thalia_dask.regions import find_kind
from thalia_dask.regions.base import Observable
from thalia_dask.regions.spec import RegionSpec


def output_page() -> str:
    everything = schema.groups(
        ("REGION",),
        {"REGION": _series()},
        ("REGION",),
        spikes=True,
        membrane_potential=True,
        modulators=True,
        oscillators=True,
    )
    titles = {"/": "Root group", "REGION": "One group per region", "engine": "Group `engine`"}
    parts = [
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
        parts += [f"## {titles[path]}", table(("variable", "dims", "dtype", "units", "what"), rows)]
    performance_rows = [
        (f"`{v.name}`", ", ".join(v.dims) or "-", v.units or "-", f"{v.long_name}{_comment(v.comment)}")
        for v in VARIABLES
    ]
    parts += [
        "What has the dim probe is there for the cells in `recording.probes`, `nmda` where synapses are slow, "
        "in the units of its neuron models; what has the dim synapse for those that learn onto the populations in "
        "`recording.efficacies`. A kind of one's own may have other series (`Anatomy.observables`).",
        "`recording.spikes: false` leaves out `spike_step` and `spike_neuron`; `recording.membrane_potential: false` "
        "leaves out `membrane_potential_mean`, which is NaN for regions that do not report it. The values in "
        "`engine` differ from run to run; nothing else does.",
        "## Attributes of the root",
        table(
            ("attribute", "what"),
            [
                ("`config`", "the resolved config as JSON; `load_config(json.loads(...))` reads it"),
                ("`seed`, `dt_ms`", "as in the config"),
                ("`executor`", "`sequential` or `dask`"),
                ("`executor_reason`", "why it was chosen, where `brain.parallel` is `auto`"),
                (
                    "`recoveries`, `recovery_seconds`, `recovery_steps_replayed`",
                    "where workers were lost: how often, what it took, and how many steps were computed again",
                ),
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
        "[Decide about parallel](../how-to/decide_about_parallel.md) reads it; for span, stretch and event see the "
        "[glossary](glossary.md).",
        table(("variable", "dims", "units", "what"), performance_rows),
    ]
    return page(parts)


def _series() -> dict[str, Observable]:
    """What is recorded of single cells of a region that has all receptors."""
    seen = find_kind("prefrontal").anatomy(RegionSpec("prefrontal", "prefrontal", 64, 1.0, 0)).observables
    return {name: one for name, one in seen.items() if one.dims}


def _comment(text: str) -> str:
    return f", {text}" if text else ""
