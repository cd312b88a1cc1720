"""The synapses of a region one by one: from where, onto what, how late; and how strong in a state of the region."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from thalia_dask.errors import InputError
from thalia_dask.jit import Floats
from thalia_dask.names import check_named
from thalia_dask.neurons.base import CHANNEL_NAMES
from thalia_dask.recording.layout import Values
from thalia_dask.regions import create_region, find_kind
from thalia_dask.regions.base import Snapshot
from thalia_dask.regions.kind import SpikingKind
from thalia_dask.regions.spec import RegionSpec
from thalia_dask.regions.wiring import wire
from thalia_dask.topology.plan import BrainPlan

if TYPE_CHECKING:
    from thalia_dask.regions.layout_region import LayoutRegion


class Synapses:
    """Those inside a region and onto it, or some of them.

    The region is built once more here, and wired twice: its anatomy is a function of its spec.

    Parameters
    ----------
    sources, targets : populations, ``"region.population"``, from the axons and onto the cells of which to take them;
        None for all.
    learning : take those alone that learn.

    Attributes
    ----------
    columns : of each synapse, what does not change, by the names in ``schema.SYNAPSES``.

    Raises
    ------
    InputError : if the region's kind has no table of synapses.
    ConfigError : for an unknown population.
    """

    def __init__(
        self,
        plan: BrainPlan,
        spec: RegionSpec,
        sources: Collection[str] | None = None,
        targets: Collection[str] | None = None,
        *,
        learning: bool = False,
    ) -> None:
        kind = find_kind(spec.kind)
        if not isinstance(kind, SpikingKind):
            raise InputError(
                f"region '{spec.name}' is of kind '{spec.kind}', which has no table of synapses; "
                f"look into brain.state('{spec.name}')"
            )
        spec = replace(spec, device="cpu")
        self._region = cast("LayoutRegion", create_region(spec))
        layout = kind.layout(spec)
        wiring = wire(spec, layout)
        table = wiring.synapses
        cells = {f"{spec.name}.{population.name}": population.size for population in layout.populations}
        axonal_steps = {p.index: p.delay_steps for p in plan.projections if p.target == spec.name}
        names = [*cells, *(incoming.source for incoming in spec.incoming)]
        sizes = [*cells.values(), *(incoming.source_size for incoming in spec.incoming)]
        later = np.array([0] * len(cells) + [axonal_steps.get(i, 0) for i in range(len(spec.incoming))])
        firsts = np.array(list(accumulate(sizes, initial=0))[:-1])

        rows = np.repeat(np.arange(len(table.row_start) - 1), np.diff(table.row_start))
        n_neurons = sum(cells.values())
        neurons = table.slot % n_neurons
        begins = np.searchsorted(firsts, rows, side="right") - 1
        ends = np.searchsorted(firsts[: len(cells)], neurons, side="right") - 1
        chosen = _among("source", sources, names, begins) & _among("target", targets, list(cells), ends)
        if learning:
            owner = wiring.plastic.owner  # empty where no connection that learns has any axons
            chosen &= owner >= 0 if len(owner) else False
        begins, ends = begins[chosen], ends[chosen]
        self._chosen = chosen
        self.columns: dict[str, Values] = {
            "synapse": np.flatnonzero(chosen),
            "source": np.array(names)[begins],
            "source_neuron": (rows[chosen] - firsts[begins]).astype(np.int32),
            "target": np.array(list(cells))[ends],
            "target_neuron": (neurons[chosen] - firsts[ends]).astype(np.int32),
            "receptor": np.array(CHANNEL_NAMES)[table.slot[chosen] // n_neurons],
            "delay_ms": np.round((table.delay[chosen] + later[begins]) * plan.dt_ms, 9),
            "initial_efficacy": self._efficacies(),
        }

    def efficacies(self, snapshot: Snapshot, now: int) -> Floats:
        """Of each synapse, float32, in a state of step ``now``."""
        self._region.restore(snapshot)
        self._region.settle(now)
        return self._efficacies()

    def _efficacies(self) -> Floats:
        efficacies: Floats = self._region.tensors["weight"].numpy()[self._chosen]
        return efficacies


def _among(
    what: str, wanted: Collection[str] | None, names: list[str], places: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Which synapses have one of their ends, each the place of its population in a list, in a population wanted."""
    for name in wanted or ():
        check_named(f"synapses: {what}", "population", name, dict.fromkeys(names))
    chosen = [place for place, name in enumerate(names) if wanted is None or name in wanted]
    return np.isin(places, chosen)
