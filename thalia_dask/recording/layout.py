"""What one recording will hold: its variables by group, and the values that are known beforehand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thalia_dask.errors import ConfigError
from thalia_dask.recording.attributes import SOURCE, observables_attribute
from thalia_dask.recording.schema import (
    ROOT,
    SCHEMA_VERSION,
    Groups,
    Observables,
    groups,
    names_of_a_region,
    reserved_names,
)
from thalia_dask.regions.base import MEMBRANE_POTENTIAL_MEAN, PROBE
from thalia_dask.topology.plan import BrainPlan

Values = NDArray[np.generic]
Block = dict[str, dict[str, Values]]
"""Group -> variable -> values: the same span of a run, for all that grows."""


@dataclass(frozen=True, slots=True)
class Position:
    """How far a recording has come: what a checkpoint must know to go on with it.

    Attributes
    ----------
    first_step : of the recording; None where nothing has been recorded.
    lengths : path of a group -> dimension that grows -> its length.
    """

    first_step: int | None
    lengths: dict[str, dict[str, int]]

    def length(self, group: str, dim: str) -> int:
        """The length of one dimension, 0 where the group has none of that name."""
        return self.lengths.get(group, {}).get(dim, 0)


@dataclass(frozen=True, slots=True)
class Layout:
    """The frame into which blocks are put.

    Attributes
    ----------
    groups : path of a group -> its variables.
    fixed : values of the variables that do not grow.
    attributes : of the root.
    """

    groups: Groups
    fixed: Block
    attributes: Mapping[str, object]


def lay_out(
    plan: BrainPlan,
    synapses: Mapping[str, Mapping[str, Values]],
    *,
    spikes: bool,
    membrane_potential: bool,
    modulators: Sequence[str],
    oscillators: Sequence[str],
    attributes: Mapping[str, object],
) -> Layout:
    """The layout of the recording of a brain.

    ``synapses`` are those whose efficacies are recorded, by region: the values of ``schema.SYNAPSES``.

    Raises
    ------
    ConfigError : if a region is named like a variable or group of the output.
    """
    check_names(plan)
    own = own_observables(plan)
    declared = groups(
        plan.region_names,
        own,
        synapses,
        spikes=spikes,
        membrane_potential=membrane_potential,
        modulators=bool(modulators),
        oscillators=bool(oscillators),
    )
    fixed: Block = {path: {} for path in declared}
    fixed[ROOT]["region"] = _text(plan.region_names)
    if modulators:
        fixed[ROOT]["modulator"] = _text(modulators)
    if oscillators:
        fixed[ROOT]["oscillator"] = _text(oscillators)
    for region, populations in plan.populations:
        sizes = [size for _, size in populations]
        fixed[region]["neuron"] = np.arange(sum(sizes), dtype=np.int64)
        fixed[region]["population"] = np.repeat(_text([name for name, _ in populations]), sizes)
    for spec in plan.regions:
        if PROBE in {variable.name for variable in declared[spec.name]}:
            fixed[spec.name][PROBE] = np.array(spec.probes, np.int64)
        fixed[spec.name] |= synapses.get(spec.name, {})
    about = {"source": SOURCE, "schema_version": SCHEMA_VERSION, "dt_ms": plan.dt_ms, "seed": plan.seed}
    about |= observables_attribute(own)
    return Layout(declared, fixed, about | dict(attributes))


def _text(names: Sequence[str]) -> Values:
    return np.array(list(names), dtype=np.str_)


def own_observables(plan: BrainPlan) -> Observables:
    """What regions let be seen in every step, but for what the root group has of all of them."""
    return {
        region: own
        for region, seen in plan.observables
        if (own := {name: one for name, one in seen if name != MEMBRANE_POTENTIAL_MEAN})
    }


def check_names(plan: BrainPlan) -> None:
    """Refuse regions that cannot be groups of the output, and observables that cannot be variables of these."""
    for region in plan.region_names:
        if region in reserved_names() or "/" in region:
            raise ConfigError(
                f"brain.regions.{region}: the recording keeps one group per region, and '{region}' cannot be "
                "such a group, because the output has a variable, dimension or group of that name or because "
                f"of a '/' in it; rename the region, e.g. '{region.replace('/', '_')}_region'"
            )
    for region, seen in plan.observables:
        for name, _ in seen:
            if name in names_of_a_region() or "/" in name:
                raise ConfigError(
                    f"region '{region}': its kind has an observable '{name}', which the recording cannot have in the "
                    "region's group, because that has a variable, dimension or coordinate of that name or because "
                    f"of a '/' in it; rename it, e.g. '{name.replace('/', '_')}_seen'"
                )
