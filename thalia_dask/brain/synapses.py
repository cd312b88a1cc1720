"""The synapses of a region one by one: from where, onto what, how late and how strong."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING, cast

import numpy as np
import xarray as xr

from thalia_dask.errors import InputError
from thalia_dask.names import check_named
from thalia_dask.neurons.base import CHANNEL_NAMES
from thalia_dask.regions import create_region, find_kind
from thalia_dask.regions.base import Snapshot
from thalia_dask.regions.kind import SpikingKind
from thalia_dask.regions.spec import RegionSpec
from thalia_dask.regions.wiring import wire
from thalia_dask.topology.plan import BrainPlan

if TYPE_CHECKING:
    from thalia_dask.regions.layout_region import LayoutRegion

_ATTRIBUTES = {
    "source": {"long_name": "population of the axon, region.population, or stimulus"},
    "source_neuron": {"long_name": "axon, index within its population"},
    "target": {"long_name": "population of the target cell, region.population"},
    "target_neuron": {"long_name": "target cell, index within its population"},
    "receptor": {"long_name": "receptor channel"},
    "delay_ms": {"units": "ms", "long_name": "from a spike of the source to the target, axonal delay included"},
    "efficacy": {"long_name": "efficacy, in mV, or what the target's neuron model takes"},
}


def synapses(
    plan: BrainPlan, spec: RegionSpec, snapshot: Snapshot, now: int, source: str | None, target: str | None
) -> xr.Dataset:
    """Those of a region in a state of step ``now``, from and onto populations of these names; None for all.

    The region is built once more here, and wired twice: its anatomy is a function of its spec.
    """
    kind = find_kind(spec.kind)
    if not isinstance(kind, SpikingKind):
        raise InputError(
            f"region '{spec.name}' is of kind '{spec.kind}', which has no table of synapses; "
            f"look into brain.state('{spec.name}')"
        )
    spec = replace(spec, device="cpu")
    region = cast("LayoutRegion", create_region(spec))
    region.restore(snapshot)
    region.settle(now)
    layout = kind.layout(spec)
    table = wire(spec, layout).synapses
    cells = {f"{spec.name}.{population.name}": population.size for population in layout.populations}
    axonal_steps = {p.index: p.delay_steps for p in plan.projections if p.target == spec.name}
    names = [*cells, *(incoming.source for incoming in spec.incoming)]
    sizes = [*cells.values(), *(incoming.source_size for incoming in spec.incoming)]
    later = np.array([0] * len(cells) + [axonal_steps.get(i, 0) for i in range(len(spec.incoming))])
    firsts = np.array(list(accumulate(sizes, initial=0))[:-1])

    rows = np.repeat(np.arange(len(table.row_start) - 1), np.diff(table.row_start))
    n_neurons = sum(cells.values())
    neurons = table.slot % n_neurons
    sources = np.searchsorted(firsts, rows, side="right") - 1
    targets = np.searchsorted(firsts[: len(cells)], neurons, side="right") - 1
    chosen = np.ones(len(rows), np.bool_)
    for what, name, known, ends in (("source", source, names, sources), ("target", target, list(cells), targets)):
        if name is not None:
            check_named(f"synapses: {what}", "population", name, dict.fromkeys(known))
            chosen &= np.isin(ends, [place for place, one in enumerate(known) if one == name])
    sources, targets = sources[chosen], targets[chosen]
    columns = {
        "source": np.array(names)[sources],
        "source_neuron": (rows[chosen] - firsts[sources]).astype(np.int32),
        "target": np.array(list(cells))[targets],
        "target_neuron": (neurons[chosen] - firsts[targets]).astype(np.int32),
        "receptor": np.array(CHANNEL_NAMES)[table.slot[chosen] // n_neurons],
        "delay_ms": np.round((table.delay[chosen] + later[sources]) * plan.dt_ms, 9),
        "efficacy": np.asarray(region.snapshot()["weight"])[chosen],
    }
    return xr.Dataset({name: ("synapse", values, _ATTRIBUTES[name]) for name, values in columns.items()})
